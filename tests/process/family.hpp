// A child with processes that it has started, some of which have set themselves apart. All of them hold the
// pipe on which they tell their numbers, so that its end is that of the last.
#pragma once

#include "process/support.hpp"

#include <string>
#include <vector>

namespace linx::test {

// Words of a shell. As a daemon does it: forked twice, a session of its own, and deaf to what is polite.
inline const std::string daemon_word = "(setsid sh -c 'trap \"\" TERM HUP; echo $$; exec sleep 1000' &); ";
inline const std::string member_word = "sleep 1000 & echo $!; ";

using pipe_end = asio::posix::stream_descriptor;

task<std::vector<pid_t>> read_numbers(pipe_end& from, std::size_t count);

struct family {
  process child;
  pipe_end says;
  std::vector<pid_t> others;

  pid_t pid() const { return child.host_pid().value(); }
  bool is_silent();
  void end_others() const;
};

// Runs a shell's script that starts as many others, until they have told their numbers.
task<family> found(process_options options, std::size_t others);

process_options tree_of(const std::string& script);

} // namespace linx::test
