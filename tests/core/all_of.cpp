// all_of: every value or the first failure, and nobody left behind.
#include "core/operations.hpp"
#include "harness/run.hpp"

#include <linx/core/all_of.hpp>
#include <linx/core/first_of.hpp>
#include <linx/core/with_timeout.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <deque>
#include <string>

BOOST_AUTO_TEST_SUITE(core_all_of)

using namespace linx::test;
using namespace std::chrono_literals;
using linx::errc;
using linx::result;
using linx::task;
namespace asio = boost::asio;

namespace {

task<std::string> text()
{
  co_return std::string("a string, which argument-dependent lookup follows into std");
}

} // namespace

BOOST_AUTO_TEST_CASE(yields_every_value)
{
  using linx::all_of; // an object: std::all_of must not be found beside it
  auto yielded = run(all_of(number(1), nothing(), make_stubborn(), text(), posted(2)));
  BOOST_REQUIRE(yielded.has_value());
  auto& [one, none, five, words, two] = yielded.value();
  static_assert(std::is_same_v<decltype(none), std::monostate>);
  BOOST_TEST(one == 1);
  BOOST_TEST(*five.value == 5);
  BOOST_TEST(words.size() > 10u);
  BOOST_TEST(two == 2);
}

BOOST_AUTO_TEST_CASE(yields_a_vector_of_values)
{
  std::vector<task<int>> ops;
  ops.reserve(5);
  for (int n = 0; n < 5; ++n) ops.push_back(n % 2 ? number(n) : posted(n));
  auto yielded = run(linx::all_of(std::move(ops)));
  BOOST_REQUIRE(yielded.has_value());
  BOOST_TEST(yielded.value() == std::vector<int>({0, 1, 2, 3, 4}), boost::test_tools::per_element());
  BOOST_TEST(run(linx::all_of(std::vector<task<int>>())).value().empty());
  std::vector<task<>> voids;
  voids.push_back(nothing());
  const auto none = run(linx::all_of(std::move(voids)));
  BOOST_TEST(none.value().size() == 1u);
}

BOOST_AUTO_TEST_CASE(first_error_cancels_and_awaits_the_siblings)
{
  asio::io_context context;
  probe argument;
  gate never(context), fails(context);
  started<std::tuple<int, int, int>> root(
      context, linx::all_of(never.pass(argument.hold()), fails.pass(), never.pass(argument.hold())));
  settle(context);
  fails.close();
  settle(context);
  BOOST_TEST(root.yielded(errc::closed));
  BOOST_TEST(never.cancelled() == 2u);
  BOOST_TEST(argument.is_free());
}

// R4: after a failure the rest is never started.
BOOST_AUTO_TEST_CASE(children_after_a_failure_are_never_started)
{
  asio::io_context context;
  gate later(context);
  started<std::tuple<int, int>> root(context, linx::all_of(failing(errc::conflict), later.pass()));
  context.run();
  BOOST_TEST(root.yielded(errc::conflict));
  BOOST_TEST(later.started() == 0u);
}

BOOST_AUTO_TEST_CASE(cancel_reaches_every_child)
{
  for (const auto type : every_cancellation) {
    asio::io_context context;
    gate never(context);
    started<std::tuple<int, int>> root(context, linx::all_of(never.pass(), never.pass()));
    settle(context);
    root.cancel(type);
    settle(context);
    BOOST_TEST(root.completions == 1u);
    BOOST_TEST(root.yielded(errc::cancelled));
    BOOST_TEST(never.cancelled() == 2u);
  }
}

BOOST_AUTO_TEST_CASE(cancel_that_meets_finished_children_keeps_their_values)
{
  asio::io_context context;
  gate opened(context);
  started<std::tuple<int, int>> root(context, linx::all_of(opened.pass(), opened.pass()));
  settle(context);
  asio::post(context, [&] {
    opened.open(2);
    root.cancel();
  });
  settle(context);
  BOOST_TEST(root.yielded_value());
}

// R6: a child gets a fresh cancellation state and would never hear of a cancel that came before it.
BOOST_AUTO_TEST_CASE(after_a_cancel_no_child_is_started)
{
  struct parent {
    static task<int> of(gate& closed, gate& later)
    {
      const auto first = co_await closed.pass();
      BOOST_TEST((first.error() == errc::cancelled));
      auto both = linx::all_of(later.pass(), later.pass());
      const auto second = co_await std::move(both);
      if (second.has_error()) co_return second.error();
      co_return 1;
    }
  };
  asio::io_context context;
  gate closed(context), later(context);
  started<int> root(context, parent::of(closed, later));
  settle(context);
  root.cancel();
  settle(context);
  BOOST_TEST(root.yielded(errc::cancelled));
  BOOST_TEST(later.started() == 0u);
}

namespace {
task<int> cancels_everybody(started<std::tuple<int, int, int>>*& root, cancels type)
{
  root->cancel(type);
  co_return 3;
}
} // namespace

// R3: a child cancels the whole from inside the loop that launches its siblings.
BOOST_AUTO_TEST_CASE(cancel_from_inside_a_sibling)
{
  for (const auto type : every_cancellation) {
    asio::io_context context;
    gate never(context);
    started<std::tuple<int, int, int>>* self = nullptr;
    started<std::tuple<int, int, int>> root(
        context, linx::all_of(never.pass(), cancels_everybody(self, type), never.pass()));
    self = &root;
    context.run();
    BOOST_TEST(root.completions == 1u);
    BOOST_TEST(root.yielded(errc::cancelled));
    BOOST_TEST(never.started() == 1u); // the third came after the cancel
    BOOST_TEST(never.cancelled() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(exception_cancels_awaits_and_is_rethrown_in_the_parent)
{
  asio::io_context context;
  probe argument;
  gate never(context);
  started<std::tuple<int, int>> root(context, linx::all_of(never.pass(argument.hold()), throwing()));
  context.run();
  BOOST_TEST(root.yielded(errc::exception)); // at the root
  BOOST_TEST(root.outcome->error().object() == "thrown by a task");
  BOOST_TEST(never.cancelled() == 1u);
  BOOST_TEST(argument.is_free());
}

BOOST_AUTO_TEST_CASE(nested_combinators_end_in_order)
{
  for (const auto type : every_cancellation) {
    asio::io_context context;
    gate never(context);
    auto inner = linx::all_of(never.pass(), linx::with_timeout(never.pass(), 1h));
    auto outer = linx::all_of(linx::first_of(std::move(inner), never.pass()), never.pass());
    auto root = std::make_unique<started<decltype(outer)::value_type::value_type>>(context, std::move(outer));
    settle(context);
    BOOST_TEST(never.started() == 4u);
    root->cancel(type);
    settle(context);
    BOOST_TEST(root->yielded(errc::cancelled));
    BOOST_TEST(never.cancelled() == 4u);
  }
}

BOOST_AUTO_TEST_CASE(a_thousand_children)
{
  for (const bool fail : {false, true}) {
    asio::io_context context;
    gate many(context), one(context);
    std::vector<task<int>> ops;
    ops.reserve(1000);
    for (int n = 0; n < 1000; ++n) ops.push_back(n == 500 ? one.pass() : many.pass());
    started<std::vector<int>> root(context, linx::all_of(std::move(ops)));
    settle(context);
    BOOST_TEST(many.started() == 999u);
    if (fail) {
      one.close();
    } else {
      one.open();
      many.open(999);
    }
    settle(context);
    BOOST_TEST(root.completions == 1u);
    BOOST_TEST(root.yielded_value() == !fail);
    BOOST_TEST(many.cancelled() == (fail ? 999u : 0u));
  }
}

namespace {
task<int> nest(gate& closed, int depth, std::shared_ptr<int> held)
{
  if (depth == 0) {
    auto passed = co_await closed.pass(std::move(held));
    co_return std::move(passed);
  }
  auto inner = linx::all_of(nest(closed, depth - 1, held), nothing());
  auto both = co_await std::move(inner);
  if (both.has_error()) co_return both.error();
  co_return std::get<0>(both.value());
}
} // namespace

// R2: the parked parent owns the frame it is parked in. Without counted references each of these leaks.
BOOST_AUTO_TEST_CASE(context_dies_with_combinators_suspended)
{
  probe argument;
  auto context = std::make_unique<asio::io_context>();
  gate closed(*context);
  for (int depth : {1, 2, 50})
    linx::spawn(*context, nest(closed, depth, argument.hold()),
                [](const result<int>&) { BOOST_ERROR("called"); });
  auto mixed = linx::all_of(closed.pass(argument.hold()), number(1), posted(2));
  linx::spawn(*context, std::move(mixed),
              [](const result<std::tuple<int, int, int>>&) { BOOST_ERROR("called"); });
  settle(*context);
  context.reset();
  BOOST_TEST(argument.is_free());
}

BOOST_AUTO_TEST_CASE(fifty_levels_complete_and_cancel)
{
  for (const bool cancel : {false, true}) {
    asio::io_context context;
    gate closed(context);
    started<int> root(context, nest(closed, 50, std::shared_ptr<int>()));
    settle(context);
    if (cancel)
      root.cancel(cancels::partial);
    else
      closed.open();
    settle(context);
    BOOST_TEST(root.completions == 1u);
    BOOST_TEST(root.yielded_value() == !cancel);
  }
}

namespace {

/// The part of the stack that a task has used; not inlined, so that it sees the stack and not the frame.
class stack_use {
public:
  [[gnu::noinline]] void look()
  {
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    if (lowest == 0 || here < lowest) lowest = here;
    if (here > highest) highest = here;
  }
  std::size_t bytes() const noexcept { return highest - lowest; }

private:
  std::uintptr_t lowest = 0, highest = 0;
};

task<int> looks(stack_use& stack)
{
  stack.look();
  co_return 1;
}

task<int> joins_in_a_loop(stack_use& stack)
{
  for (int n = 0; n < 1000; ++n) {
    auto both = linx::all_of(looks(stack), looks(stack));
    const auto joined = co_await std::move(both);
    if (joined.has_error()) co_return joined.error();
    const auto plain = co_await looks(stack);
    if (plain.has_error()) co_return plain.error();
  }
  co_return 0;
}

} // namespace

// R10: everything but a completion inside an initiation is a trampoline. What grows a little with each round
// ends in an overflow on the server that runs for a month.
BOOST_AUTO_TEST_CASE(loops_do_not_grow_the_stack)
{
  stack_use stack;
  BOOST_TEST(run(joins_in_a_loop(stack)).has_value());
  BOOST_TEST(stack.bytes() < 64u * 1024u);
}

namespace {
asio::awaitable<void> foreign(gate& closed, std::optional<result<std::tuple<int, int>>>& got,
                              bool& flag_after)
{
  auto both = linx::all_of(closed.pass(), closed.pass());
  got.emplace(co_await std::move(both));
  flag_after = co_await asio::this_coro::throw_if_cancelled();
}
} // namespace

BOOST_AUTO_TEST_CASE(under_a_plain_co_spawn)
{
  asio::io_context context;
  gate closed(context);
  asio::cancellation_signal signal;
  std::optional<result<std::tuple<int, int>>> got;
  bool flag = false;
  asio::co_spawn(context, foreign(closed, got, flag),
                 asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr) {}));
  settle(context);
  signal.emit(cancels::terminal);
  context.run();
  BOOST_REQUIRE(got.has_value());
  BOOST_TEST((got->error() == errc::cancelled));
  BOOST_TEST(flag);
}

BOOST_AUTO_TEST_SUITE_END()
