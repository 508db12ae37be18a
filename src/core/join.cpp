#include "core/cancelled.hpp"

#include <linx/core/detail/join.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>

#include <new>

namespace linx::detail {

/// A count for the time of a launch or an emission.
class join::hold {
public:
  explicit hold(join& owner) noexcept : owner_(&owner) { ++owner.live_; }
  hold(const hold&) = delete;
  hold& operator=(const hold&) = delete;

  /// Gives the count back also while an exception passes: the emission threw, the children are still to be
  /// awaited.
  ~hold()
  {
    try {
      release();
    } catch (...) { // NOLINT(bugprone-empty-catch): nobody is left to tell
      // Out of memory twice: the post of the parent failed as well, and has destroyed it.
    }
  }

  void release()
  {
    auto* owner = std::exchange(owner_, nullptr);
    if (owner && --owner->live_ == 0) owner->parent_.post();
  }

private:
  join* owner_;
};

/// The completion handler of one child.
///
/// It has no executor of its own: `co_spawn` then emits into the child directly, where it would otherwise
/// dispatch, which allocates.
class join::child_handler {
public:
  using cancellation_slot_type = asio::cancellation_slot;

  child_handler(join& owner, child& which, asio::cancellation_slot slot) noexcept
      : reference_(owner), owner_(&owner), child_(&which), slot_(slot)
  {}
  child_handler(child_handler&& other) noexcept
      : reference_(std::move(other.reference_)),
        owner_(other.owner_),
        child_(std::exchange(other.child_, nullptr)),
        slot_(other.slot_)
  {}
  child_handler& operator=(child_handler&&) = delete;

  /// Uncalled: the context dies, or Asio had no memory for the child's own hop. In the latter case siblings
  /// may still complete, and the parent must learn of it.
  ~child_handler()
  {
    if (!child_ || child_->over_) return;
    child_->over_ = true;
    if (!owner_->exception_) owner_->exception_ = std::make_exception_ptr(std::bad_alloc());
  }

  cancellation_slot_type get_cancellation_slot() const noexcept { return slot_; }

  void operator()(std::exception_ptr failure)
  {
    child_ = nullptr;
    if (failure && !owner_->exception_) owner_->exception_ = std::move(failure);
    reference_.release();
  }

private:
  reference reference_;
  join* owner_;
  child* child_;
  asio::cancellation_slot slot_;
};

/// The handler in the parent's slot.
class join::relay {
public:
  explicit relay(join& owner) noexcept : owner_(owner) {}
  void operator()(asio::cancellation_type type) const
  {
    if (type == asio::cancellation_type::none) return;
    owner_.by_parent_ = true;
    owner_.stop(type);
  }

private:
  join& owner_;
};

class join::initiation {
public:
  initiation(join& owner, bool shield) noexcept : owner_(owner), shield_(shield) {}

  template <class Handler>
  void operator()(Handler handler)
  {
    auto slot = asio::get_associated_cancellation_slot(handler);
    owner_.parent_.emplace(std::move(handler));
    hold launching(owner_);
    try {
      if (!shield_ && slot.is_connected()) slot.template emplace<relay>(owner_);
      owner_.launch(shield_);
    } catch (...) {
      owner_.fail(std::current_exception());
    }
    launching.release();
  }

private:
  join& owner_;
  bool shield_;
};

bool child::start() noexcept
{
  started_ = true;
  return !owner_->stopped_;
}

void child::over(std::exception_ptr failure)
{
  over_ = true;
  auto& owner = *owner_;
  const bool decides =
      !owner.decisive_ && (owner.rule_ == join::siblings::stop_on_completion || has_failed());
  if (decides) owner.decisive_ = this;
  // Where the first completion wins, what a loser throws is dropped like its value.
  const bool counts = decides || owner.rule_ == join::siblings::stop_on_failure;
  if (failure && counts && !owner.exception_) owner.exception_ = std::move(failure);
  owner.on_over();
  // `all`: a foreign operation may support only one kind.
  if (decides) owner.stop();
}

void join::add(child& c) noexcept
{
  c.owner_ = this;
  (last_ ? last_->next_ : first_) = &c;
  last_ = &c;
}

child* join::failed() const noexcept
{
  if (decisive_) return decisive_->has_failed() ? decisive_ : nullptr;
  for (auto* c = first_; c; c = c->next_)
    if (c->has_failed()) return c;
  return nullptr;
}

bool join::is_running() const noexcept
{
  for (auto* c = first_; c; c = c->next_)
    if (c->started_ && !c->over_) return true;
  return false;
}

void join::stop(asio::cancellation_type type)
{
  stopped_ = true;
  std::exception_ptr failure;
  {
    const hold emitting(*this);
    for (auto* c = first_; c; c = c->next_) {
      if (!c->started_ || c->over_) continue;
      try {
        c->signal_.emit(type);
      } catch (...) {
        if (!failure) failure = std::current_exception();
      }
    }
  }
  if (failure) std::rethrow_exception(failure);
}

asio::awaitable<void> join::wait(bool shield)
{
  executor_ = co_await asio::this_coro::executor;
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  if (throws) co_await asio::this_coro::throw_if_cancelled(false);
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  if (!shield && is_cancelled(state)) {
    by_parent_ = true;
  } else if (first_) {
    initiation start(*this, shield);
    co_await asio::async_initiate<const asio::deferred_t, void()>(start, asio::deferred);
  }
  if (throws) co_await asio::this_coro::throw_if_cancelled(true);
}

void join::launch(bool shield)
{
  for (auto* c = first_; c && !stopped_; c = c->next_) {
    const auto slot = shield ? asio::cancellation_slot() : c->signal_.slot();
    try {
      child_handler handler(*this, *c, slot);
      asio::co_spawn(executor_, c->run(), std::move(handler));
    } catch (...) {
      fail(std::current_exception());
    }
  }
  if (!stopped_) on_launched();
}

void join::fail(std::exception_ptr failure)
{
  if (!exception_) exception_ = std::move(failure);
  stop();
}

void join::completed()
{
  if (--live_ == 0) parent_.call();
}

void join::dropped() noexcept
{
  if (--live_ == 0) parent_.drop();
}

} // namespace linx::detail
