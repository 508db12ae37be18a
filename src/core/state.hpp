/// Shared state of a handle, which may outlive the io_context that its Asio members belong to.
#pragma once

#include <linx/core/task.hpp>

#include <concepts>
#include <memory>
#include <utility>

namespace linx::detail {

class state_registry;

/// Base of everything that holds Asio members on behalf of a handle.
///
/// The destructor of a timer, a descriptor, a strand or a work-tracking executor uses services of the
/// io_context: after that context is gone it is a use after free which only AddressSanitizer sees. So each
/// state is linked into an `execution_context::service` of linx, and `shutdown()` empties it while the
/// context still stands.
///
/// The frames of suspended coroutines are destroyed *after* the services were shut down. Every destructor and
/// every `cancel()` must therefore bear a state that has been shut down.
///
/// Concurrency: all members on the home executor, except the destructor.
/// Exported although private: linx-netfilter, a library of its own, has states too.
class LINX_API context_state : public std::enable_shared_from_this<context_state> {
public:
  context_state(const context_state&) = delete;
  context_state& operator=(const context_state&) = delete;
  virtual ~context_state();

  /// The home executor; empty once the context has shut down.
  executor get_executor() const noexcept { return home_; }

  bool is_shut_down() const noexcept { return shut_down_; }

protected:
  explicit context_state(executor home) : home_(std::move(home)) {}

  /// Called once when the io_context dies: reset timers and descriptors, drop parked handlers.
  virtual void shutdown() noexcept = 0;

private:
  friend class state_registry;
  template <class S, class... Args>
  friend std::shared_ptr<S> make_state(Args&&... args);

  void link();

  executor home_;
  std::shared_ptr<state_registry> registry_;
  context_state* previous_ = nullptr;
  context_state* next_ = nullptr;
  bool shut_down_ = false;
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
