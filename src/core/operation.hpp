/// The frame around every public task of a handle.
#pragma once

#include "core/cancelled.hpp"
#include "core/state.hpp"

#include <linx/core/spawn.hpp>

#include <boost/asio/deferred.hpp>

#include <exception>
#include <memory>
#include <utility>

namespace linx::detail {

/// Runs a body on another executor and brings its exception back.
template <class T>
task<T> carried(task<T> body, std::shared_ptr<std::exception_ptr> failure)
{
  try {
    co_return co_await std::move(body);
  } catch (...) {
    *failure = std::current_exception();
  }
  co_return errc::exception;
}

template <class T>
task<T> hop(executor home, task<T> body)
{
  // Shared: the context that the body runs on may outlive this frame.
  auto failure = std::make_shared<std::exception_ptr>();
  auto remote = linx::spawn(std::move(home), carried<T>(std::move(body), failure), asio::deferred);
  result<T> yielded = co_await std::move(remote);
  if (*failure) std::rethrow_exception(*failure);
  co_return std::move(yielded);
}

/// Every public task is `operation(state, body)`, two frames in all: with Asio's default frame cache of two
/// blocks a loop over it allocates nothing, as long as the body awaits no further task on its hot path.
///
/// It does what each operation owes its caller:
/// - keeps `self` alive until the body's frame is gone;
/// - started after a cancel it completes with `errc::cancelled` and destroys the body unstarted;
/// - `throw_if_cancelled`, on under a plain `co_spawn` root, is off inside the body and restored on every way
/// out.
///   No destructor could do that, it takes a `co_await`;
/// - runs the body on the executor of the state, and resumes the caller on the caller's. Bodies never see
/// another
///   executor than their own, and cancellation is passed on.
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
    auto elsewhere = hop<T>(home, std::move(body));
    result<T> yielded = co_await std::move(elsewhere);
    if (throws) co_await asio::this_coro::throw_if_cancelled(true);
    co_return std::move(yielded);
  } catch (...) {
    failure = std::current_exception();
  }
  if (throws) co_await asio::this_coro::throw_if_cancelled(true);
  std::rethrow_exception(std::move(failure));
}

} // namespace linx::detail
