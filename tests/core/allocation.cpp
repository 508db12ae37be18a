// Memory: none in the steady state of two frames, and no leak, hang or double completion where it runs out.
#include "core/operations.hpp"
#include "core/queue.hpp"
#include "core/with_words.hpp"
#include "harness/allocations.hpp"

#include <linx/core/all_of.hpp>
#include <linx/core/cancellation.hpp>
#include <linx/core/cleanup.hpp>
#include <linx/core/first_of.hpp>
#include <linx/core/with_timeout.hpp>

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(core_allocation)

using namespace linx::test;
using namespace std::chrono_literals;
using linx::errc;
using linx::result;
using linx::task;
namespace asio = boost::asio;

namespace {

constexpr int warm_up = 10;
constexpr int rounds = 200;

task<int> passes_opened_gate(gate& opened, std::size_t& allocated)
{
  for (int n = 0; n < warm_up; ++n) {
    const auto passed = co_await opened.pass();
    if (passed.has_error()) co_return passed.error();
  }
  const auto before = allocations::count();
  for (int n = 0; n < rounds; ++n) {
    const auto passed = co_await opened.pass();
    if (passed.has_error()) co_return passed.error();
  }
  allocated = allocations::count() - before;
  co_return 0;
}

/// Wakes once a turn, from inside the context: Asio recycles memory within one call of run() only.
template <class Wake>
task<> feeds(linx::executor home, const bool& over, Wake& wake)
{
  while (!over) {
    wake();
    auto turn = asio::post(home, asio::deferred);
    co_await std::move(turn);
  }
  co_return linx::success();
}

task<int> reads(linx::stream<int>& values, std::size_t& allocated)
{
  std::size_t before = 0;
  for (int n = 0; n < warm_up + rounds; ++n) {
    if (n == warm_up) before = allocations::count();
    const auto next = co_await values.next();
    if (next.has_error()) co_return next.error();
  }
  allocated = allocations::count() - before;
  co_return 0;
}

} // namespace

BOOST_AUTO_TEST_CASE(immediate_operation_allocates_nothing)
{
  asio::io_context context(1);
  gate opened(context);
  opened.open(warm_up + rounds);
  std::size_t allocated = 1;
  started<int> root(context, passes_opened_gate(opened, allocated));
  context.run();
  BOOST_REQUIRE(root.yielded_value());
  BOOST_TEST(allocated == 0u);
}

// Parked and woken: the waiter needs no memory, and Asio's post recycles what it has.
BOOST_AUTO_TEST_CASE(parked_operation_allocates_nothing)
{
  asio::io_context context(1);
  gate opened(context);
  std::size_t allocated = 1;
  bool over = false;
  const auto wake = [&opened] { opened.open(); };
  linx::spawn(context, passes_opened_gate(opened, allocated), [&over](const result<int>&) { over = true; });
  linx::spawn(context, feeds(context.get_executor(), over, wake), [](const result<>&) {});
  context.run();
  BOOST_TEST(allocated == 0u);
}

BOOST_AUTO_TEST_CASE(parked_next_allocates_nothing)
{
  asio::io_context context(1);
  auto queue = linx::detail::make_state<linx::detail::queue_source<int>>(context.get_executor());
  linx::stream<int> values(queue);
  std::size_t allocated = rounds;
  bool over = false;
  const auto wake = [&queue] { queue->push(1); };
  linx::spawn(context, reads(values, allocated), [&over](const result<int>&) { over = true; });
  linx::spawn(context, feeds(context.get_executor(), over, wake), [](const result<>&) {});
  context.run();
  // The queue's own blocks of values, one for about thirty: std::deque gives them back as they empty.
  BOOST_TEST(allocated <= rounds / 16u);
}

// The words, and the text that keeps them, are all that is allocated. Whichever of the two fails, the error
// is as it was given, with what it knew before.
BOOST_AUTO_TEST_CASE(an_error_goes_without_words_where_there_is_no_memory)
{
  const auto bare = linx::error(errc::died, linx::stage::ready_frame).with_kernel_text("killed");
  const std::string words = "a child whose name is too long for the string itself";
  for (std::size_t n = 0; n != 4; ++n) { // 0: none fails
    BOOST_TEST_CONTEXT("allocation " << n)
    {
      allocations::fail(n);
      const auto before = allocations::count();
      const auto told = linx::detail::with_words(bare, [&words] { return words; });
      const auto allocated = allocations::count() - before;
      allocations::fail(0);
      const bool fails = n == 1 || n == 2;
      BOOST_TEST(allocated == (fails ? n : 2));
      BOOST_TEST(told.object() == (fails ? "" : words));
      BOOST_TEST((told == errc::died && told.where() == linx::stage::ready_frame));
      BOOST_TEST(told.kernel_text() == "killed");
    }
  }
}

BOOST_AUTO_TEST_CASE(an_error_without_words_allocates_nothing)
{
  const linx::error bare(errc::died, linx::stage::ready_frame);
  const auto before = allocations::count();
  const auto silent = linx::detail::with_words(bare, [] { return ""; });
  const auto failed = linx::detail::with_words(bare, []() -> std::string { throw std::bad_alloc(); });
  BOOST_TEST(allocations::count() == before);
  BOOST_TEST((silent == errc::died && silent.object().empty()));
  BOOST_TEST((failed == errc::died && failed.object().empty()));
}

namespace {

/// What may become of a root, whichever allocation fails.
struct outcome {
  unsigned called = 0;
  unsigned values = 0;
  unsigned destroyed = 0;
  bool threw = false;
};

class witness { // a handler that knows whether it was called
public:
  explicit witness(outcome& seen) noexcept : seen_(&seen) {}
  witness(witness&& other) noexcept : seen_(std::exchange(other.seen_, nullptr)) {}
  ~witness()
  {
    if (seen_) ++seen_->destroyed;
  }
  template <class T>
  void operator()(result<T> value)
  {
    auto* const seen = std::exchange(seen_, nullptr);
    ++seen->called;
    seen->values += value.has_value();
  }

private:
  outcome* seen_;
};

class scenario {
public:
  scenario(std::string_view name,
           std::function<void(asio::io_context&, gate&, probe&, asio::cancellation_slot, witness)> start,
           bool cancels = false)
      : name(name), start(std::move(start)), cancels(cancels)
  {}
  /// Nobody has to be told to stop.
  bool ends_by_itself() const
  {
    return !cancels && (name == "one operation" || name == "all_of" || name == "from another executor" ||
                        name == "under a cancellation");
  }
  std::string_view name;
  std::function<void(asio::io_context&, gate&, probe&, asio::cancellation_slot, witness)> start;
  bool cancels;
};

template <class T>
void launch(asio::io_context& context, task<T> op, asio::cancellation_slot slot, witness seen)
{
  linx::spawn(context, std::move(op), asio::bind_cancellation_slot(slot, std::move(seen)));
}

std::vector<scenario> scenarios()
{
  std::vector<scenario> all;
  const auto add = [&all](std::string_view name, auto start) {
    all.emplace_back(name, start);
    all.emplace_back(name, start, true);
  };
  add("one operation", [](auto& context, auto& g, auto& held, auto slot, witness seen) {
    launch(context, g.pass(held.hold()), slot, std::move(seen));
  });
  add("all_of", [](auto& context, auto& g, auto& held, auto slot, witness seen) {
    launch(context, linx::all_of(g.pass(held.hold()), sleeping(1ms), g.pass(held.hold())), slot,
           std::move(seen));
  });
  add("all_of that fails", [](auto& context, auto& g, auto& held, auto slot, witness seen) {
    launch(context, linx::all_of(g.pass(held.hold()), sleeping(1h), failing(errc::conflict)), slot,
           std::move(seen));
  });
  add("first_of", [](auto& context, auto& g, auto& held, auto slot, witness seen) {
    launch(context, linx::first_of(sleeping(1h), g.pass(held.hold()), g.pass(held.hold())), slot,
           std::move(seen));
  });
  add("with_timeout", [](auto& context, auto&, auto&, auto slot, witness seen) {
    launch(context, linx::with_timeout(sleeping(1h), 1ms), slot, std::move(seen));
  });
  add("with_timeout of a hop", [](auto& context, auto& g, auto& held, auto slot, witness seen) {
    auto hopping = linx::spawn(context, g.pass(held.hold()), asio::deferred);
    auto inner = [](decltype(hopping) remote) -> task<int> {
      auto passed = co_await std::move(remote);
      co_return std::move(passed);
    };
    launch(context, linx::with_timeout(inner(std::move(hopping)), 1ms), slot, std::move(seen));
  });
  add("from another executor", [](auto& context, auto& g, auto& held, auto slot, witness seen) {
    // Serial as well, and not equal to that of the gate.
    const auto elsewhere = asio::require(context.get_executor(), asio::execution::outstanding_work.tracked);
    linx::spawn(linx::executor(elsewhere), g.pass(held.hold()),
                asio::bind_cancellation_slot(slot, std::move(seen)));
  });
  add("under a cancellation", [](auto& context, auto& g, auto& held, auto slot, witness seen) {
    launch(context, linx::cancellation().bind(g.pass(held.hold())), slot, std::move(seen));
  });
  add("cleanup", [](auto& context, auto& g, auto& held, auto slot, witness seen) {
    launch(context, linx::cleanup(g.pass(held.hold()), 1ms), slot, std::move(seen));
  });
  return all;
}

/// One run with the n-th allocation failing. False once n is beyond the last.
bool run_with_failure(const scenario& each, std::size_t n)
{
  probe held;
  outcome seen;
  asio::cancellation_signal signal;
  {
    asio::io_context context(1);
    gate g(context);
    const auto guarded = [&](const auto& step) {
      try {
        step();
      } catch (const std::bad_alloc&) {
        seen.threw = true;
      }
    };
    std::function<void()> steps[] = {
        [&] { each.start(context, g, held, signal.slot(), witness(seen)); },
        [&] { context.poll(); },
        [&] {
          if (each.cancels) signal.emit(cancels::total);
        },
        [&] { context.poll(); },
        [&] { g.open(2); },
        [&] { context.poll(); },
    };
    allocations::fail(n);
    for (const auto& step : steps) {
      guarded(step);
      context.restart();
    }
    // Nothing may hang: what is still on its way ends within its own time limits.
    const auto deadline = std::chrono::steady_clock::now() + 5s;
    while (seen.called + seen.destroyed == 0 && std::chrono::steady_clock::now() < deadline) {
      guarded([&] { context.run_one_for(20ms); });
      context.restart();
      if (each.name == "first_of" || (each.name == "all_of" && each.cancels) ||
          each.name == "all_of that fails") {
        // An emission that failed leaves a sibling uncancelled; run() has said so by throwing.
        if (seen.threw && seen.called + seen.destroyed == 0) break;
      }
    }
    const bool beyond = allocations::is_failure_pending();
    allocations::fail(0);
    BOOST_TEST_CONTEXT(each.name << (each.cancels ? ", cancelled" : "") << ", allocation " << n)
    {
      BOOST_TEST(seen.called + seen.destroyed <= 1u);
      // Still waiting: then a cancel could not be emitted, and run() has said so.
      if (seen.called + seen.destroyed == 0) BOOST_TEST((seen.threw && !each.ends_by_itself()));
      if (beyond) BOOST_TEST(seen.called == 1u);
    }
    if (beyond) n = 0;
  }
  BOOST_TEST_CONTEXT(each.name << (each.cancels ? ", cancelled" : "") << ", allocation " << n
                               << ", afterwards")
  {
    BOOST_TEST(seen.called + seen.destroyed == 1u);
    BOOST_TEST(held.is_free());
  }
  return n != 0;
}

} // namespace

// Each allocation of each scenario failed, one by one. The task gets bad_alloc, or the handler is destroyed
// uncalled (run() throws then, except where the post of a wake-up had no memory); never both, never neither,
// no leak.
BOOST_AUTO_TEST_CASE(every_allocation_may_fail)
{
  for (const auto& each : scenarios()) {
    std::size_t n = 1;
    while (n < 500 && run_with_failure(each, n)) ++n;
    BOOST_TEST_MESSAGE(each.name << (each.cancels ? ", cancelled: " : ": ") << n - 1 << " allocations");
    BOOST_TEST(n > 3u);
    BOOST_TEST(n < 500u);
  }
}

BOOST_AUTO_TEST_SUITE_END()
