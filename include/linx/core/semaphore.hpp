/// At most so many at a time.
#pragma once

#include <linx/core/task.hpp>

#include <boost/asio/execution_context.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <utility>

namespace linx {

namespace detail {
class semaphore_state;
}

/// A number of permits, for which tasks wait in turn.
///
///     const semaphore few(executor, 8);
///     ...
///     LINX_TRY(const auto permit, co_await few.acquire());  // one of 8
///     LINX_TRY(auto done, co_await linx::run(std::move(options)));
///
/// Lifetime: dropping the semaphore ends those who wait with `errc::closed`. Permits may outlive it, and the
/// context.
/// Executor: it has a strand of its own, over the executor given, unless that is a strand itself. All const
/// members from any thread and any executor, at the same time as well; a task that is elsewhere hops there
/// and back.
class LINX_API semaphore {
public:
  /// Permission for one. Given back when it goes, on any thread.
  class LINX_API permit {
  public:
    permit(permit&&) noexcept;
    permit& operator=(permit&&) noexcept;
    ~permit();

    /// Gives it back now. Any number of times.
    void release() noexcept;

    /// False once it was released or moved from.
    explicit operator bool() const noexcept { return state_ != nullptr; }

  private:
    friend class detail::semaphore_state;
    explicit permit(std::shared_ptr<detail::semaphore_state> state) noexcept;

    std::shared_ptr<detail::semaphore_state> state_;
  };

  semaphore(executor ex, std::size_t permits);
  template <std::derived_from<asio::execution_context> Context>
  semaphore(Context& context, std::size_t permits) : semaphore(executor(context.get_executor()), permits)
  {}

  semaphore(semaphore&&) noexcept;
  semaphore& operator=(semaphore&&) noexcept;
  ~semaphore();

  /// Takes a permit, and waits until there is one. Who came first gets it first; nobody overtakes.
  ///
  /// Cancellation: none was taken. One that was already given is not lost: it is the result.
  /// Errors: `errc::closed` when the semaphore, or its context, goes.
  task<permit> acquire() const;

  /// Permits that nobody has, at this moment: for a report, not for a decision.
  std::size_t available() const noexcept;

private:
  std::shared_ptr<detail::semaphore_state> state_;
};

} // namespace linx
