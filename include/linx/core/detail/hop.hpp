/// Running a task on another executor than its caller's.
#pragma once

#include <linx/core/detail/home.hpp>
#include <linx/core/detail/kept.hpp>
#include <linx/core/task.hpp>

#include <memory>
#include <utility>

namespace linx::detail {

class context_state;

/// Runs `body` on the home executor of `owner` and resumes the caller on the caller's, with success, or with
/// the error for which the body has not ended: `errc::closed` if the context of `owner` has gone, which it
/// may at any moment and in another thread. A cancel of the caller is passed on, and the caller still awaits
/// the body.
///
/// Of one type for every body, since a root costs the compiler, and the library, more than all the rest of an
/// operation.
LINX_API task<> hop_home(std::shared_ptr<context_state> owner, task<> body);

/// The same on an executor of the caller's context. With `shield` a cancel is not passed on.
LINX_API task<> hop(executor there, task<> body, bool shield);

template <class T>
task<T> hopped_home(std::shared_ptr<context_state> owner, task<T> body)
{
  const auto outcome = std::make_shared<kept_outcome<T>>();
  auto elsewhere = hop_home(std::move(owner), kept<T>(std::move(body), outcome));
  auto ended = co_await std::move(elsewhere);
  co_return outcome->take(std::move(ended));
}

/// The rest of a combinator whose caller runs on an executor that is not known to be serial.
template <class T>
task<T> serially(executor here, task<T> body, bool shield = false)
{
  const auto outcome = std::make_shared<kept_outcome<T>>();
  auto elsewhere = hop(serial(std::move(here)), kept<T>(std::move(body), outcome), shield);
  auto ended = co_await std::move(elsewhere);
  co_return outcome->take(std::move(ended));
}

} // namespace linx::detail
