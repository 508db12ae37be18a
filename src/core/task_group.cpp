#include <linx/core/task_group.hpp>

#include "core/cancelled.hpp"
#include "core/operation.hpp"
#include "core/state.hpp"
#include "core/waiter.hpp"

#include <linx/core/spawn.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <atomic>
#include <list>
#include <new>
#include <optional>

namespace linx {
namespace detail {

class group_state final : public context_state {
public:
  group_state(executor home, task_group::on_failure rule) : context_state(std::move(home)), rule_(rule) {}

  // Any thread.

  void start(task<> op);
  void cancel();
  void drop() noexcept;
  std::size_t size() const noexcept { return size_.load(std::memory_order_acquire); }

  static task<> wait(std::shared_ptr<group_state> self);

private:
  struct member {
    asio::cancellation_signal stop;
    bool over = false;
  };
  using place = std::list<member>::iterator;

  class entrance;
  class end;

  std::shared_ptr<group_state> self() { return std::static_pointer_cast<group_state>(shared_from_this()); }
  void admit(task<> op);
  void ended(place which, result<> how) noexcept;
  void vanished(place which) noexcept;
  void leave(place which) noexcept;
  void failed(error why) noexcept;
  void stop_all() noexcept;
  void one_less() noexcept;
  void shutdown() noexcept override { waiters_.drop(); }

  const task_group::on_failure rule_;
  std::atomic<std::size_t> size_ = 0;

  // On the home executor.
  std::list<member> members_;
  std::optional<error> failure_;
  wait_list waiters_;
  bool emitting_ = false;
  bool stopped_ = false;
  bool dropped_ = false;
};

/// The handler of a task's root. Destroyed uncalled, it says so: the context goes, or there was no memory for
/// a hop of Asio's.
class group_state::end {
public:
  end(std::shared_ptr<group_state> group, place which) noexcept : group_(std::move(group)), which_(which) {}
  end(end&&) noexcept = default;
  end& operator=(end&&) = delete;
  ~end()
  {
    if (group_) group_->vanished(which_);
  }

  void operator()(result<> how) { std::exchange(group_, nullptr)->ended(which_, std::move(how)); }

private:
  std::shared_ptr<group_state> group_;
  place which_;
};

/// A task on its way to the home executor.
class group_state::entrance {
public:
  entrance(std::shared_ptr<group_state> group, task<> op) noexcept
      : group_(std::move(group)), op_(std::move(op))
  {}
  void operator()() { group_->admit(std::move(op_)); }

private:
  std::shared_ptr<group_state> group_;
  task<> op_;
};

void group_state::start(task<> op)
{
  // Counted here: a wait() that follows on this thread waits for it.
  size_.fetch_add(1, std::memory_order_acq_rel);
  bool started = false;
  try {
    started = post_home(entrance(self(), std::move(op)));
  } catch (...) {
    size_.fetch_sub(1, std::memory_order_acq_rel);
    throw;
  }
  if (!started) size_.fetch_sub(1, std::memory_order_acq_rel);
}

void group_state::admit(task<> op)
{
  if (is_shut_down()) return;
  if (stopped_) {
    failed(errc::cancelled);
    one_less();
    return;
  }
  place which;
  try {
    which = members_.emplace(members_.end());
  } catch (...) {
    failed(errc::exception);
    one_less();
    return;
  }
  try {
    end over(self(), which);
    const auto slot = which->stop.slot();
    linx::spawn(get_executor(), std::move(op), asio::bind_cancellation_slot(slot, std::move(over)));
  } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch): its handler, destroyed, has told
  }
}

void group_state::ended(place which, result<> how) noexcept
{
  leave(which);
  if (!how) failed(std::move(how).error());
  one_less();
}

void group_state::vanished(place which) noexcept
{
  leave(which);
  if (!failure_) failure_.emplace(errc::exception);
  one_less();
}

void group_state::leave(place which) noexcept
{
  if (emitting_)
    which->over = true;
  else
    members_.erase(which);
}

void group_state::failed(error why) noexcept
{
  if (!failure_) failure_.emplace(std::move(why));
  if (rule_ == task_group::on_failure::stop) stop_all();
}

/// A member that ends while it is told stays in the list until all were.
void group_state::stop_all() noexcept
{
  stopped_ = true;
  if (std::exchange(emitting_, true)) return;
  for (auto& each : members_) {
    if (each.over) continue;
    try {
      each.stop.emit(asio::cancellation_type::all);
    } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch): the others are told all the same
    }
  }
  emitting_ = false;
  members_.remove_if([](const member& each) { return each.over; });
}

void group_state::one_less() noexcept
{
  if (size_.fetch_sub(1, std::memory_order_acq_rel) == 1) waiters_.wake_all();
}

void group_state::cancel()
{
  at_home([self = self()] {
    if (!self->is_shut_down()) self->stop_all();
  });
}

void group_state::drop() noexcept
{
  at_home([self = self()] {
    if (self->is_shut_down()) return;
    self->dropped_ = true;
    self->stop_all();
    self->waiters_.wake_all();
  });
}

task<> group_state::wait(std::shared_ptr<group_state> self)
{
  auto& s = *self;
  for (;;) {
    if (s.dropped_) co_return errc::closed;
    if (s.size() == 0) break;
    const auto cancel = co_await asio::this_coro::cancellation_state;
    if (is_cancelled(cancel)) co_return errc::cancelled;
    waiter waiting(s.waiters_);
    co_await waiting.park();
    if (waiting.reason() == wake_reason::cancelled && s.size() != 0) co_return errc::cancelled;
  }
  if (s.failure_) co_return *s.failure_;
  co_return success();
}

} // namespace detail

using detail::group_state;

task_group::task_group(executor ex, on_failure rule)
    : state_(detail::make_state<group_state>(detail::own_strand(std::move(ex)), rule))
{}

task_group::task_group(task_group&&) noexcept = default;

task_group& task_group::operator=(task_group&& other) noexcept
{
  task_group former(std::move(*this));
  state_ = std::move(other.state_);
  return *this;
}

task_group::~task_group()
{
  if (state_) state_->drop();
}

void task_group::start(task<> op)
{
  state_->start(std::move(op));
}

void task_group::cancel()
{
  state_->cancel();
}

task<> task_group::wait()
{
  return detail::operation<void>(state_, group_state::wait(state_));
}

std::size_t task_group::size() const noexcept
{
  return state_->size();
}

} // namespace linx
