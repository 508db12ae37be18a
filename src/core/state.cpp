#include "core/state.hpp"

#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/query.hpp>

#include <mutex>

namespace linx::detail {

/// The states of one context. Shared with them, so that a state may be destroyed when the context is long
/// gone.
class state_registry {
public:
  /// False if the context is already going down.
  bool add(context_state& state)
  {
    const std::scoped_lock lock(mutex_);
    if (closed_) return false;
    state.next_ = first_;
    if (first_) first_->previous_ = &state;
    first_ = &state;
    return true;
  }

  void remove(context_state& state) noexcept
  {
    const std::scoped_lock lock(mutex_);
    unlink(state);
  }

  void close() noexcept
  {
    {
      const std::scoped_lock lock(mutex_);
      closed_ = true;
    }
    // A state may make another one vanish while it shuts down, so the list is read anew each time.
    while (const auto state = take_first()) empty(*state);
  }

  /// What the end of the context does to one state.
  static void empty(context_state& state) noexcept
  {
    state.shut_down_ = true;
    state.shutdown();
    // Last: parked handlers may still ask for it. A strand must not be left for a destructor after the
    // context.
    state.home_ = executor();
  }

private:
  std::shared_ptr<context_state> take_first() noexcept
  {
    const std::scoped_lock lock(mutex_);
    while (first_) {
      auto& state = *first_;
      unlink(state);
      // None: its last owner is in the destructor, which does the rest.
      if (auto alive = state.weak_from_this().lock()) return alive;
    }
    return nullptr;
  }

  void unlink(context_state& state) noexcept
  {
    if (state.previous_)
      state.previous_->next_ = state.next_;
    else if (first_ == &state)
      first_ = state.next_;
    if (state.next_) state.next_->previous_ = state.previous_;
    state.previous_ = state.next_ = nullptr;
  }

  std::mutex mutex_;
  context_state* first_ = nullptr;
  bool closed_ = false;
};

namespace {

class state_service : public asio::execution_context::service {
public:
  static asio::execution_context::id id;

  explicit state_service(asio::execution_context& context)
      : service(context), registry_(std::make_shared<state_registry>())
  {}

  const std::shared_ptr<state_registry>& registry() const noexcept { return registry_; }

private:
  void shutdown() override { registry_->close(); }

  std::shared_ptr<state_registry> registry_;
};

asio::execution_context::id state_service::id;

} // namespace

context_state::~context_state()
{
  if (registry_) registry_->remove(*this);
}

void context_state::link()
{
  auto& context = asio::query(home_, asio::execution::context);
  registry_ = asio::use_service<state_service>(context).registry();
  if (!registry_->add(*this)) state_registry::empty(*this);
}

} // namespace linx::detail
