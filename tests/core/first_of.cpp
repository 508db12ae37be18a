// first_of: the first completion wins, value or error; the losers are cancelled and awaited.
#include "core/operations.hpp"
#include "harness/run.hpp"

#include <linx/core/first_of.hpp>

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(core_first_of)

using namespace linx::test;
using linx::errc;
using linx::result;
using linx::task;
namespace asio = boost::asio;

namespace {
task<int> number_after(gate& opened, int n)
{
  auto passed = co_await opened.pass();
  if (passed.has_error()) co_return passed.error();
  co_return n;
}
task<int> throws_when_cancelled(gate& closed)
{
  const auto passed = co_await closed.pass();
  if (passed.has_error()) throw std::runtime_error("a bad loser");
  co_return 0;
}
} // namespace

BOOST_AUTO_TEST_CASE(first_value_wins_and_losers_are_awaited)
{
  asio::io_context context;
  probe argument;
  gate never(context), opened(context);
  started<std::variant<int, int>> root(context,
                                       linx::first_of(never.pass(argument.hold()), number_after(opened, 4)));
  settle(context);
  opened.open();
  settle(context);
  BOOST_REQUIRE(root.yielded_value());
  BOOST_TEST(root.outcome->value().index() == 1u);
  BOOST_TEST(std::get<1>(root.outcome->value()) == 4);
  BOOST_TEST(never.cancelled() == 1u);
  BOOST_TEST(argument.is_free());
}

BOOST_AUTO_TEST_CASE(void_tasks_can_win)
{
  asio::io_context context;
  gate never(context);
  auto yielded = run(context, linx::first_of(never.pass(), nothing()));
  BOOST_REQUIRE(yielded.has_value());
  BOOST_TEST(yielded.value().index() == 1u);
}

// Asio's || counts an error result as a success; here it is the outcome.
BOOST_AUTO_TEST_CASE(an_error_wins_as_well)
{
  asio::io_context context;
  gate never(context), fails(context);
  started<std::variant<int, int>> root(context, linx::first_of(never.pass(), fails.pass()));
  settle(context);
  fails.close();
  settle(context);
  BOOST_TEST(root.yielded(errc::closed));
  BOOST_TEST(never.cancelled() == 1u);
}

BOOST_AUTO_TEST_CASE(an_immediate_winner_keeps_the_rest_from_starting)
{
  asio::io_context context;
  gate later(context);
  started<std::variant<int, int>> root(context, linx::first_of(number(2), later.pass()));
  context.run();
  BOOST_REQUIRE(root.yielded_value());
  BOOST_TEST(later.started() == 0u);
}

BOOST_AUTO_TEST_CASE(of_two_that_finish_together_the_first_wins)
{
  asio::io_context context;
  gate opened(context);
  started<std::variant<int, int>> root(context,
                                       linx::first_of(number_after(opened, 1), number_after(opened, 2)));
  settle(context);
  opened.open(2);
  settle(context);
  BOOST_REQUIRE(root.yielded_value());
  BOOST_TEST(root.outcome->value().index() == 0u);
}

BOOST_AUTO_TEST_CASE(vector_yields_index_and_value)
{
  asio::io_context context;
  gate never(context), opened(context);
  std::vector<task<int>> ops;
  ops.reserve(1000);
  for (int n = 0; n < 1000; ++n) ops.push_back(n == 700 ? number_after(opened, n) : never.pass());
  started<linx::winner<int>> root(context, linx::first_of(std::move(ops)));
  settle(context);
  opened.open();
  settle(context);
  BOOST_REQUIRE(root.yielded_value());
  BOOST_TEST(root.outcome->value().index == 700u);
  BOOST_TEST(root.outcome->value().value == 700);
  BOOST_TEST(never.cancelled() == 999u);
}

// Waiting for the first of none would be waiting for ever: a mistake of the caller.
BOOST_AUTO_TEST_CASE(empty_vector_is_an_argument_error)
{
  auto yielded = run(linx::first_of(std::vector<task<int>>()));
  BOOST_REQUIRE(yielded.has_error());
  BOOST_TEST((yielded.error().where() == linx::stage::argument));
}

BOOST_AUTO_TEST_CASE(cancel_reaches_every_child)
{
  for (const auto type : every_cancellation) {
    asio::io_context context;
    gate never(context);
    started<std::variant<int, int>> root(context, linx::first_of(never.pass(), never.pass()));
    settle(context);
    root.cancel(type);
    settle(context);
    BOOST_TEST(root.completions == 1u);
    BOOST_TEST(root.yielded(errc::cancelled));
    BOOST_TEST(never.cancelled() == 2u);
  }
}

BOOST_AUTO_TEST_CASE(first_exception_is_rethrown_and_a_losers_is_dropped)
{
  asio::io_context context;
  gate never(context);
  started<std::variant<int, int>> thrown(context, linx::first_of(never.pass(), throwing()));
  context.run();
  BOOST_TEST(thrown.yielded(errc::exception));

  gate opened(context);
  started<std::variant<int, int>> won(context,
                                      linx::first_of(throws_when_cancelled(never), number_after(opened, 4)));
  settle(context);
  opened.open();
  settle(context);
  BOOST_TEST(won.yielded_value());
}

BOOST_AUTO_TEST_SUITE_END()
