// What the tests of standard streams and terminals share.
#pragma once

#include "process/support.hpp"

#include <filesystem>
#include <map>

namespace linx::test {

inline constexpr io::window_size small_window(24, 80);

process_options in_terminal(const std::string& script);

// A running child and its terminal.
struct terminal_child {
  process child;
  pty terminal;
};

task<terminal_child> spawn_in_terminal(process_options options);

// What comes until `mark` has come, or until the end.
task<std::string> read_until(pty& terminal, std::string mark);

task<std::string> read_all(pty& terminal);

task<> type(pty& terminal, std::string text);

std::string random_bytes(std::size_t count);

// What the kernel says a process has open: number to link.
std::map<int, std::string> descriptors_of(pid_t pid);

// A directory of the test's own, removed with all that is in it.
class scratch {
public:
  scratch() { BOOST_REQUIRE(::mkdtemp(path_)); }
  ~scratch() { std::filesystem::remove_all(path_); }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  std::string operator/(const std::string& name) const { return std::string(path_) + '/' + name; }

private:
  char path_[32] = "/tmp/linx-stdio-XXXXXX";
};

std::string content(const std::string& path);

} // namespace linx::test
