/// Waiting for the first of several tasks.
#pragma once

#include <linx/core/detail/hop.hpp>
#include <linx/core/detail/join.hpp>
#include <linx/core/task.hpp>

#include <cstddef>
#include <deque>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace linx {

/// Which task of a vector won, and with what.
template <class T>
class winner {
public:
  winner(std::size_t index, detail::regular<T> value) : value(std::move(value)), index(index) {}

  detail::regular<T> value;
  std::size_t index;
};

namespace detail {

template <class... T>
using either = std::variant<regular<T>...>;

template <class Either, std::size_t I, class Children>
void take_if(std::optional<Either>& won, Children& children, const child* decisive)
{
  auto& each = std::get<I>(children);
  if (&each == decisive) won.emplace(std::in_place_index<I>, each.take_value());
}

template <class Either, class Children, std::size_t... I>
Either value_of(Children& children, const child* decisive, std::index_sequence<I...>)
{
  std::optional<Either> won;
  (take_if<Either, I>(won, children, decisive), ...);
  return std::move(*won);
}

template <class... T>
task<either<T...>> first_of_tuple(task<T>... ops)
{
  const executor here = co_await asio::this_coro::executor;
  if (!is_serial(here)) {
    auto body = first_of_tuple<T...>(std::move(ops)...);
    auto elsewhere = serially<either<T...>>(here, std::move(body));
    co_return co_await std::move(elsewhere);
  }
  std::tuple<task_child<T>...> children(std::move(ops)...);
  plain_join race(join::siblings::stop_on_completion);
  std::apply([&race](auto&... each) { (race.add(each), ...); }, children);
  co_await race.wait();
  race.rethrow();
  auto* const first = race.decisive();
  if (!first) co_return errc::cancelled;
  if (first->has_failed()) co_return boost::outcome_v2::failure(first->failure());
  co_return value_of<either<T...>>(children, first, std::index_sequence_for<T...>());
}

template <class T>
task<winner<T>> first_of_vector(std::vector<task<T>> ops)
{
  const executor here = co_await asio::this_coro::executor;
  if (!is_serial(here)) {
    auto body = first_of_vector<T>(std::move(ops));
    auto elsewhere = serially<winner<T>>(here, std::move(body));
    co_return co_await std::move(elsewhere);
  }
  std::deque<task_child<T>> children;
  plain_join race(join::siblings::stop_on_completion);
  for (auto& op : ops) race.add(children.emplace_back(std::move(op)));
  co_await race.wait();
  race.rethrow();
  if (ops.empty()) co_return error::argument("first_of: no task to wait for");
  auto* const first = race.decisive();
  if (!first) co_return errc::cancelled;
  if (first->has_failed()) co_return boost::outcome_v2::failure(first->failure());
  std::size_t index = 0;
  while (&children[index] != first) ++index;
  co_return winner<T>(index, children[index].take_value());
}

} // namespace detail

/// Runs tasks concurrently until the first completes, with a value or with an error; the others are cancelled
/// and awaited:
///
///     auto exited = child.wait();
///     auto line = lines.next();
///     LINX_TRY(auto first, co_await linx::first_of(std::move(exited), std::move(line)));
///     if (first.index() == 0) ...
///
/// Yields a `std::variant` with one alternative for each task (`std::monostate` for void); of a vector of
/// tasks, a `winner` with index and value. A task that completes at once wins before the next one is started.
/// Never race operations that own something (accept, spawn): a loser that had its value already loses it.
/// Cancellation: passed on to all; `errc::cancelled` unless one had already completed.
/// Errors: those of the first to complete. What the losers yield or throw is dropped.
/// Executor: the tasks run interleaved, never in parallel.
struct first_of_fn {
  template <class... T>
  requires(sizeof...(T) > 0) auto operator()(task<T>... ops) const
  {
    return detail::first_of_tuple<T...>(std::move(ops)...);
  }

  template <class T>
  auto operator()(std::vector<task<T>> ops) const
  {
    return detail::first_of_vector<T>(std::move(ops));
  }
};

inline constexpr first_of_fn first_of;

} // namespace linx
