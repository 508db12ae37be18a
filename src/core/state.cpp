#include "core/state.hpp"

#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/strand.hpp>

#include <thread>
#include <utility>

namespace linx::detail {

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

std::shared_ptr<state_registry> state_registry::of(const executor& ex)
{
  auto& context = asio::query(ex, asio::execution::context);
  if (!asio::has_service<state_service>(context)) {
    // The service of strands before linx's: it then shuts down after it, and what is posted to a strand is
    // not destroyed under states that still stand.
    const auto strand = asio::make_strand(ex);
  }
  return asio::use_service<state_service>(context).registry();
}

bool state_registry::add(context_state& state)
{
  const std::scoped_lock lock(mutex_);
  if (closed_) return false;
  state.next_ = first_;
  if (first_) first_->previous_ = &state;
  first_ = &state;
  return true;
}

void state_registry::remove(context_state& state) noexcept
{
  const std::scoped_lock lock(mutex_);
  unlink(state);
}

void state_registry::close() noexcept
{
  executor strand;
  {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    std::swap(strand, strand_); // it must not be left for a destructor after the context
  }
  // A state may make another one vanish while it shuts down, so the list is read anew each time.
  while (const auto state = take_first()) empty(*state);
}

void state_registry::empty(context_state& state) noexcept
{
  state.shut_down_.store(true, std::memory_order_release);
  state.shutdown();
  // Last: parked handlers may still ask for it. A strand must not be left for a destructor after the context.
  executor home;
  const std::scoped_lock lock(state.home_mutex_);
  std::swap(home, state.home_);
}

executor state_registry::strand_for(const executor& bare)
{
  const std::scoped_lock lock(mutex_);
  if (closed_) return executor();
  if (strand_) return strand_;
  return strand_ = strand_over(bare);
}

bool state_registry::borrow_strand() noexcept
{
  const std::scoped_lock lock(mutex_);
  return !std::exchange(is_borrowed_, true);
}

void state_registry::give_back_strand() noexcept
{
  const std::scoped_lock lock(mutex_);
  is_borrowed_ = false;
}

std::shared_ptr<context_state> state_registry::take_first() noexcept
{
  for (;; std::this_thread::yield()) {
    const std::scoped_lock lock(mutex_);
    if (!first_) return nullptr;
    auto& state = *first_;
    // None: it is being destroyed in another thread, and its members still need the context.
    if (auto alive = state.weak_from_this().lock()) {
      unlink(state);
      return alive;
    }
  }
}

void state_registry::unlink(context_state& state) noexcept
{
  if (state.previous_)
    state.previous_->next_ = state.next_;
  else if (first_ == &state)
    first_ = state.next_;
  if (state.next_) state.next_->previous_ = state.previous_;
  state.previous_ = state.next_ = nullptr;
}

context_state::~context_state()
{
  if (registry_) registry_->remove(*this);
}

executor context_state::get_executor() const noexcept
{
  const std::scoped_lock lock(home_mutex_);
  return home_;
}

bool context_state::is_home(const executor& ex) const noexcept
{
  const std::scoped_lock lock(home_mutex_);
  return home_ == ex;
}

bool context_state::is_of_home_context(const executor& ex) const noexcept
{
  const std::scoped_lock lock(home_mutex_);
  return home_ && &asio::query(home_, asio::execution::context) == &asio::query(ex, asio::execution::context);
}

void context_state::link()
{
  if (!home_) { // of a context that has gone
    shut_down_ = true;
    return;
  }
  registry_ = state_registry::of(home_);
  if (!registry_->add(*this)) state_registry::empty(*this);
}

} // namespace linx::detail
