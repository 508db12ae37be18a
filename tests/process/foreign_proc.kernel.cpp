// A /proc of another pid namespace, in which the numbers are other processes'.

#include "process/enter_support.hpp"

#include "harness/seccomp.hpp"

#include <cstdio>
#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>

BOOST_AUTO_TEST_SUITE(process_foreign_proc_kernel)

using namespace linx;
using namespace linx::test;

namespace {

std::string link_of(const ns::handle& handle)
{
  return std::string(ns::to_string(handle.kind())) + ":[" + std::to_string(handle.inode()) + "]\n";
}

/// What the child itself says about its namespaces, against what the host says. /proc/self is right in any.
task<> the_childs_own_namespaces()
{
  auto options = shell("readlink /proc/self/ns/net; readlink /proc/self/ns/uts; cat /proc/self/uid_map");
  options.unshare("user,net,uts").uid_map(id_map().add(0, 100'000, 7)).gid_map(id_map().add(0, 100'000, 7));
  options.standard_output(stdio::pipe());
  LINX_TRY(auto child, co_await spawn_parked(std::move(options)));
  LINX_TRY(const auto net, child.namespace_handle(ns::kind::net));
  LINX_TRY(const auto uts, child.namespace_handle(ns::kind::uts));
  auto into = shell("readlink /proc/self/ns/net").standard_output(stdio::pipe());
  auto entering = process::enter(enter_target(child).only("user,net"), std::move(into));
  LINX_TRY(auto second, co_await std::move(entering));
  LINX_TRY(const auto entered, co_await take_to_end(std::move(second), false));
  if (entered.output != link_of(net)) co_return error::argument("entered " + entered.output);

  LINX_TRY(const auto end, co_await take_to_end(std::move(child), false));
  const auto told = link_of(net) + link_of(uts) + "         0     100000          7\n";
  if (end.output != told) co_return error::argument("'" + end.output + "' is not '" + told + "'");
  co_return success();
}

int checked(task<> (*body)())
{
  const auto done = test::run(body());
  if (done) return 0;
  std::fprintf(stderr, "%s\n", why(done).c_str());
  return 1;
}

/// A pid namespace with a /proc of its own, full of processes, and one inside that sees this /proc.
int under_the_outer_proc(task<> (*body)())
{
  if (::unshare(CLONE_NEWPID | CLONE_NEWNS) != 0) return child_skipped;
  return run_in_child([body] {
    if (::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("proc", "/proc", "proc", 0, nullptr) != 0)
      return child_skipped;
    for (int i = 0; i != 30; ++i)
      if (::fork() == 0) ::pause();
    if (::unshare(CLONE_NEWPID) != 0) return child_skipped;
    return run_in_child([body] { return checked(body); });
  });
}

/// No question to a pidfd, as before Linux 6.11: /proc has to be asked.
int without_questions_to_pidfds(const std::function<int()>& body)
{
  constexpr int request = 1;
  return run_denied({{SYS_ioctl, ENOTTY, request, 0xfffffff0, _IO(0xff, 0)}}, body);
}

task<> nothing_is_found()
{
  LINX_TRY(auto child, co_await spawn_parked(process_options("/bin/true").unshare("user")));
  const auto dir = child.proc_dir();
  if (dir) co_return error::argument("/proc directory of somebody else");
  std::fprintf(stderr, "%s\n", why(dir).c_str());
  if (dir.error().where() != stage::open || dir.error().errnum() != ENOENT) co_return dir.error();
  auto map = id_map::root(::geteuid());
  const auto mapped = co_await child.set_uid_map(std::move(map));
  if (mapped) co_return error::argument("the id map of somebody else");
  co_return success();
}

/// A /proc that shows no process of this namespace: that of a child's.
int under_an_inner_proc()
{
  if (::unshare(CLONE_NEWNS) != 0 || ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return child_skipped;
  // Its processes must be there for the numbers to be found.
  int gate[2], life[2];
  if (::pipe2(gate, O_CLOEXEC) != 0 || ::pipe2(life, O_CLOEXEC) != 0) return 2;
  const pid_t middle = ::fork();
  if (middle == 0) {
    if (::unshare(CLONE_NEWPID) != 0) ::_exit(1);
    if (::fork() == 0) {
      ::close(life[1]);
      for (int i = 0; i != 30; ++i)
        if (::fork() == 0) ::pause();
      const char done = ::mount("proc", "/proc", "proc", 0, nullptr) == 0 ? 'y' : 'n';
      (void)!::write(gate[1], &done, 1);
      (void)!::read(life[0], gate, 1); // to the end of this test, and with it of all in that namespace
      ::_exit(0);
    }
    ::_exit(0);
  }
  char done = 'n';
  if (::read(gate[0], &done, 1) != 1 || done != 'y') return child_skipped;
  ::waitpid(middle, nullptr, 0);
  return checked(nothing_is_found);
}

/// A directory with the right names in the place of /proc.
int under_an_invented_proc()
{
  if (::unshare(CLONE_NEWNS) != 0 || ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("", "/proc", "tmpfs", 0, nullptr) != 0)
    return child_skipped;
  run_command("for n in $(seq 1 300); do mkdir -p /proc/$n; touch /proc/$n/uid_map; done; "
              "mkdir -p /proc/thread-self/fdinfo; "
              "for n in $(seq 0 99); do printf 'pos:\t0\nPid:\t17\n' >/proc/thread-self/fdinfo/$n; done");
  return checked(nothing_is_found);
}

} // namespace

BOOST_AUTO_TEST_CASE(the_outer_proc)
{
  if (needs_root()) return;
  const int code = run_in_child([] { return under_the_outer_proc(the_childs_own_namespaces); });
  BOOST_TEST((code == 0 || code == child_skipped), "exit code " << code);
}

BOOST_AUTO_TEST_CASE(the_outer_proc_where_pidfds_are_not_asked)
{
  if (needs_root()) return;
  const int code =
      without_questions_to_pidfds([] { return under_the_outer_proc(the_childs_own_namespaces); });
  BOOST_TEST((code == 0 || code == child_skipped), "exit code " << code);
}

BOOST_AUTO_TEST_CASE(an_inner_proc)
{
  if (needs_root()) return;
  const int code = run_in_child(under_an_inner_proc);
  BOOST_TEST((code == 0 || code == child_skipped), "exit code " << code);
}

BOOST_AUTO_TEST_CASE(an_invented_proc)
{
  if (needs_root()) return;
  const int code = run_in_child(under_an_invented_proc);
  BOOST_TEST((code == 0 || code == child_skipped), "exit code " << code);
}

BOOST_AUTO_TEST_SUITE_END()
