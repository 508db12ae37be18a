#include <linx/core/detail/hop.hpp>

#include "core/state.hpp"

#include <linx/core/detail/parked.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/this_coro.hpp>

#include <mutex>
#include <new>
#include <utility>

namespace linx::detail {

namespace {

/// What the two sides share, each of which may vanish with its context, at any moment and in another thread.
/// A state of the caller's context.
class crossing final : public context_state {
public:
  explicit crossing(executor here) : context_state(std::move(here), as_given()) {}

  // The near side, on the caller's executor.

  template <class Handler>
  void park(Handler handler)
  {
    const std::scoped_lock lock(mutex_);
    caller_.emplace(std::move(handler));
  }

  /// Starts the body on an executor of a context that stands. Any thread of that.
  void depart(executor there, task<> body);

  /// The same on a state's home, if its context still stands.
  void depart_home(const std::shared_ptr<context_state>& owner, task<> body);

  void cancel(asio::cancellation_type type)
  {
    if (type == asio::cancellation_type::none) return;
    const std::scoped_lock lock(mutex_);
    cancelled_ = true;
    if (!there_) return;
    // Posted under the lock: until the far side has taken it, its executor stands.
    asio::post(there_, [self = self(), type] {
      if (self->started_ && !self->finished_) self->signal_.emit(type);
    });
  }

  // How it ended; after the caller has been resumed.
  bool has_arrived() const noexcept { return arrived_; }
  bool lacked_memory() const noexcept { return lacked_memory_; }

  // The far side.

  asio::cancellation_slot slot() noexcept { return signal_.slot(); }

  /// False if the caller was cancelled before the body began.
  bool start()
  {
    started_ = true;
    const std::scoped_lock lock(mutex_);
    return !cancelled_;
  }

  void finish() noexcept { finished_ = true; }

  /// The body has ended, or has vanished with its context. Resumes the caller, unless that has vanished.
  void land(bool arrived) noexcept
  {
    executor there;
    signal_.slot().clear(); // there co_spawn may keep an executor of its own
    const std::scoped_lock lock(mutex_);
    if (std::exchange(landed_, true)) return;
    std::swap(there, there_);
    arrived_ = arrived;
    lacked_memory_ = !arrived && departing_;
    try {
      // Under the lock as well: the caller's context cannot go before `shutdown` has had it.
      caller_.post();
    } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch)
      // Asio has destroyed the handler, which ends the caller as the end of its context would.
    }
  }

private:
  void shutdown() noexcept override
  {
    try {
      cancel(asio::cancellation_type::terminal);
    } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch): the body runs to its own end then
    }
    std::unique_lock lock(mutex_);
    const parked_handler handler(std::move(caller_));
    lock.unlock(); // destroying the handler destroys the caller's frames
  }

  std::shared_ptr<crossing> self() { return std::static_pointer_cast<crossing>(shared_from_this()); }

  std::mutex mutex_;
  parked_handler caller_;
  executor there_; // empty once the body has ended or vanished
  bool cancelled_ = false;
  bool departing_ = false; // a body that vanishes now does so for want of memory
  bool landed_ = false;
  bool arrived_ = false;
  bool lacked_memory_ = false;

  // On the far executor alone.
  asio::cancellation_signal signal_;
  bool started_ = false;
  bool finished_ = false;
};

using crossing_ptr = std::shared_ptr<crossing>;

/// `throw_if_cancelled` stays off for ever, as in a root.
asio::awaitable<void> far_body(task<> body, crossing_ptr shared)
{
  class scope {
  public:
    explicit scope(crossing& shared) noexcept : shared_(shared) {}
    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;
    ~scope() { shared_.finish(); }

  private:
    crossing& shared_;
  };
  const scope running(*shared);
  co_await asio::this_coro::throw_if_cancelled(false);
  const asio::enable_total_cancellation all;
  co_await asio::this_coro::reset_cancellation_state(all, all);
  if (shared->start()) static_cast<void>(co_await std::move(body));
}

/// The handler of the body, without an executor of its own.
class far_end {
public:
  using cancellation_slot_type = asio::cancellation_slot;

  explicit far_end(crossing_ptr shared) noexcept : shared_(std::move(shared)) {}
  far_end(far_end&&) noexcept = default;
  far_end& operator=(far_end&&) = delete;
  ~far_end()
  {
    if (shared_) shared_->land(false);
  }

  cancellation_slot_type get_cancellation_slot() const noexcept { return shared_->slot(); }

  /// Another one has taken over.
  void forget() noexcept { shared_ = nullptr; }

  void operator()(const std::exception_ptr&) // the body keeps its own
  {
    std::exchange(shared_, nullptr)->land(true);
  }

private:
  crossing_ptr shared_;
};

void crossing::depart(executor there, task<> body)
{
  // A caller that is not serial may be resumed, and let go of this, before this function has come to its end.
  const auto kept = self();
  far_end end(kept); // first: whatever fails from here on, the caller hears of it
  {
    const std::scoped_lock lock(mutex_);
    there_ = there;
    departing_ = true;
  }
  auto far = far_body(std::move(body), self());
  asio::co_spawn(there, std::move(far), std::move(end));
  const std::scoped_lock lock(mutex_);
  departing_ = false;
}

void crossing::depart_home(const std::shared_ptr<context_state>& owner, task<> body)
{
  // This side's context stands, since it runs this.
  if (owner->is_of_home_context(get_executor())) return depart(owner->get_executor(), std::move(body));

  class departure {
  public:
    departure(std::shared_ptr<crossing> shared, std::shared_ptr<context_state> owner, task<> body) noexcept
        : shared_(std::move(shared)), owner_(std::move(owner)), body_(std::move(body)), end_(shared_)
    {}
    void operator()()
    try {
      shared_->depart(owner_->get_executor(), std::move(body_));
      end_.forget();
    } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch): an end, destroyed, has told
    }

  private:
    std::shared_ptr<crossing> shared_;
    std::shared_ptr<context_state> owner_;
    task<> body_;
    far_end end_; // if this never arrives
  };
  departure leaving(self(), owner, std::move(body));
  const auto kept = owner;
  kept->at_home(std::move(leaving));
}

class relay {
public:
  explicit relay(crossing_ptr shared) noexcept : shared_(std::move(shared)) {}
  void operator()(asio::cancellation_type type) const { shared_->cancel(type); }

private:
  crossing_ptr shared_;
};

template <class Depart>
class initiation {
public:
  initiation(crossing_ptr shared, bool shield, Depart depart) noexcept
      : shared_(std::move(shared)), depart_(std::move(depart)), shield_(shield)
  {}

  template <class Handler>
  void operator()(Handler handler)
  {
    auto slot = asio::get_associated_cancellation_slot(handler);
    if (!shield_ && slot.is_connected()) slot.template emplace<relay>(shared_);
    shared_->park(std::move(handler));
    try {
      depart_(*shared_);
    } catch (...) { // NOLINT(bugprone-empty-catch)
      // The far end was destroyed uncalled and has resumed the caller.
    }
  }

private:
  crossing_ptr shared_;
  Depart depart_;
  bool shield_;
};

/// `depart` starts the body.
template <class Depart>
task<> cross(bool shield, Depart depart)
{
  const executor here = co_await asio::this_coro::executor;
  const auto shared = make_state<crossing>(here);
  initiation<Depart> start(shared, shield, std::move(depart));
  co_await asio::async_initiate<const asio::deferred_t, void()>(start, asio::deferred);
  if (shared->lacked_memory()) throw std::bad_alloc();
  if (!shared->has_arrived()) co_return errc::closed;
  co_return success();
}

} // namespace

task<> hop_home(std::shared_ptr<context_state> owner, task<> body)
{
  auto depart = [&](crossing& shared) { shared.depart_home(owner, std::move(body)); };
  auto crossed = cross(false, depart);
  co_return co_await std::move(crossed);
}

task<> hop(executor there, task<> body, bool shield)
{
  auto depart = [&](crossing& shared) { shared.depart(std::move(there), std::move(body)); };
  auto crossed = cross(shield, depart);
  co_return co_await std::move(crossed);
}

} // namespace linx::detail
