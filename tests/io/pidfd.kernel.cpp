// The exit of a process, seen by somebody who need not be its parent.
#include "harness/value.hpp"

#include <linx/io/pidfd.hpp>

#include "io/child.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>
#include <vector>

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

BOOST_AUTO_TEST_SUITE(io_pidfd_kernel)

using linx::error_code;
using linx::io::pidfd;
using linx::io::unique_fd;
namespace asio = boost::asio;

namespace {

pidfd opened(asio::io_context& context, pid_t pid)
{
  return linx::test::value_of(pidfd::open(context.get_executor(), pid));
}

} // namespace

BOOST_AUTO_TEST_CASE(completes_when_the_process_exits)
{
  asio::io_context context;
  linx::test::child child(3);
  auto fd = opened(context, child.pid());
  std::optional<error_code> outcome;
  fd.async_wait([&](error_code ec) { outcome = ec; });
  context.poll();
  BOOST_TEST(!outcome);
  BOOST_TEST(!fd.has_exited());

  child.leave();
  context.run();
  BOOST_REQUIRE(outcome);
  BOOST_TEST(!*outcome);
  BOOST_TEST(fd.has_exited());
  // It waited without reaping: the status is still the parent's.
  BOOST_TEST(WEXITSTATUS(child.reap()) == 3);
}

// A token function that completes before it returns would run a handler under its caller's locks.
BOOST_AUTO_TEST_CASE(a_process_that_is_gone_already_completes_later_all_the_same)
{
  asio::io_context context;
  linx::test::child child;
  auto fd = opened(context, child.pid());
  child.leave();
  child.reap();
  BOOST_TEST(fd.has_exited());
  for (int i = 0; i < 2; ++i) {
    bool done = false;
    fd.async_wait([&](error_code ec) { done = !ec; });
    BOOST_TEST(!done);
    context.run();
    context.restart();
    BOOST_TEST(done);
  }
}

// Readiness that is gone when the handler runs, as a tracer's stop or an exec in another thread makes it. An
// eventfd stands in for the pidfd: the first handler empties it while the event of the second is on its way.
BOOST_AUTO_TEST_CASE(a_spurious_readiness_is_waited_out)
{
  asio::io_context context;
  const int early = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  const int event = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  asio::posix::stream_descriptor first(context, early);
  pidfd second(context);
  BOOST_REQUIRE(second.assign(unique_fd(event)));

  bool drained = false;
  std::optional<error_code> outcome;
  second.async_wait([&](error_code ec) { outcome = ec; });
  first.async_wait(first.wait_read, [&](error_code) {
    eventfd_t value;
    drained = ::eventfd_read(event, &value) == 0;
  });
  context.poll();
  ::eventfd_write(early, 1);
  ::eventfd_write(event, 1);
  context.poll();
  BOOST_TEST(drained);
  BOOST_TEST(!outcome);

  ::eventfd_write(event, 1);
  context.run();
  BOOST_REQUIRE(outcome);
  BOOST_TEST(!*outcome);
}

// The host of a spawner is not the parent of what it watches: waitid(P_PIDFD) would say ECHILD.
BOOST_AUTO_TEST_CASE(somebody_who_is_not_the_parent_may_wait)
{
  int sockets[2];
  BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0);
  const unique_fd ours(sockets[0]);
  unique_fd theirs(sockets[1]);
  const pid_t middle = ::fork();
  if (middle == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const pid_t grandchild = ::fork();
    if (grandchild == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      char byte;
      (void)!::read(theirs.get(), &byte, 1); // ends when the test closes its end
      ::_exit(0);
    }
    (void)!::write(theirs.get(), &grandchild, sizeof grandchild);
    int status;
    ::waitpid(grandchild, &status, 0);
    ::_exit(0);
  }
  theirs.reset();
  pid_t grandchild = 0;
  BOOST_REQUIRE(::read(ours.get(), &grandchild, sizeof grandchild) == sizeof grandchild);

  asio::io_context context;
  auto fd = opened(context, grandchild);
  bool done = false;
  fd.async_wait([&](error_code ec) { done = !ec; });
  context.poll();
  BOOST_TEST(!done);
  ::shutdown(ours.get(), SHUT_WR);
  context.run();
  BOOST_TEST(done);
  ::waitpid(middle, nullptr, 0);
}

BOOST_AUTO_TEST_CASE(many_waiters_on_one_process)
{
  asio::io_context context;
  linx::test::child child;
  auto fd = opened(context, child.pid());
  int done = 0;
  for (int i = 0; i < 10; ++i) fd.async_wait([&](error_code ec) { done += !ec; });
  context.poll();
  child.leave();
  context.run();
  BOOST_TEST(done == 10);
}

BOOST_AUTO_TEST_CASE(every_kind_of_cancellation_ends_the_wait_and_spares_the_process)
{
  for (const auto type : {asio::cancellation_type::terminal, asio::cancellation_type::partial,
                          asio::cancellation_type::total}) {
    asio::io_context context;
    linx::test::child child;
    auto fd = opened(context, child.pid());
    asio::cancellation_signal signal;
    error_code outcome;
    fd.async_wait(asio::bind_cancellation_slot(signal.slot(), [&](error_code ec) { outcome = ec; }));
    context.poll();
    signal.emit(type);
    context.run();
    BOOST_TEST(outcome == asio::error::operation_aborted);
    BOOST_TEST(!fd.has_exited());
  }
}

BOOST_AUTO_TEST_CASE(sends_signals)
{
  asio::io_context context;
  linx::test::child child;
  auto fd = opened(context, child.pid());
  BOOST_TEST(!!fd.send_signal(0));
  const auto no_signal = fd.send_signal(4096);
  BOOST_REQUIRE(!no_signal);
  BOOST_TEST(no_signal.error().errnum() == EINVAL);
  BOOST_TEST((no_signal.error().where() == linx::stage::signal));

  BOOST_REQUIRE(fd.send_signal(SIGKILL));
  bool done = false;
  fd.async_wait([&](error_code ec) { done = !ec; });
  context.run();
  BOOST_TEST(done);
  BOOST_TEST(WTERMSIG(child.reap()) == SIGKILL);
  const auto gone = fd.send_signal(SIGTERM);
  BOOST_REQUIRE(!gone);
  BOOST_TEST(gone.error().errnum() == ESRCH);
}

BOOST_AUTO_TEST_CASE(a_number_without_a_process_is_an_error_that_names_it)
{
  asio::io_context context;
  linx::test::child child;
  const pid_t pid = child.pid();
  child.leave();
  child.reap();
  const auto fd = pidfd::open(context.get_executor(), pid);
  BOOST_REQUIRE(!fd);
  BOOST_TEST(fd.error().errnum() == ESRCH);
  BOOST_TEST(fd.error().object() == "pid " + std::to_string(pid));
}

// A pidfd that came over a socket is one open file with the sender's copy. close(2) alone would leave it in
// the epoll set, and each wait would then report a descriptor that is gone.
BOOST_AUTO_TEST_CASE(closing_one_that_another_process_holds_too_leaves_no_events_behind)
{
  asio::io_context context;
  linx::test::child child;
  auto fd = opened(context, child.pid());
  const auto shared = unique_fd::duplicate(fd.native_handle());
  BOOST_REQUIRE(shared);
  error_code outcome;
  fd.async_wait([&](error_code ec) { outcome = ec; });
  context.poll();
  fd.close();
  context.restart();
  context.poll();
  BOOST_TEST(outcome == asio::error::operation_aborted);

  child.leave();
  child.reap();
  linx::test::child second;
  auto next = opened(context, second.pid());
  int completions = 0;
  next.async_wait([&](error_code ec) { completions += !ec; });
  context.restart();
  context.poll();
  BOOST_TEST(completions == 0);
  second.leave();
  context.run();
  BOOST_TEST(completions == 1);
}

BOOST_AUTO_TEST_SUITE_END()
