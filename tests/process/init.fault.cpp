// An init between spawner and program, struck or orphaned: it takes its namespace along or goes with it, and
// the outcome is the program's, or says honestly that nobody knows.

#include "process/fault_strikes.hpp"

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

process_options sleep_under_init()
{
  return long_sleep().unshare("user,pid").init();
}

constexpr std::string_view gone_with_it = "failed at spawner_died", end = "signaled 15",
                           lost = "signaled 9|signaled 15|unknown",
                           either = "failed at spawner_died|signaled 9|signaled 15|unknown";

} // namespace

BOOST_AUTO_TEST_SUITE(process_init_fault)

// The kernel kills who is left in the namespace of an init (pid_namespaces(7)), so nobody stays, whoever
// dies.
BOOST_AUTO_TEST_CASE(killed)
{
  const fault kill{"SIGKILL", send<SIGKILL>, nullptr, 0ms};
  run_all(kill,
          {{victim::host, {"killed", "killed", "killed", "killed", "killed"}},
           {victim::spawner, {gone_with_it, gone_with_it, either, lost, "signaled 15|unknown"}},
           {victim::child,
            {"failed at ready_frame|failed at exec_outcome", "failed at exec_outcome",
             "failed at exec_outcome", "signaled 9", end}}},
          sleep_under_init());
}

// An init that stands still passes on afterwards what came meanwhile.
BOOST_AUTO_TEST_CASE(stopped_for_a_second)
{
  const fault stop{"SIGSTOP", send<SIGSTOP>, send<SIGCONT>, 1s};
  run_all(stop, {{victim::spawner, {end, end, end, end, end}}, {victim::child, {end, end, end, end, end}}},
          sleep_under_init());
}

// A spawner that stands still, and then dies: whatever it had not read or told is lost.
BOOST_AUTO_TEST_CASE(spawner_stopped_and_killed)
{
  const fault both{"SIGSTOP, SIGKILL",
                   [](pid_t pid) {
                     stop(pid);
                     ::kill(pid, SIGKILL);
                   },
                   nullptr, 0ms};
  run_all(both, {{victim::spawner, {gone_with_it, gone_with_it, either, lost, "signaled 15|unknown"}}},
          sleep_under_init());
}

BOOST_AUTO_TEST_SUITE_END()
