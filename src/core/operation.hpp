/// The frame around every public task of a handle.
#pragma once

#include "core/cancelled.hpp"
#include "core/state.hpp"

#include <linx/core/task.hpp>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace linx::detail {

/// What a body that runs on another executor came to. Shared: the context that it runs on may outlive the
/// caller.
template <class T>
struct hop_outcome {
  std::optional<result<T>> yielded;
  std::exception_ptr failure;
};

template <class T>
task<> carried(task<T> body, std::shared_ptr<hop_outcome<T>> outcome)
{
  try {
    result<T> yielded = co_await std::move(body);
    outcome->yielded.emplace(std::move(yielded));
  } catch (...) {
    outcome->failure = std::current_exception();
  }
  co_return success();
}

/// Runs a body on another executor: of one type for every T, since a root costs the compiler, and the
/// library, more than all the rest of an operation. Fails if the body was not started.
LINX_API task<> hop(executor home, task<> body);

/// Every public task is `operation(state, body)`, two frames in all: with Asio's default frame cache of two
/// blocks a loop over it allocates nothing, as long as the body awaits no further task on its hot path.
///
/// It does what each operation owes its caller:
/// - keeps `self` alive until the body's frame is gone;
/// - started after a cancel it completes with `errc::cancelled` and destroys the body unstarted;
/// - `throw_if_cancelled`, on under a plain `co_spawn` root, is off inside the body and restored on every way
///   out. No destructor could do that, it takes a `co_await`;
/// - runs the body on the executor of the state, and resumes the caller on the caller's. Bodies never see
///   another executor than their own, and cancellation is passed on.
template <class T>
task<T> operation(std::shared_ptr<context_state> self, task<T> body)
{
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  if (is_cancelled(state)) co_return errc::cancelled;
  if (self->is_shut_down()) co_return errc::closed;

  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  if (throws) co_await asio::this_coro::throw_if_cancelled(false);
  const executor here = co_await asio::this_coro::executor;
  const executor home = self->get_executor();
  std::exception_ptr failure;
  try {
    // Both awaits are named: g++ 12.2 crashes on `co_return co_await` in the two branches.
    if (here == home) {
      result<T> yielded = co_await std::move(body);
      if (throws) co_await asio::this_coro::throw_if_cancelled(true);
      co_return std::move(yielded);
    }
    const auto outcome = std::make_shared<hop_outcome<T>>();
    auto elsewhere = hop(home, carried<T>(std::move(body), outcome));
    const result<> started = co_await std::move(elsewhere);
    if (outcome->failure) std::rethrow_exception(outcome->failure);
    if (throws) co_await asio::this_coro::throw_if_cancelled(true);
    if (!outcome->yielded) co_return started.error();
    co_return std::move(*outcome->yielded);
  } catch (...) {
    failure = std::current_exception();
  }
  if (throws) co_await asio::this_coro::throw_if_cancelled(true);
  std::rethrow_exception(std::move(failure));
}

} // namespace linx::detail
