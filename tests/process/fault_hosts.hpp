// Hosts in processes of their own, under a test that inherits whatever they leave behind: so that nothing is
// left is not looked up but waited for.
#pragma once

#include "process/support.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <functional>
#include <string>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <utility>
#include <vector>

namespace linx::test {

/// What a host tells the test, in memory that they share: no descriptor of the host is needed for it.
struct host_record {
  pid_t spawner = 0; // to be continued when the host is gone, for it may have been stopped
  pid_t child = 0;
  bool ended = false;     // the body has returned
  char complaint[1000]{}; // what was wrong
};

/// Runs hosts at the same time. While it lives this process is the subreaper of all that they leave
/// (PR_SET_CHILD_SUBREAPER, prctl(2)): children of a dead spawner, and the spawner of a dead host.
class host_farm {
public:
  /// Body of a host: returns what was wrong, "" for nothing.
  using body = std::function<std::string(host_record&)>;

  host_farm() { BOOST_REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0); }
  ~host_farm() { ::prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0); }
  host_farm(const host_farm&) = delete;
  host_farm& operator=(const host_farm&) = delete;

  /// \param killed the body ends its process by SIGKILL and does not return.
  void start(std::string name, const body& what, bool killed = false);

  /// Waits until each host has ended as it should and no descendant is left, running or zombie.
  void finish();

private:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds patience{30};
  static constexpr std::chrono::seconds pause{1};

  struct host {
    std::string name;
    pid_t pid;
    host_record* record;
    bool killed;
    std::optional<clock::time_point> stopped;
  };

  host* find(pid_t pid);

  /// Takes what has ended or stopped. True if there is no child any more: then there is no descendant, as
  /// each would be one when those between have ended.
  bool nobody_left();

  static void check(host& h, int status);

  /// A host that stopped itself goes on after a second, and a spawner that somebody stopped when there is no
  /// host any more who could wish it so.
  void continue_the_stopped();

  void complain_about_the_rest();

  std::vector<host> hosts_;
  std::vector<pid_t> stopped_others_;
};

} // namespace linx::test
