// The events of a child go from one coroutine to another, on another strand and thread, and back while the
// child goes on: each is told once and in order, whoever reads.
#include "process/fault_life.hpp"

#include <linx/core/all_of.hpp>
#include <linx/core/as_result.hpp>
#include <linx/core/cancellation.hpp>
#include <linx/core/spawn.hpp>
#include <linx/core/with_timeout.hpp>

#include <boost/asio/strand.hpp>

#include <mutex>
#include <thread>

BOOST_AUTO_TEST_SUITE(process_handover_kernel)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

using events = stream<process_event>;
using kind = process_event::kind;
using kinds = std::vector<kind>;

constexpr unsigned to_the_end = 100;

task<> is_whole(const kinds& seen)
{
  if (seen == kinds{kind::ready, kind::running, kind::exited}) co_return success();
  std::string text = "events:";
  for (const auto each : seen) text += ' ' + std::to_string(static_cast<int>(each));
  co_return wrong(std::move(text));
}

/// Reads so many events, fewer at the end, and yields the stream. With time limits, so that many a `next()`
/// is cancelled, at any moment.
task<events> reading(events from, kinds& seen, unsigned count)
{
  for (auto limit = 20us; count != 0; limit *= 2) {
    auto next = from.next();
    const auto event = co_await with_timeout(std::move(next), limit);
    if (!event && event.error() == errc::timed_out) continue;
    if (!event) co_return event.error();
    if (!event.value()) break;
    seen.push_back(event.value()->what());
    --count;
  }
  co_return std::move(from);
}

task<> reading_and_dropping(events from, kinds& seen, unsigned count)
{
  auto op = reading(std::move(from), seen, count);
  LINX_TRYV(co_await std::move(op));
  co_return success();
}

/// On another executor.
template <class T>
task<T> elsewhere(executor there, task<T> op)
{
  auto away = linx::spawn(there, std::move(op), as_result);
  co_return co_await std::move(away);
}

enum class way_back { returned, dropped, interrupted };

/// Yields the stream when the other one has had it.
task<events> lent(const executor& there, process& child, events own, kinds& seen, unsigned count,
                  way_back way)
{
  if (way == way_back::dropped) {
    auto op = reading_and_dropping(std::move(own), seen, count);
    auto away = elsewhere(there, std::move(op));
    LINX_TRYV(co_await std::move(away));
    co_return child.events();
  }
  auto op = reading(std::move(own), seen, count);
  auto away = elsewhere(there, std::move(op));
  if (way == way_back::returned) co_return co_await std::move(away);
  auto returned = co_await with_timeout(std::move(away), 1ms * count);
  if (!returned && returned.error() == errc::timed_out) co_return child.events();
  co_return std::move(returned);
}

/// The owner reads some, the other one some, and the owner what is left.
task<> a_life(const executor& there, unsigned mine, unsigned theirs, way_back way)
{
  LINX_TRY(auto child, co_await process::spawn(shell("exit 3").auto_proceed()));
  kinds seen;
  auto begin = reading(child.events(), seen, mine);
  LINX_TRY(auto own, co_await std::move(begin));
  auto away = lent(there, child, std::move(own), seen, theirs, way);
  LINX_TRY(auto back, co_await std::move(away));
  auto rest = reading(std::move(back), seen, to_the_end);
  LINX_TRYV(co_await std::move(rest));
  LINX_TRY(const auto how, co_await child.wait());
  if (!(how == exit_status::exited(3))) co_return wrong(to_string(how));
  LINX_TRYV(co_await is_whole(seen));
  co_return success();
}

task<> lives(executor there)
{
  for (unsigned mine = 0; mine != 4; ++mine)
    for (unsigned theirs = 0; theirs != 4; ++theirs)
      for (const auto way : {way_back::returned, way_back::dropped, way_back::interrupted}) {
        LINX_TRYV(co_await a_life(there, mine, theirs, way));
      }
  co_return success();
}

task<> pass_the_checkpoint(process& child)
{
  LINX_TRYV(co_await child.ready());
  LINX_TRYV(co_await child.proceed());
  co_return success();
}

/// What is told while another one reads is the owner's doing.
task<> led_by_its_owner(executor there)
{
  for (int i = 0; i != 20; ++i) {
    LINX_TRY(auto child, co_await process::spawn(shell("exit 3")));
    kinds seen;
    auto op = reading(child.events(), seen, to_the_end);
    auto away = elsewhere(there, std::move(op));
    auto passing = pass_the_checkpoint(child);
    LINX_TRYV(co_await all_of(std::move(away), std::move(passing)));
    LINX_TRYV(co_await is_whole(seen));
  }
  co_return success();
}

/// One that reads until it is told to stop.
task<> owner_is_stopped(events& own, cancel_token stop)
{
  auto next = stop.bind(own.next());
  const auto event = co_await std::move(next);
  if (event || !(event.error() == errc::cancelled)) co_return wrong("the owner was not cancelled");
  co_return success();
}

task<> refused(task<std::optional<process_event>> next)
{
  const auto event = co_await std::move(next);
  if (event || !(event.error() == errc::not_ready)) co_return wrong("a second reader");
  co_return success();
}

task<> refused_while_it_reads(executor there, events& own, process& child, cancellation stop)
{
  auto beside = elsewhere(there, refused(own.next()));
  LINX_TRYV(co_await std::move(beside));
  auto other = child.events();
  auto borrowed = elsewhere(there, refused(other.next()));
  LINX_TRYV(co_await std::move(borrowed));
  stop.cancel();
  co_return success();
}

/// While the owner waits for an event no other one gets it, and once it waits no more another one does.
task<> one_reader(executor there)
{
  for (int i = 0; i != 20; ++i) {
    LINX_TRY(auto child, co_await spawn_running(long_sleep()));
    kinds seen;
    auto begin = reading(child.events(), seen, 2);
    LINX_TRY(auto own, co_await std::move(begin));
    const cancellation stop;
    auto waiting = owner_is_stopped(own, stop.token());
    auto beside = refused_while_it_reads(there, own, child, stop);
    LINX_TRYV(co_await all_of(std::move(waiting), std::move(beside)));
    auto op = reading(std::move(own), seen, 1);
    auto away = elsewhere(there, std::move(op));
    LINX_TRYV(child.kill());
    LINX_TRYV(co_await std::move(away));
    if (seen != kinds{kind::ready, kind::running, kind::signaled}) co_return wrong("another end");
  }
  co_return success();
}

/// Several owners, each with somebody on another strand, on four threads.
void run_on_four_threads(task<> (*owner)(executor))
{
  asio::io_context context(4);
  std::mutex mutex;
  std::string complaint;
  unsigned ended = 0;
  constexpr unsigned owners = 6;
  for (unsigned n = 0; n != owners; ++n)
    linx::spawn(asio::make_strand(context.get_executor()), owner(asio::make_strand(context.get_executor())),
                [&](const result<>& how) {
                  const std::scoped_lock lock(mutex);
                  complaint += why(how);
                  ++ended;
                });
  std::vector<std::thread> threads;
  for (int n = 0; n != 4; ++n) threads.emplace_back([&context] { context.run_for(watchdog); });
  for (auto& each : threads) each.join();
  BOOST_TEST(complaint == "");
  BOOST_TEST(ended == owners);
}

} // namespace

BOOST_AUTO_TEST_CASE(events_are_handed_to_another_thread_and_back)
{
  run_on_four_threads(lives);
}

BOOST_AUTO_TEST_CASE(a_child_is_led_on_while_another_one_has_its_events)
{
  run_on_four_threads(led_by_its_owner);
}

BOOST_AUTO_TEST_CASE(no_other_one_reads_meanwhile)
{
  run_on_four_threads(one_reader);
}

BOOST_AUTO_TEST_SUITE_END()
