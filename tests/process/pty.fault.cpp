// The stages of terminals, provoked on the real kernel, and signals that come from a terminal.

#include "process/stdio_support.hpp"

#include "harness/namespaces.hpp"
#include "harness/seccomp.hpp"

#include <linx/io/pty_master.hpp>

#include <csignal>
#include <cstddef>
#include <cstdio>
#include <fcntl.h>
#include <set>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

BOOST_AUTO_TEST_SUITE(process_pty_fault)

using namespace linx;
using namespace linx::test;

namespace {

process_options idle_in_terminal()
{
  return process_options("/bin/sleep").arg("1000").terminal(small_window);
}

/// Why a child with a terminal did not come to run its program; the first error that there is.
task<> spawn_and_end(process_options options)
{
  LINX_TRY(auto both, co_await spawn_in_terminal(std::move(options)));
  both.terminal.close();
  LINX_TRYV(co_await both.child.wait());
  co_return success();
}

void print(const error& e)
{
  std::fprintf(stderr, "%s\n", e.message().c_str());
}

} // namespace

task<bool> second_terminal_is_refused()
{
  LINX_TRY(auto first, co_await process::spawn(idle_in_terminal()));
  const auto second = co_await process::spawn(idle_in_terminal());
  if (second) co_return false;
  print(second.error());
  const bool named = second.error().where() == stage::posix_openpt && second.error().errnum() == ENOSPC &&
                     second.error().message().find("max=") != std::string::npos;
  // With the first one gone there is room again.
  {
    const process gone = std::move(first);
  }
  for (;;) {
    const auto third = co_await spawn_and_end(idle_in_terminal());
    if (third) co_return named;
    if (third.error().errnum() != ENOSPC) co_return false;
    LINX_TRYV(co_await pause_briefly());
  }
}

// A devpts of the test's own with room for one terminal.
BOOST_AUTO_TEST_CASE(posix_openpt)
{
  const int code = run_in_child([] {
    if (const auto reason = enter_fresh_user_network()) return skip_child(*reason);
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("devpts", "/dev/pts", "devpts", 0, "newinstance,ptmxmode=0666,max=1") != 0)
      return skip_child("devpts cannot be mounted in a user namespace here");
    const auto done = test::run(second_terminal_is_refused());
    if (!done) print(done.error());
    return done && done.value() ? 0 : 1;
  });
  BOOST_TEST((code == 0 || code == child_skipped));
}

task<> with_few_descriptors()
{
  LINX_TRY(auto warm, co_await process::spawn(process_options("/bin/sleep").arg("1000")));
  LINX_TRYV(co_await warm.ready());
  const auto before = open_descriptors();
  rlimit former{};
  BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &former) == 0);
  std::set<stage> seen;
  bool worked = false;
  for (rlim_t room = 0; room != 14; ++room) {
    const rlimit tight{before + room, former.rlim_max};
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &tight) == 0);
    const auto done = co_await spawn_and_end(idle_in_terminal());
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &former) == 0);
    worked = worked || done.has_value();
    if (done) continue;
    BOOST_TEST(done.error().errnum() == EMFILE, done.error().message());
    BOOST_TEST_MESSAGE(done.error().message());
    seen.insert(done.error().where());
  }
  BOOST_TEST(seen.contains(stage::pts_open));
  BOOST_TEST(worked);
  BOOST_TEST(open_descriptors() == before);
  co_return success();
}

// Every number of free descriptors from none upwards: it works or says EMFILE where it was, and nothing
// leaks.
BOOST_AUTO_TEST_CASE(pts_open)
{
  run_body(with_few_descriptors());
}

// A filter that the spawner inherits forbids TIOCSCTTY: the child fails at stdio, on each path.
BOOST_AUTO_TEST_CASE(controlling_terminal)
{
  const int code = run_in_child([] {
    if (!deny({{SYS_ioctl, EPERM, 1, ~0u, TIOCSCTTY}})) return skip_child("no seccomp filters here");
    for (const char* namespaces : {"", "user"}) {
      auto options = idle_in_terminal();
      if (*namespaces) options.unshare(namespaces);
      const auto failed = test::run(spawn_and_end(std::move(options)));
      if (!failed.has_error()) return 1;
      print(failed.error());
      if (failed.error().where() != stage::stdio || failed.error().errnum() != EPERM) return 2;
    }
    return 0;
  });
  BOOST_TEST((code == 0 || code == child_skipped));
}

task<bool> reading_sees_the_end_of_a_failed_child()
{
  auto options = process_options("/bin/nope").terminal(small_window);
  LINX_TRY(auto child, co_await process::spawn(std::move(options)));
  LINX_TRY(auto terminal, child.terminal());
  LINX_TRYV(co_await child.ready());
  const auto proceeded = co_await child.proceed();
  LINX_TRY(const std::string text, co_await read_all(terminal));
  co_return proceeded.has_error() && proceeded.error().where() == stage::execve&& text.empty();
}

// A child that never ran its program leaves a terminal that has ended, not one that waits.
BOOST_AUTO_TEST_CASE(a_failed_child_ends_the_terminal)
{
  const auto ended = test::run(reading_sees_the_end_of_a_failed_child());
  BOOST_REQUIRE_MESSAGE(ended, why(ended));
  BOOST_TEST(ended.value());
}

task<bool> keyboard_signals(int keyboard)
{
  LINX_TRY(auto first, co_await spawn_running(process_options("/bin/sleep").arg("1000")));
  const auto spawner = status_field(first.host_pid().value(), "PPid");
  // What a user types, then what a shell sends to a job: all go to the whole process group.
  if (::write(keyboard, "\x03\x1c\x1a", 3) != 3) co_return false;
  LINX_TRY(const auto how, co_await first.wait());
  std::fprintf(stderr, "the workload: %s\n", to_string(how).c_str());
  for (const int signo : {SIGHUP, SIGTERM, SIGTTIN, SIGTTOU, SIGTSTP, SIGCONT}) ::kill(0, signo);
  LINX_TRY(auto next, co_await spawn_running(process_options("/bin/sleep").arg("1000")));
  const auto same = status_field(next.host_pid().value(), "PPid") == spawner;
  const auto running = !status_field(std::stoi(spawner), "State").starts_with("T");
  co_return how.signal() == SIGINT&& same&& running;
}

// A host in the foreground of a terminal: Ctrl-C ends its workload, as a shell user expects; the host decides
// for itself (here it ignores it), and the spawner goes on.
BOOST_AUTO_TEST_CASE(ctrl_c_at_the_host)
{
  const int code = run_in_child([] {
    asio::io_context context(1);
    const auto master = io::pty_master::open(context.get_executor());
    if (!master) return 1;
    const auto slave = master.value().open_slave();
    if (!slave || ::setsid() < 0 || ::ioctl(slave.value().get(), TIOCSCTTY, 0) != 0) return 2;
    for (const int signo : {SIGINT, SIGQUIT, SIGTSTP, SIGHUP, SIGTERM, SIGTTIN, SIGTTOU})
      ::signal(signo, SIG_IGN);
    const auto done = test::run(context, keyboard_signals(master.value().native_handle()));
    if (!done) print(done.error());
    return done && done.value() ? 0 : 3;
  });
  BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_SUITE_END()
