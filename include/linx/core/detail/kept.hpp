/// Tasks of any type run by functions that are compiled once.
#pragma once

#include <linx/core/task.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace linx::detail {

/// What a task came to that is run as one without a value. Shared: it may run on a context that outlives its
/// caller.
template <class T>
class kept_outcome {
public:
  /// The task's own result, or its exception; `ended` says whether it came to one.
  result<T> take(result<> ended)
  {
    if (!ended) return std::move(ended).error();
    if (failure) std::rethrow_exception(std::move(failure));
    if (!yielded) return errc::cancelled; // before it began
    return std::move(*yielded);
  }

  std::optional<result<T>> yielded;
  std::exception_ptr failure;
};

template <class T>
task<> kept(task<T> body, std::shared_ptr<kept_outcome<T>> outcome)
{
  try {
    result<T> yielded = co_await std::move(body);
    outcome->yielded.emplace(std::move(yielded));
  } catch (...) {
    outcome->failure = std::current_exception();
  }
  co_return success();
}

} // namespace linx::detail
