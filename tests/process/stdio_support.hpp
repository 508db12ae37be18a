// What the tests of standard streams and terminals share.
#pragma once

#include "process/support.hpp"

#include <map>
#include <random>

namespace linx::test {

inline constexpr io::window_size small_window(24, 80);

inline process_options in_terminal(const std::string& script)
{
  return shell(script).terminal(small_window);
}

// A running child and its terminal.
struct terminal_child {
  process child;
  pty terminal;
};

inline task<terminal_child> spawn_in_terminal(process_options options)
{
  BOOST_OUTCOME_CO_TRY(auto child, co_await process::spawn(std::move(options.auto_proceed())));
  BOOST_OUTCOME_CO_TRY(auto terminal, child.terminal());
  BOOST_OUTCOME_CO_TRYV(co_await child.proceed());
  terminal_child both{std::move(child), std::move(terminal)};
  co_return std::move(both);
}

// What comes until `mark` has come, or until the end.
inline task<std::string> read_until(pty& terminal, std::string mark)
{
  std::string text;
  std::array<char, 8192> part;
  while (mark.empty() || text.find(mark) == text.npos) {
    const auto room = asio::buffer(part);
    BOOST_OUTCOME_CO_TRY(const std::size_t n, co_await terminal.read_some(room));
    if (n == 0) break;
    text.append(part.data(), n);
  }
  co_return std::move(text);
}

inline task<std::string> read_all(pty& terminal)
{
  co_return co_await read_until(terminal, "");
}

inline task<> type(pty& terminal, std::string text)
{
  const auto data = asio::buffer(text);
  co_return co_await terminal.write(data);
}

inline std::string random_bytes(std::size_t count)
{
  const auto seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  std::string bytes(count, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

// What the kernel says a process has open: number to link.
inline std::map<int, std::string> descriptors_of(pid_t pid)
{
  std::map<int, std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
    std::error_code closed; // since the listing
    auto link = std::filesystem::read_symlink(entry.path(), closed);
    if (!closed) found[std::stoi(entry.path().filename())] = std::move(link);
  }
  return found;
}

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

inline std::string content(const std::string& path)
{
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace linx::test
