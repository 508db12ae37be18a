#include "course.hpp"

#include "terminal.hpp"

#include <linx/core/all_of.hpp>
#include <linx/core/first_of.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <csignal>

namespace run_tool {

namespace asio = boost::asio;

constexpr auto as_result = asio::as_tuple(asio::deferred);

namespace {

linx::task<> sleep_until(asio::steady_timer::time_point when)
{
  const linx::executor ex = co_await asio::this_coro::executor;
  asio::steady_timer timer(ex, when);
  const auto waited = co_await timer.async_wait(as_result);
  if (const auto failed = std::get<0>(waited)) co_return linx::error(failed);
  co_return linx::success();
}

linx::task<> never()
{
  return sleep_until(asio::steady_timer::time_point::max());
}

} // namespace

linx::task<linx::exit_status> course::run()
{
  const auto started = co_await start();
  if (!started) {
    report_.say(linx::process_event::ended(0, started.error()));
    co_return started.error();
  }
  std::optional<raw_mode> raw;
  if (terminal_) raw.emplace();
  auto following = follow_with_output();
  auto signals = pass_signals();
  auto input = pass_input();
  auto limit = limit_time();
  BOOST_OUTCOME_CO_TRY(auto first, co_await linx::first_of(std::move(following), std::move(signals),
                                                           std::move(input), std::move(limit)));
  co_return std::get<0>(first);
}

linx::task<> course::start()
{
  if (given_.target) {
    auto entering = linx::process::enter(std::move(*given_.target), std::move(given_.options));
    BOOST_OUTCOME_CO_TRY(auto child, co_await std::move(entering));
    child_.emplace(std::move(child));
  } else {
    auto spawning = linx::process::spawn(std::move(given_.options));
    BOOST_OUTCOME_CO_TRY(auto child, co_await std::move(spawning));
    child_.emplace(std::move(child));
  }
  if (auto terminal = child_->terminal()) terminal_.emplace(std::move(terminal).value());
  co_return linx::success();
}

linx::task<linx::exit_status> course::follow()
{
  auto events = child_->events();
  for (;;) {
    BOOST_OUTCOME_CO_TRY(const auto event, co_await events.next());
    if (!event) co_return linx::errc::closed;
    report_.say(*event);
    if (event->terminal()) co_return event->outcome();
    if (event->what() != linx::process_event::kind::ready) continue;
    // What fails here is told by the last event as well.
    if (given_.abort)
      (void)child_->abort();
    else
      (void)co_await child_->proceed();
  }
}

linx::task<linx::exit_status> course::follow_with_output()
{
  if (!terminal_) {
    auto alone = follow();
    co_return co_await std::move(alone);
  }
  auto following = follow();
  auto output = copy_output(*terminal_);
  BOOST_OUTCOME_CO_TRY(auto both, co_await linx::all_of(std::move(following), std::move(output)));
  co_return std::get<0>(both);
}

linx::task<> course::pass_signals()
{
  for (;;) {
    const auto read = co_await signals_.async_read(as_result);
    if (const auto failed = std::get<0>(read)) co_return linx::error(failed, linx::stage::receive);
    const linx::io::signal_info signal = std::get<1>(read);
    if (signal.number() == SIGWINCH) {
      const auto size = own_window_size();
      if (terminal_ && size) (void)terminal_->resize(*size);
    } else if (terminal_ || signal.code() != SI_KERNEL) {
      // A terminal's own Ctrl-C has reached the command as well: it is of the same process group.
      (void)child_->signal(signal.number());
    }
  }
}

linx::task<> course::pass_input()
{
  if (terminal_) {
    // A command that does not read any more ends by itself.
    auto input = copy_input(*terminal_);
    const auto copied = co_await std::move(input);
    if (!copied && copied.error() == linx::errc::cancelled) co_return linx::errc::cancelled;
  }
  auto rest = never();
  co_return co_await std::move(rest);
}

linx::task<> course::limit_time()
{
  if (given_.timeout) {
    auto sleeping = sleep_until(std::chrono::steady_clock::now() + *given_.timeout);
    BOOST_OUTCOME_CO_TRYV(co_await std::move(sleeping));
    timed_out_ = true;
    // Not running yet: nothing to kill.
    if (!child_->abort()) (void)child_->signal(SIGKILL);
  }
  auto rest = never();
  co_return co_await std::move(rest);
}

} // namespace run_tool
