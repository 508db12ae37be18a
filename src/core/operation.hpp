/// The frame around every public task of a handle.
#pragma once

#include "core/cancelled.hpp"
#include "core/fairness.hpp"
#include "core/state.hpp"

#include <linx/core/detail/hop.hpp>
#include <linx/core/task.hpp>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace linx::detail {

/// An operation of which any number may be outstanding.
class no_guard {
public:
  result<> begin() const noexcept { return success(); }
};

/// Every public task is `operation(state, body)`, two frames in all: with Asio's default frame cache of two
/// blocks a loop over it allocates nothing, as long as the body awaits no further task on its hot path.
///
/// It does what each operation owes its caller:
/// - keeps `self` alive until the body's frame is gone;
/// - started after a cancel it completes with `errc::cancelled` and destroys the body unstarted;
/// - `throw_if_cancelled`, on under a plain `co_spawn` root, is off inside the body and restored on every way
///   out. No destructor could do that, it takes a `co_await`;
/// - runs the body on the executor of the state, and resumes the caller on the caller's. Bodies never see
///   another executor than their own, and cancellation is passed on. If the context of the state goes
///   meanwhile, the caller hears `errc::closed`;
/// - `guard`, where there is one, begins on the executor of the state before the body and ends with the
/// frame,
///   however that is left. Such operations complete immediately again and again, so they let others run.
template <class T, class Guard = no_guard>
task<T> operation(std::shared_ptr<context_state> self, task<T> body, Guard guard = Guard())
{
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  if (is_cancelled(state)) co_return errc::cancelled;
  if (self->is_shut_down()) co_return errc::closed;

  constexpr bool has_guard = !std::is_same_v<Guard, no_guard>;
  // A local: g++ destroys the copies of parameters in their order, `self` first.
  Guard mine(std::move(guard));
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  if (throws) co_await asio::this_coro::throw_if_cancelled(false);
  std::exception_ptr failure;
  try {
    const executor here = co_await asio::this_coro::executor;
    result<> begun = success();
    if (!self->is_home(here)) {
      // All of it again, at home. Named, and not awaited in two branches: g++ 12.2 crashes on that.
      auto there = operation<T, Guard>(self, std::move(body), std::move(mine));
      auto elsewhere = hopped_home<T>(self, std::move(there));
      body = std::move(elsewhere);
    } else if constexpr (has_guard) {
      begun = mine.begin();
    }
    if (begun) {
      result<T> value = co_await std::move(body);
      // It is kept whatever comes meanwhile.
      if constexpr (has_guard) {
        if (value && yield_due()) co_await asio::post(asio::deferred);
      }
      if (throws) co_await asio::this_coro::throw_if_cancelled(true);
      co_return std::move(value);
    }
    if (throws) co_await asio::this_coro::throw_if_cancelled(true);
    co_return begun.error();
  } catch (...) {
    failure = std::current_exception();
  }
  if (throws) co_await asio::this_coro::throw_if_cancelled(true);
  std::rethrow_exception(std::move(failure));
}

} // namespace linx::detail
