/// A completion handler at rest, of a type that its keeper does not know.
#pragma once

#include <linx/core/config.hpp>

#include <boost/asio/post.hpp>

#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace linx::detail {

/// Holds one move-only `void()` handler in place, so that parking a coroutine allocates nothing.
///
/// The keeper usually lives in the frame that the handler owns. So each verb moves the handler out first and
/// never touches `*this` afterwards.
class parked_handler {
public:
  parked_handler() noexcept = default;
  parked_handler(parked_handler&& other) noexcept : actions_(std::exchange(other.actions_, nullptr))
  {
    if (actions_) actions_->move(other.space_, space_);
  }
  parked_handler& operator=(parked_handler&&) = delete;
  ~parked_handler() { drop(); }

  template <class Handler>
  void emplace(Handler handler)
  {
    static_assert(sizeof(Handler) <= sizeof(space_) && alignof(Handler) <= alignof(std::max_align_t));
    drop();
    ::new (static_cast<void*>(space_)) Handler(std::move(handler));
    actions_ = &actions_of<Handler>;
  }

  explicit operator bool() const noexcept { return actions_ != nullptr; }

  /// Runs the handler here.
  void call()
  {
    if (auto* actions = std::exchange(actions_, nullptr)) actions->call(space_);
  }

  /// Hands the handler to its executor. If that fails for want of memory the handler is destroyed uncalled.
  void post()
  {
    if (auto* actions = std::exchange(actions_, nullptr)) actions->post(space_);
  }

  /// Destroys the handler uncalled, and with it the coroutine that waits.
  void drop() noexcept
  {
    if (auto* actions = std::exchange(actions_, nullptr)) actions->drop(space_);
  }

private:
  struct actions {
    void (*move)(void* from, void* to) noexcept;
    void (*call)(void*);
    void (*post)(void*);
    void (*drop)(void*) noexcept;
  };

  template <class Handler>
  static Handler take(void* space) noexcept
  {
    auto* held = static_cast<Handler*>(space);
    Handler handler(std::move(*held));
    std::destroy_at(held);
    return handler;
  }

  template <class Handler>
  static constexpr actions actions_of = {
      [](void* from, void* to) noexcept { ::new (to) Handler(take<Handler>(from)); },
      [](void* space) {
        auto handler = take<Handler>(space);
        std::move(handler)();
      },
      [](void* space) { asio::post(take<Handler>(space)); },
      [](void* space) noexcept { static_cast<void>(take<Handler>(space)); },
  };

  const actions* actions_ = nullptr;
  alignas(std::max_align_t) std::byte space_[48];
};

} // namespace linx::detail
