// An init between spawner and program, struck or orphaned: it takes its namespace along or goes with it, and
// the outcome is the program's, or says honestly that nobody knows.

#include "process/fault_strikes.hpp"

BOOST_AUTO_TEST_SUITE(process_init_fault)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

process_options sleep_under_init()
{
  return long_sleep().unshare("user,pid").init();
}

// One that is parked may yet be told to proceed, and come to execve(2), before the signal arrives.
constexpr std::string_view gone_with_it = "failed at spawner_died", end = "signaled 15",
                           lost = "signaled 9|signaled 15|unknown",
                           either = "failed at spawner_died|signaled 9|signaled 15|unknown";

/// An init that outlives its spawner, and its program's end.
task<> without_a_spawner(std::string script, exit_status expected)
{
  auto options = shell("read line; " + script).unshare("user,pid").init();
  options.orphan(orphan_policy::outlive()).standard_input(stdio::pipe());
  LINX_TRY(auto child, co_await spawn_running(std::move(options)));
  const pid_t init = child.host_pid().value(), spawner = spawner_of(child);
  BOOST_REQUIRE(children_of(init).size() == 1u);
  ::kill(spawner, SIGKILL);
  LINX_TRYV(co_await dead(spawner));
  LINX_TRYV(co_await pause_briefly());
  BOOST_TEST(alive(init));
  BOOST_TEST((child.info().state == process_state::running));
  {
    LINX_TRY(const auto closed, child.stdin_pipe()); // the script goes on
  }
  const auto how = co_await child.wait();
  // Before Linux 6.15, and where nobody reaps the init in time, nobody can say.
  if (how)
    BOOST_TEST((how.value() == expected), to_string(how.value()));
  else
    BOOST_TEST((how.error() == errc::exit_unknown), how.error().message());
  LINX_TRYV(co_await dead(init));
  co_return success();
}

} // namespace

// Its pipe still tells the host by which signal the program died.
BOOST_AUTO_TEST_CASE(an_init_that_outlives_its_spawner)
{
  run_body(without_a_spawner("exit 7", exit_status::exited(7)));
  run_body(without_a_spawner("kill -TERM $$", exit_status::signaled(SIGTERM, false)));
}

// The kernel kills who is left in the namespace of an init (pid_namespaces(7)), so nobody stays, whoever
// dies.
BOOST_AUTO_TEST_CASE(killed)
{
  const fault kill{"SIGKILL", send<SIGKILL>, nullptr, 0ms};
  run_all(kill,
          {{victim::host, {"killed", "killed", "killed", "killed", "killed"}},
           {victim::spawner, {gone_with_it, either, either, lost, "signaled 15|unknown"}},
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
  run_all(both, {{victim::spawner, {gone_with_it, either, either, lost, "signaled 15|unknown"}}},
          sleep_under_init());
}

BOOST_AUTO_TEST_SUITE_END()
