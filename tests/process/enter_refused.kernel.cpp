// What cannot be entered, and who may not: each is told by name, at its own stage.

#include "process/enter_support.hpp"

#include <cstdlib>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>

BOOST_AUTO_TEST_SUITE(process_enter_refused_kernel)

using namespace linx;
using namespace linx::test;

namespace {

void check_why(const result<failure>& got, stage where, int errnum, const std::string& object)
{
  BOOST_REQUIRE_MESSAGE(got, why(got));
  const error& e = got.value().why;
  BOOST_TEST_MESSAGE(e.message());
  BOOST_TEST((e.where() == where), e.message());
  BOOST_TEST(e.errnum() == errnum, e.message());
  BOOST_TEST(e.message().find(object) != std::string::npos, e.message());
}

task<> targets_that_are_none()
{
  const auto nothing = process_options("/bin/true");
  check_why(co_await failure_of(enter_target::pid(0), nothing), stage::argument, 0, "pid 0");
  check_why(co_await failure_of(enter_target::pidfd(0), nothing), stage::argument, 0, "no pidfd");
  check_why(co_await failure_of(enter_target::pid(1).only("nut"), nothing), stage::argument, 0, "'nut'");

  LINX_TRY(auto target, co_await spawn_running(sleeper("user,net")));
  const pid_t there = target.host_pid().value();
  const io::unique_fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, there, 0)));
  const enter_target pinned(target);
  const auto both = process_options("/bin/true").unshare("net");
  check_why(co_await failure_of(enter_target(target).only("net"), both), stage::argument, 0, "net");
  std::vector<ns::handle> twice;
  for (int i = 0; i != 2; ++i) {
    LINX_TRY(auto handle, target.namespace_handle(ns::kind::net));
    twice.push_back(std::move(handle));
  }
  check_why(co_await failure_of(enter_target::namespaces(std::move(twice)), nothing), stage::argument, 0,
            "two net");

  // Before it exists, and in all ways after its end.
  LINX_TRY(auto early, co_await process::spawn(process_options("/bin/true")));
  const auto soon = co_await failure_of(early, nothing);
  BOOST_TEST((soon.value().why == errc::not_ready), soon.value().why.message());
  BOOST_REQUIRE(target.signal(SIGKILL));
  LINX_TRYV(co_await target.wait());
  LINX_TRYV(co_await gone(there));
  const auto late = co_await failure_of(target, nothing);
  BOOST_TEST((late.value().why == errc::no_process), late.value().why.message());
  const std::string name = "process " + std::to_string(there);
  check_why(co_await failure_of(enter_target::pid(there), nothing), stage::open, ESRCH, name);
  check_why(co_await failure_of(enter_target::pidfd(pidfd.get()), nothing), stage::open, ESRCH, "pidfd");
  check_why(co_await failure_of(pinned, nothing), stage::open_ns_user, ESRCH, name);
  co_return success();
}

// A process that has ended and was not reaped has a number and no namespaces.
task<> a_zombie()
{
  const pid_t zombie = ::fork();
  if (zombie == 0) ::_exit(0);
  // Not until its state is "Z": a copy of a host with threads (a sanitizer has one) may have some for a
  // moment longer.
  siginfo_t ended{};
  ::waitid(P_PID, static_cast<id_t>(zombie), &ended, WEXITED | WNOWAIT);
  const auto failed = co_await failure_of(enter_target::pid(zombie), process_options("/bin/true"));
  check_why(failed, stage::open, ESRCH, std::to_string(zombie));
  ::waitid(P_PID, static_cast<id_t>(zombie), nullptr, WEXITED);
  co_return success();
}

// What is open cannot be missed any more: only a pid namespace ends with its init.
task<> target_dies_on_the_way()
{
  for (const bool with_pid : {false, true}) {
    LINX_TRY(auto target, co_await spawn_running(sleeper("user,net,uts,pid")));
    const pid_t there = target.host_pid().value();
    const std::string net = ns_link(there, "net");
    const pid_t spawner = std::stoi(status_field(there, "PPid"));
    ::kill(spawner, SIGSTOP);
    auto where = enter_target(target).only("user,net,uts");
    if (with_pid) where.only(ns::kind::pid);
    auto entered = co_await process::enter(where, process_options("/bin/sleep").arg("1000"));
    ::kill(there, SIGKILL);
    while (alive(there)) {
      LINX_TRYV(co_await pause_briefly());
    }
    ::kill(spawner, SIGCONT);
    BOOST_REQUIRE_MESSAGE(entered, why(entered));
    auto& child = entered.value();
    const auto ready = co_await child.ready();
    if (with_pid) {
      BOOST_REQUIRE(!ready);
      BOOST_TEST((ready.error().where() == stage::clone), ready.error().message());
      BOOST_TEST(ready.error().errnum() == ENOMEM, ready.error().message());
      BOOST_TEST(ready.error().message().find("init") != std::string::npos, ready.error().message());
    } else {
      BOOST_REQUIRE_MESSAGE(ready, why(ready));
      LINX_TRYV(co_await child.proceed());
      BOOST_TEST(ns_link(ready.value(), "net") == net);
    }
  }
  co_return success();
}

/// Handles of all eight namespaces of a child of root, and of its owner.
task<std::vector<ns::handle>> handles_of(const process& target)
{
  std::vector<ns::handle> handles;
  for (const auto kind : ns::all_kinds) {
    LINX_TRY(auto handle, target.namespace_handle(kind));
    handles.push_back(std::move(handle));
  }
  co_return std::move(handles);
}

task<> refused_to_nobody()
{
  LINX_TRY(auto target, co_await spawn_running(sleeper("all")));
  LINX_TRY(auto handles, co_await handles_of(target));
  const auto where = enter_target::namespaces(std::move(handles));
  if (!become_nobody()) co_return error::from_errno(EPERM, stage::ids);
  for (const auto kind : ns::all_kinds) {
    LINX_TRY(const auto failed,
             co_await failure_of(enter_target(where).only(kind), process_options("/bin/true")));
    const error& e = failed.why;
    if (e.where() != ns::setns_stage(kind) || e.errnum() != EPERM) co_return e;
    if (e.message().find(std::string(ns::to_string(kind)) + " namespace of") == std::string::npos)
      co_return e;
  }
  // Looking into a process of root is refused before.
  LINX_TRY(const auto unseen,
           co_await failure_of(enter_target::pid(target.host_pid().value()), process_options("/bin/true")));
  if (unseen.why.where() != stage::open_ns_user || unseen.why.errnum() != EACCES) co_return unseen.why;
  co_return success();
}

} // namespace

// Every mistake and every death of a target is told by name.
BOOST_AUTO_TEST_CASE(targets_that_cannot_be_entered)
{
  run_body(targets_that_are_none());
}
// A zombie still has a number and a /proc directory.
BOOST_AUTO_TEST_CASE(an_unreaped_target)
{
  run_body(a_zombie());
}
// The moment between opening in the host and setns(2) in the setns helper.
BOOST_AUTO_TEST_CASE(a_target_that_dies_before_it_is_entered)
{
  run_body(target_dies_on_the_way());
}
// EPERM at setns of each of the eight kinds, EACCES at opening.
BOOST_AUTO_TEST_CASE(each_kind_is_refused_to_an_ordinary_user)
{
  if (::geteuid() != 0) {
    BOOST_TEST_MESSAGE("skipped: needs root to have something that nobody may not enter");
    return;
  }
  BOOST_TEST(run_as(false, refused_to_nobody) == 0);
}
// EINVAL: a pid namespace can be left downwards only.
BOOST_AUTO_TEST_CASE(an_outer_pid_namespace_is_refused)
{
  if (::geteuid() != 0) {
    BOOST_TEST_MESSAGE("skipped: needs root");
    return;
  }
  const int code = run_in_child([] {
    auto outer = ns::handle::of_self(ns::kind::pid);
    if (!outer || ::unshare(CLONE_NEWPID | CLONE_NEWNS) != 0) return child_skipped;
    return run_in_child([&outer] {
      if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
          ::mount("proc", "/proc", "proc", 0, nullptr) != 0)
        return child_skipped;
      std::vector<ns::handle> handles;
      handles.push_back(std::move(outer).value());
      const auto failed =
          test::run(failure_of(enter_target::namespaces(std::move(handles)), process_options("/bin/true")));
      return failed && failed.value().why.where() == stage::setns_pid && failed.value().why.errnum() == EINVAL
                 ? 0
                 : 1;
    });
  });
  BOOST_TEST((code == 0 || code == child_skipped));
}

BOOST_AUTO_TEST_SUITE_END()
