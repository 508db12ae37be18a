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
  void start(std::string name, const body& what, bool killed = false)
  {
    void* shared =
        ::mmap(nullptr, sizeof(host_record), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    BOOST_REQUIRE(shared != MAP_FAILED);
    auto* record = new (shared) host_record;
    std::fflush(nullptr);
    const pid_t pid = ::fork();
    BOOST_REQUIRE(pid >= 0);
    if (pid == 0) {
      std::string wrong = "an exception";
      try {
        wrong = what(*record);
      } catch (const std::exception& e) {
        wrong = e.what();
      }
      std::strncpy(record->complaint, wrong.c_str(), sizeof record->complaint - 1);
      record->ended = true;
      ::_exit(0);
    }
    hosts_.push_back({std::move(name), pid, record, killed});
  }

  /// Waits until each host has ended as it should and no descendant is left, running or zombie.
  void finish()
  {
    const auto deadline = clock::now() + patience;
    while (!nobody_left()) {
      continue_the_stopped();
      if (clock::now() > deadline) {
        complain_about_the_rest();
        break;
      }
      ::usleep(2000);
    }
    for (auto& h : hosts_) ::munmap(h.record, sizeof(host_record));
    hosts_.clear();
  }

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

  host* find(pid_t pid)
  {
    for (auto& h : hosts_)
      if (h.pid == pid) return &h;
    return nullptr;
  }

  /// Takes what has ended or stopped. True if there is no child any more: then there is no descendant, as
  /// each would be one when those between have ended.
  bool nobody_left()
  {
    for (;;) {
      int status = 0;
      const pid_t pid = ::waitpid(-1, &status, WNOHANG | WUNTRACED);
      if (pid < 0) return errno == ECHILD;
      if (pid == 0) return false;
      host* const h = find(pid);
      if (h && WIFSTOPPED(status))
        h->stopped = clock::now();
      else if (h)
        check(*h, status);
      else if (WIFSTOPPED(status))
        stopped_others_.push_back(pid);
    }
  }

  static void check(host& h, int status)
  {
    h.pid = 0;
    // A host that died at a stage where the spawner or the child was stopped.
    for (const pid_t pid : {h.record->child, h.record->spawner})
      if (pid > 0) ::kill(pid, SIGCONT);
    if (h.killed) {
      BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && !h.record->ended),
                 h.name + ": " + h.record->complaint);
      return;
    }
    BOOST_TEST(h.record->ended, h.name + ": died, status " + std::to_string(status));
    BOOST_TEST(std::string(h.record->complaint) == "", h.name + ": " + h.record->complaint);
  }

  /// A host that stopped itself goes on after a second, and a spawner that somebody stopped when there is no
  /// host any more who could wish it so.
  void continue_the_stopped()
  {
    const bool over = std::none_of(hosts_.begin(), hosts_.end(), [](const host& h) { return h.pid > 0; });
    for (const pid_t pid : over ? std::exchange(stopped_others_, {}) : std::vector<pid_t>())
      ::kill(pid, SIGCONT);
    for (auto& h : hosts_) {
      if (!h.stopped || clock::now() < *h.stopped + pause) continue;
      h.stopped.reset();
      ::kill(h.pid, SIGCONT);
    }
  }

  void complain_about_the_rest()
  {
    for (int generation = 0; generation != 4 && !nobody_left(); ++generation) {
      for (const pid_t pid : children_of(::getpid())) {
        std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline");
        std::string command;
        std::getline(file, command);
        for (char& c : command)
          if (c == 0) c = ' ';
        const host* const h = find(pid);
        BOOST_ERROR((h ? "still running: host of " + h->name : "left behind: " + command) + ", pid " +
                    std::to_string(pid) + ", state " + status_field(pid, "State"));
        ::kill(pid, SIGKILL);
      }
      ::usleep(100'000);
    }
  }

  std::vector<host> hosts_;
  std::vector<pid_t> stopped_others_;
};

} // namespace linx::test
