// Stages at which nothing fails by itself: a seccomp filter refuses the syscall, or kills who calls it, in
// the host, in the spawner that it starts, and in the child.

#include "process/support.hpp"

#include "harness/namespaces.hpp"
#include "harness/seccomp.hpp"

#include <cstdio>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(process_refused_kernel)

using namespace linx;
using namespace linx::test;

namespace {

/// How a spawn under the filter ended: `success` stands for an error that did not come.
task<exit_status> cycle(process_options options)
{
  LINX_TRY(auto child, co_await process::spawn(std::move(options)));
  const auto ready = co_await child.ready();
  if (ready) {
    (void)co_await child.proceed();
  }
  co_return co_await child.wait();
}

/// True if it fails at this stage with this errno; prints what it was otherwise.
int fails(const process_options& options, stage where, int errnum)
{
  const auto how = test::run(cycle(options));
  if (!how && how.error().where() == where && how.error().errnum() == errnum) return 0;
  std::fprintf(stderr, "%s\n", how ? to_string(how.value()).c_str() : how.error().message().c_str());
  return 1;
}

void check_denied(std::initializer_list<denial> all, const process_options& options, stage where, int errnum)
{
  BOOST_TEST_CONTEXT(linx::to_string(where))
  {
    const int code = run_denied(all, [&] { return fails(options, where, errnum); });
    if (code == child_skipped) BOOST_TEST_MESSAGE("skipped: no seccomp filters here");
    BOOST_TEST((code == 0 || code == child_skipped));
  }
}

/// A child that a filter kills where it stands.
task<> killed_on_the_way(process_options options, bool ready)
{
  LINX_TRY(auto child, co_await process::spawn(std::move(options)));
  const auto parked = co_await child.ready();
  if (parked.has_value() != ready) co_return error::argument("ready: " + why(parked));
  if (ready) {
    const auto proceeded = co_await child.proceed();
    if (proceeded) co_return error::argument("it has proceeded");
  }
  const auto how = co_await child.wait();
  if (how) co_return error::argument(to_string(how.value()));
  const auto expected = ready ? stage::exec_outcome : stage::ready_frame;
  const error& e = how.error();
  std::fprintf(stderr, "%s\n", e.message().c_str());
  if (e.where() != expected || !(e == errc::died) || e.message().find("SIGSYS") == std::string::npos)
    co_return e;
  if (child.info().state != process_state::failed || !child.info().usage) co_return error::argument("info()");
  co_return success();
}

int succeeds(task<> body)
{
  const auto done = test::run(std::move(body));
  if (done) return 0;
  std::fprintf(stderr, "%s\n", done.error().message().c_str());
  return 1;
}

const auto program = process_options("/bin/true");

} // namespace

// What the host makes for a child or its spawner.
BOOST_AUTO_TEST_CASE(in_the_host)
{
  check_denied({{SYS_socketpair, ENFILE}}, program, stage::socketpair, ENFILE);
  check_denied({{SYS_memfd_create, ENFILE}}, program, stage::memfd, ENFILE);
  auto piped = process_options("/bin/true").standard_output(stdio::pipe());
  check_denied({{SYS_pipe2, ENFILE}}, piped, stage::pipe2, ENFILE);
  check_denied({{SYS_sendmsg, ENOBUFS}}, program, stage::transport, ENOBUFS);
}

// What the spawner does: clone for the child, and for the setns helper that enters namespaces.
BOOST_AUTO_TEST_CASE(in_the_spawner)
{
  constexpr std::uint32_t newuser = CLONE_NEWUSER, setns_helper = CLONE_VFORK | CLONE_VM;
  auto fresh = process_options("/bin/true").unshare("user");
  check_denied({{SYS_clone3, ENOSYS}, {SYS_clone, EAGAIN, 0, newuser, newuser}}, fresh, stage::clone, EAGAIN);
  // A plain child makes its pidfd itself.
  check_denied({{SYS_clone3, ENOSYS}, {SYS_clone, EAGAIN, 0, ~0u, SIGCHLD}}, program, stage::clone, EAGAIN);
  auto timed = process_options("/bin/true").unshare("user,time");
  check_denied({{SYS_clone3, ENOSYS}, {SYS_clone, EAGAIN, 0, setns_helper, CLONE_VFORK}}, timed, stage::fork,
               EAGAIN);
  check_denied({{SYS_unshare, EUSERS, 0, CLONE_NEWTIME, CLONE_NEWTIME}}, timed, stage::timens, EUSERS);
  check_denied({{SYS_signalfd4, EMFILE}}, program, stage::spawner_start, EMFILE); // at its start
  auto under_init = process_options("/bin/true").unshare("user,pid").init();
  check_denied({{SYS_clone, EAGAIN, 0, ~0u, SIGCHLD}}, under_init, stage::fork, EAGAIN);
}

// What the child does between clone and execve.
BOOST_AUTO_TEST_CASE(in_the_child)
{
  check_denied({{SYS_prctl, EINVAL, 0, ~0u, PR_SET_PDEATHSIG}}, program, stage::pdeathsig, EINVAL);
  check_denied({{SYS_dup3, EBUSY, 1, ~0u, STDOUT_FILENO}},
               process_options("/bin/true").standard_output(stdio::pipe()), stage::stdio, EBUSY);
  auto named = process_options("/bin/true").unshare("user,uts").hostname("name");
  check_denied({{SYS_sethostname, EPERM}}, named, stage::hostname, EPERM);
  check_denied({{SYS_openat2, EACCES}}, process_options("/bin/true").cwd("/usr"), stage::chdir, EACCES);
  check_denied({{SYS_rt_sigprocmask, EPERM, 2, ~0u, 0}}, program, stage::sigprocmask, EPERM);
}

task<> signalled_in_vain()
{
  LINX_TRY(auto child, co_await spawn_running(shell("sleep 0.1; exit 5")));
  const auto sent = child.signal(SIGTERM);
  if (sent) co_return error::argument("sent");
  if (sent.error().where() != stage::signal || sent.error().errnum() != EPERM) co_return sent.error();
  LINX_TRY(const auto how, co_await child.wait());
  if (how != exit_status::exited(5)) co_return error::argument(to_string(how));
  co_return success();
}

// Always by the pidfd: there is no second way that a filter, or a change of user, leaves open.
BOOST_AUTO_TEST_CASE(signalling)
{
  const int code = run_denied({{SYS_pidfd_send_signal, EPERM}}, [] { return succeeds(signalled_in_vain()); });
  BOOST_TEST((code == 0 || code == child_skipped));
}

// Died before ready, and between proceed and execve: neither is an exit, and both name the signal.
BOOST_AUTO_TEST_CASE(killed_by_the_filter)
{
  const denial at_birth{SYS_prctl, 0, 0, ~0u, PR_SET_PDEATHSIG};
  const int before = run_denied({at_birth}, [] { return succeeds(killed_on_the_way(program, false)); });
  BOOST_TEST((before == 0 || before == child_skipped));
  const denial at_proceed{SYS_prctl, 0, 0, ~0u, PR_SET_NO_NEW_PRIVS};
  const int after = run_denied({at_proceed}, [] {
    return succeeds(killed_on_the_way(process_options("/bin/true").no_new_privs(), true));
  });
  BOOST_TEST((after == 0 || after == child_skipped));
}

BOOST_AUTO_TEST_SUITE_END()
