#include <linx/core/detail/join.hpp>

#include "core/cancelled.hpp"
#include "core/echo.hpp"

#include <linx/core/detail/home.hpp>
#include <linx/core/detail/root.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/assert.hpp>

#include <functional>
#include <new>
#include <thread>

namespace linx::detail {

/// Notices a second thread. Children that ran in parallel would lose counts, and with them the parent.
class join::entry {
public:
  explicit entry(join& owner) noexcept : owner_(owner)
  {
    const auto me = std::hash<std::thread::id>()(std::this_thread::get_id()) | 1;
    former_ = owner.inside_.exchange(me, std::memory_order_relaxed);
    BOOST_ASSERT_MSG(former_ == 0 || former_ == me,
                     "a combinator was started on an executor that is not serial");
  }
  entry(const entry&) = delete;
  entry& operator=(const entry&) = delete;
  ~entry() { owner_.inside_.store(former_, std::memory_order_relaxed); }

private:
  join& owner_;
  std::size_t former_;
};

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

/// What the echo of a cancel emits to: the children that still run. A completion that is still to come.
class join::again {
public:
  again(join& owner, asio::cancellation_type type) noexcept : owner_(&owner), pending_(owner), type_(type) {}

  bool operator()()
  {
    if (owner_->is_running()) owner_->emit(type_);
    if (owner_->is_running()) return true;
    pending_.release();
    return false;
  }

private:
  join* owner_;
  reference pending_;
  asio::cancellation_type type_;
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

join::join(siblings rule) noexcept : rule_(rule) {}
join::~join() = default;

void pause_timer_deleter::operator()(pause_timer* timer) const noexcept
{
  delete timer;
}

bool child::start() noexcept
{
  started_ = true;
  return !owner_->stopped_;
}

void child::over(std::exception_ptr failure)
{
  auto& owner = *owner_;
  const join::entry inside(owner);
  over_ = true;
  // What a cancelled operation of Asio's throws is no more than that the child has been cancelled.
  if (failure && owner.stopped_ && describe(failure) == errc::cancelled) failure = nullptr;
  const bool decides =
      !owner.decisive_ && (owner.rule_ == join::siblings::stop_on_completion || has_failed());
  if (decides) owner.decisive_ = this;
  // Where the first completion wins, what a loser throws is dropped like its value.
  const bool counts = decides || owner.rule_ == join::siblings::stop_on_failure;
  if (failure && counts && !owner.exception_) owner.exception_ = std::move(failure);
  owner.on_over();
  if (owner.echoing_ && !owner.is_running()) pause_timer::cancel(owner.pause_); // a walk over the children
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

std::exception_ptr join::emit(asio::cancellation_type type) noexcept
{
  std::exception_ptr failure;
  const hold emitting(*this);
  for (auto* c = first_; c; c = c->next_) {
    if (!c->started_ || c->over_) continue;
    try {
      c->signal_.emit(type);
    } catch (...) {
      if (!failure) failure = std::current_exception();
    }
  }
  return failure;
}

void join::stop(asio::cancellation_type type)
{
  const entry inside(*this);
  const hold emitting(*this);
  stopped_ = true;
  const auto failure = emit(type);
  if (is_running() && !std::exchange(echoing_, true)) echo(executor_, pause_, again(*this, type)).next();
  if (failure) std::rethrow_exception(failure);
}

asio::awaitable<void> join::wait(bool shield)
{
  executor_ = co_await asio::this_coro::executor;
  BOOST_ASSERT(is_serial(executor_));
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
  const entry inside(*this);
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
