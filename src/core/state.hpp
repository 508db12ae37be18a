/// Shared state of a handle, which may outlive the io_context that its Asio members belong to.
#pragma once

#include "core/home.hpp"
#include "core/state_registry.hpp"

#include <linx/core/task.hpp>

#include <boost/asio/post.hpp>

#include <atomic>
#include <concepts>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

namespace linx::detail {

/// Base of everything that holds Asio members on behalf of a handle.
///
/// The destructor of a timer, a descriptor, a strand or a work-tracking executor uses services of the
/// io_context: after that context is gone it is a use after free which only AddressSanitizer sees. So each
/// state is linked into an `execution_context::service` of linx, and `shutdown()` empties it while the
/// context still stands.
///
/// Services shut down in the reverse order of their making, and the frames of suspended coroutines go with
/// the service that holds their handlers: before linx's, or after it. Every destructor and every `cancel()`
/// must therefore bear a state that has been shut down, and a state must bear that frames vanish before its
/// own `shutdown()`.
///
/// Executor: all members on the home executor, except `is_shut_down`, `is_home`, `is_of_home_context`,
/// `at_home` and the destructor. Exported although private: linx-netfilter, a library of its own, has states
/// too.
class LINX_API context_state : public std::enable_shared_from_this<context_state> {
public:
  context_state(const context_state&) = delete;
  context_state& operator=(const context_state&) = delete;
  virtual ~context_state();

  /// The home executor; empty once the context has shut down. The copy must not outlive the context, so this
  /// is for the home executor itself and for threads that know the context to stand.
  executor get_executor() const noexcept;

  /// Calls a function with the home executor, empty if its context has gone, which meanwhile cannot go. For
  /// what is made beside this state on any thread. It must not ask this state for its executor.
  template <class Function>
  auto with_home(Function function) const
  {
    const std::scoped_lock lock(home_mutex_);
    return function(home_);
  }

  /// Whether this is the home executor, or at least one of its context. Any thread.
  bool is_home(const executor&) const noexcept;
  bool is_of_home_context(const executor&) const noexcept;

  bool is_shut_down() const noexcept { return shut_down_.load(std::memory_order_acquire); }

  /// Posts a function to the home executor; false, uncalled, once the context is gone. It keeps alive what it
  /// touches. Any thread. Throws `std::bad_alloc`.
  template <class Function>
  bool post_home(Function function)
  {
    // The context cannot go before it has had this lock, so the post meets one that stands.
    const std::scoped_lock lock(home_mutex_);
    if (!home_) return false;
    asio::post(home_, std::move(function));
    return true;
  }

  /// The same, here and now if this thread runs in the home executor. For what must not fail: where there is
  /// no memory for a post, the end of the context does it.
  template <class Function>
  void at_home(Function function)
  {
    bool is_here = false;
    {
      const std::scoped_lock lock(home_mutex_);
      is_here = home_ && runs_in(home_);
    }
    if (is_here) return function();
    try {
      post_home(std::move(function));
    } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch)
    }
  }

protected:
  /// The home is the executor given if that is serial, else its context's strand: see `serial`.
  explicit context_state(executor given) : home_(serial(std::move(given))) {}

  /// The home is the executor given, whatever it is: for I/O objects, of which Asio says that one of them
  /// needs a strand where several threads run the context.
  class as_given {};
  context_state(executor home, as_given) : home_(std::move(home)) {}

  /// Called once when the io_context dies: reset timers and descriptors, drop parked handlers.
  virtual void shutdown() noexcept = 0;

private:
  friend class state_registry;
  template <class S, class... Args>
  friend std::shared_ptr<S> make_state(Args&&... args);

  void link();

  mutable std::mutex home_mutex_;
  executor home_; // under the mutex: the end of the context takes it away
  std::shared_ptr<state_registry> registry_;
  context_state* previous_ = nullptr;
  context_state* next_ = nullptr;
  std::atomic<bool> shut_down_ = false;
};

/// Makes a state and links it to the context of its executor.
template <class S, class... Args>
std::shared_ptr<S> make_state(Args&&... args)
{
  static_assert(std::derived_from<S, context_state>);
  auto state = std::make_shared<S>(std::forward<Args>(args)...);
  static_cast<context_state&>(*state).link();
  return state;
}

} // namespace linx::detail
