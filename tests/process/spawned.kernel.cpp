// A child that exists and has not come to its checkpoint, held there by a frozen cgroup for as long as a test
// likes (cgroup.freeze, Linux 5.2): what each verb says of it, and how it may end.

#include "process/own_cgroup.hpp"
#include "process/support.hpp"

#include <csignal>
#include <fstream>

BOOST_AUTO_TEST_SUITE(process_spawned_kernel)

using namespace linx;
using namespace linx::test;

namespace {

void freeze(const own_cgroup& group, bool frozen)
{
  std::ofstream(group.path() + "/cgroup.freeze") << frozen << std::flush;
}

/// Born frozen: CLONE_INTO_CGROUP (5.7).
task<process> spawn_frozen(const own_cgroup& group, process_options options)
{
  freeze(group, true);
  options.resources(resources().cgroup(group.fd()));
  LINX_TRY(auto child, co_await process::spawn(std::move(options)));
  while (!child.host_pid() && !is_terminal(child.info().state)) {
    LINX_TRYV(co_await pause_briefly());
  }
  co_return std::move(child);
}

bool can_hold(const own_cgroup& group)
{
  if (cannot_make(group)) return false;
  if (::access((group.path() + "/cgroup.freeze").c_str(), W_OK) == 0) return true;
  BOOST_TEST_MESSAGE("skipped: this kernel cannot freeze a cgroup");
  return false;
}

task<> verbs(const own_cgroup& group)
{
  auto options = process_options("/bin/sleep").arg("1000");
  LINX_TRY(auto child, co_await spawn_frozen(group, std::move(options)));
  LINX_TRY(const pid_t pid, child.host_pid()); // before ready, too
  BOOST_TEST(alive(pid));
  const auto info = child.info();
  BOOST_TEST((info.state == process_state::spawned), to_string(info.state));
  BOOST_TEST(info.host_pid == pid);
  BOOST_TEST(info.child_pid == 0);
  BOOST_TEST(!info.outcome);
  const auto early = co_await child.proceed();
  BOOST_TEST((early.error() == errc::not_ready));
  const auto step = co_await child.no_new_privs();
  BOOST_TEST((step.error() == errc::not_ready));
  BOOST_TEST((child.detach().error() == errc::not_ready));
  BOOST_REQUIRE(child.signal(SIGTERM)); // kept
  BOOST_REQUIRE(child.proc_dir());

  freeze(group, false);
  LINX_TRY(const pid_t ready, co_await child.ready());
  BOOST_TEST(ready == pid);
  (void)co_await child.proceed();
  LINX_TRY(const auto how, co_await child.wait());
  BOOST_TEST((how == exit_status::signaled(SIGTERM, false)), to_string(how));
  co_return success();
}

task<> aborted(const own_cgroup& group)
{
  LINX_TRY(auto child, co_await spawn_frozen(group, process_options("/bin/true")));
  BOOST_REQUIRE(child.abort()); // returns at once
  BOOST_REQUIRE(child.abort());
  // At once, not only at the checkpoint to which it does not come.
  LINX_TRY(const auto how, co_await child.wait());
  BOOST_TEST((how == exit_status::aborted()), to_string(how));
  co_return success();
}

task<> killed(const own_cgroup& group)
{
  LINX_TRY(auto child, co_await spawn_frozen(group, process_options("/bin/true")));
  ::kill(child.host_pid().value(), SIGKILL);
  const auto how = co_await child.wait();
  BOOST_REQUIRE(!how);
  BOOST_TEST((how.error().where() == stage::ready_frame), how.error().message());
  BOOST_TEST((how.error() == errc::died));
  BOOST_TEST(how.error().message().find("SIGKILL") != std::string::npos, how.error().message());
  const auto ready = co_await child.ready();
  BOOST_TEST((ready.error().where() == stage::ready_frame));
  co_return success();
}

task<> dropped(const own_cgroup& group)
{
  pid_t pid = 0;
  {
    LINX_TRY(auto child, co_await spawn_frozen(group, process_options("/bin/true")));
    pid = child.host_pid().value();
  }
  LINX_TRYV(co_await gone(pid)); // SIGKILL ends a frozen process
  co_return success();
}

void run_held(task<> (*body)(const own_cgroup&))
{
  const own_cgroup group;
  if (can_hold(group)) run_body(body(group));
}

} // namespace

BOOST_AUTO_TEST_CASE(verbs_before_ready)
{
  run_held(verbs);
}
// It ends a child that does not come to its checkpoint, too.
BOOST_AUTO_TEST_CASE(an_abort_needs_no_checkpoint)
{
  run_held(aborted);
}
BOOST_AUTO_TEST_CASE(death_before_ready)
{
  run_held(killed);
}
BOOST_AUTO_TEST_CASE(a_dropped_handle)
{
  run_held(dropped);
}

BOOST_AUTO_TEST_SUITE_END()
