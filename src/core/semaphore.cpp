#include <linx/core/semaphore.hpp>

#include "core/cancelled.hpp"
#include "core/fairness.hpp"
#include "core/operation.hpp"
#include "core/state.hpp"
#include "core/waiter.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <new>

namespace linx {
namespace detail {

class semaphore_state final : public context_state {
public:
  semaphore_state(executor home, std::size_t permits) : context_state(std::move(home)), free_(permits) {}

  /// Any thread. The number is there before anybody is told, so a failed post loses nothing: the next one who
  /// comes finds it.
  void give_back() noexcept
  {
    returned_.fetch_add(1, std::memory_order_acq_rel);
    tell([this] { collect(); });
  }

  void close() noexcept
  {
    tell([this] {
      closed_ = true;
      waiters_.wake_all();
    });
  }

  std::size_t available() const noexcept
  {
    return free_.load(std::memory_order_relaxed) + returned_.load(std::memory_order_relaxed);
  }

  static task<semaphore::permit> take(std::shared_ptr<semaphore_state> self);

private:
  /// A place in the queue. A permit that was handed to a frame which is destroyed unresumed goes to the next.
  class place {
  public:
    explicit place(semaphore_state& of) noexcept : of_(of), waiting_(of.waiters_) {}
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place()
    {
      if (waiting_.reason() == wake_reason::woken && !taken_) of_.give_back();
    }

    auto park() noexcept { return waiting_.park(); }
    bool take() noexcept
    {
      taken_ = waiting_.reason() == wake_reason::woken;
      return taken_;
    }

  private:
    semaphore_state& of_;
    waiter waiting_;
    bool taken_ = false;
  };

  template <class Function>
  void tell(Function function) noexcept
  {
    at_home([self = shared_from_this(), function] {
      if (!self->is_shut_down()) function();
    });
  }

  /// What has come back goes to those who wait, one each, and then to the pool.
  void collect() noexcept
  {
    for (auto n = returned_.exchange(0, std::memory_order_acq_rel); n != 0; --n) {
      if (waiters_.empty())
        free_.fetch_add(1, std::memory_order_relaxed);
      else
        waiters_.wake_one();
    }
  }

  void shutdown() noexcept override
  {
    closed_ = true;
    waiters_.drop();
  }

  std::atomic<std::size_t> free_;         // changed on the home executor only
  std::atomic<std::size_t> returned_ = 0; // by any thread, and not looked at yet
  wait_list waiters_;
  bool closed_ = false;
};

task<semaphore::permit> semaphore_state::take(std::shared_ptr<semaphore_state> self)
{
  auto& s = *self;
  s.collect();
  if (s.closed_) co_return errc::closed;
  // Nobody waits while something is free: what comes back is handed to the first of those who wait.
  if (s.free_.load(std::memory_order_relaxed) != 0) {
    s.free_.fetch_sub(1, std::memory_order_relaxed);
    semaphore::permit mine(std::move(self));
    if (yield_due()) co_await asio::post(asio::deferred);
    co_return std::move(mine);
  }
  place mine(s);
  co_await mine.park();
  if (s.closed_) co_return errc::closed;
  if (!mine.take()) co_return errc::cancelled;
  semaphore::permit given(std::move(self));
  co_return std::move(given);
}

} // namespace detail

using detail::semaphore_state;

semaphore::permit::permit(std::shared_ptr<semaphore_state> state) noexcept : state_(std::move(state)) {}
semaphore::permit::permit(permit&&) noexcept = default;

semaphore::permit& semaphore::permit::operator=(permit&& other) noexcept
{
  if (this != &other) {
    release();
    state_ = std::move(other.state_);
  }
  return *this;
}

semaphore::permit::~permit()
{
  release();
}

void semaphore::permit::release() noexcept
{
  if (const auto state = std::move(state_)) state->give_back();
}

semaphore::semaphore(executor ex, std::size_t permits)
    : state_(detail::make_state<semaphore_state>(detail::own_strand(std::move(ex)), permits))
{}

semaphore::semaphore(semaphore&&) noexcept = default;

semaphore& semaphore::operator=(semaphore&& other) noexcept
{
  semaphore former(std::move(*this));
  state_ = std::move(other.state_);
  return *this;
}

semaphore::~semaphore()
{
  if (state_) state_->close();
}

task<semaphore::permit> semaphore::acquire() const
{
  return detail::operation<permit>(state_, semaphore_state::take(state_));
}

std::size_t semaphore::available() const noexcept
{
  return state_->available();
}

} // namespace linx
