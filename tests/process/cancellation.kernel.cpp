// Verbs that are given up: timed out, cancelled, or their handle dropped. What it leaves of the child is the
// contract.

#include "process/support.hpp"

#include <linx/core/spawn.hpp>
#include <linx/core/with_timeout.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <csignal>

BOOST_AUTO_TEST_SUITE(process_cancellation_kernel)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

task<> timeout_leaves_the_session_alone()
{
  LINX_TRY(auto child, co_await spawn_running(process_options("/bin/sleep").arg("1000")));
  auto waiting = child.wait();
  const auto limited = co_await with_timeout(std::move(waiting), 5ms);
  BOOST_TEST((limited.error() == errc::timed_out));
  BOOST_TEST((child.info().state == process_state::running));
  BOOST_REQUIRE(child.signal(SIGINT));
  LINX_TRY(const auto how, co_await child.wait());
  BOOST_TEST((how == exit_status::signaled(SIGINT, false)));
  co_return success();
}

/// Starts `op`, cancels it while it is parked, and says how it ended.
template <class T>
task<> cancelled_while_pending(task<T> op)
{
  const executor ex = co_await asio::this_coro::executor;
  asio::cancellation_signal cancel;
  std::optional<result<T>> ended;
  auto note = [&ended](result<T> r) { ended.emplace(std::move(r)); };
  linx::spawn(ex, std::move(op), asio::bind_cancellation_slot(cancel.slot(), note));
  LINX_TRYV(co_await pause_briefly());
  BOOST_TEST(!ended.has_value());
  cancel.emit(asio::cancellation_type::total);
  while (!ended) {
    LINX_TRYV(co_await pause_briefly());
  }
  BOOST_TEST((ended->has_error() && ended->error() == errc::cancelled));
  co_return success();
}

task<> cancellation_of_each_verb()
{
  // Stopping the spawner keeps everything pending for as long as we like.
  LINX_TRY(auto first, co_await spawn_running(process_options("/bin/sleep").arg("1000")));
  const pid_t spawner = std::stoi(status_field(first.host_pid().value(), "PPid"));
  LINX_TRY(auto parked, co_await spawn_parked(shell("exit 4")));

  ::kill(parked.host_pid().value(), SIGSTOP);
  LINX_TRYV(co_await cancelled_while_pending(parked.no_new_privs()));
  LINX_TRYV(co_await cancelled_while_pending(parked.open_socket(AF_INET, SOCK_DGRAM, 0)));
  LINX_TRYV(co_await cancelled_while_pending(parked.proceed())); // the child goes on all the same
  LINX_TRYV(co_await cancelled_while_pending(parked.wait()));
  ::kill(parked.host_pid().value(), SIGCONT);
  LINX_TRY(const auto how, co_await parked.wait());
  BOOST_TEST((how == exit_status::exited(4)), to_string(how));

  ::kill(spawner, SIGSTOP);
  LINX_TRY(auto starting, co_await process::spawn(shell("exit 5")));
  LINX_TRYV(co_await cancelled_while_pending(starting.ready()));
  auto events = starting.events();
  LINX_TRYV(co_await cancelled_while_pending(events.next()));
  ::kill(spawner, SIGCONT);
  LINX_TRYV(co_await starting.ready());
  LINX_TRY(const auto event, co_await events.next()); // nothing was lost
  BOOST_REQUIRE(event);
  BOOST_TEST((event->what() == process_event::kind::ready));
  LINX_TRYV(co_await starting.proceed());
  LINX_TRYV(co_await starting.wait());
  co_return success();
}

/// The pid of a child whose handle has been dropped.
task<pid_t> dropped(bool running)
{
  auto options = process_options("/bin/sleep").arg("1000");
  LINX_TRY(auto child, co_await spawn_parked(std::move(options)));
  if (running) {
    LINX_TRYV(co_await child.proceed());
  }
  co_return child.host_pid();
}

task<> dropping_ends_the_child()
{
  for (const bool running : {false, true}) {
    LINX_TRY(const pid_t pid, co_await dropped(running));
    LINX_TRYV(co_await gone(pid)); // reaped, not a zombie
  }
  // Before the child exists, too.
  LINX_TRY(auto anchor, co_await spawn_running(process_options("/bin/sleep").arg("1000")));
  const pid_t spawner = std::stoi(status_field(anchor.host_pid().value(), "PPid"));
  {
    LINX_TRY(auto child, co_await process::spawn(process_options("/bin/sleep").arg("1000")));
  }
  while (children_of(spawner).size() != 1) {
    LINX_TRYV(co_await pause_briefly());
  }
  co_return success();
}

task<> dropping_ends_pending_operations()
{
  const executor ex = co_await asio::this_coro::executor;
  std::optional<result<exit_status>> ended;
  {
    LINX_TRY(auto child, co_await spawn_running(process_options("/bin/sleep").arg("1000")));
    auto note = [&ended](result<exit_status> r) { ended.emplace(std::move(r)); };
    linx::spawn(ex, child.wait(), note);
    LINX_TRYV(co_await pause_briefly());
  }
  while (!ended) {
    LINX_TRYV(co_await pause_briefly());
  }
  BOOST_TEST((ended->error() == errc::closed));
  co_return success();
}

} // namespace

BOOST_AUTO_TEST_CASE(a_timeout_leaves_the_session_alone)
{
  run_body(timeout_leaves_the_session_alone());
}
BOOST_AUTO_TEST_CASE(each_verb_can_be_cancelled)
{
  run_body(cancellation_of_each_verb());
}
BOOST_AUTO_TEST_CASE(spawn_can_be_cancelled_before_it_starts)
{
  asio::io_context context(1);
  asio::cancellation_signal cancel;
  std::optional<result<process>> ended;
  auto note = [&ended](result<process> r) { ended.emplace(std::move(r)); };
  linx::spawn(context.get_executor(), process::spawn(process_options("/bin/true")),
              asio::bind_cancellation_slot(cancel.slot(), note));
  cancel.emit(asio::cancellation_type::total);
  context.run_for(10s);
  BOOST_REQUIRE(ended);
  BOOST_REQUIRE(ended->has_error());
  BOOST_TEST((ended->error() == errc::cancelled));
}
BOOST_AUTO_TEST_CASE(dropping_a_handle_ends_its_child)
{
  run_body(dropping_ends_the_child());
}
BOOST_AUTO_TEST_CASE(dropping_a_handle_ends_its_operations)
{
  run_body(dropping_ends_pending_operations());
}

BOOST_AUTO_TEST_SUITE_END()
