#include <linx/core/cancellation.hpp>

#include "core/operation.hpp"
#include "core/state.hpp"
#include "core/waiter.hpp"

#include <linx/core/spawn.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <mutex>
#include <new>
#include <utility>

namespace linx::detail {

/// One task under a source. A state of the task's context, so that its executor goes with that.
class bound_task final : public context_state {
public:
  bound_task(executor home, std::shared_ptr<cancel_source> source)
      : context_state(std::move(home)), source_(std::move(source))
  {}

  asio::cancellation_slot slot() noexcept { return signal_.slot(); }

  // On the executor of the task.

  /// Where there is no memory to tell it, it is told in a later turn.
  void stop() noexcept
  {
    if (over_ || is_shut_down()) return;
    try {
      signal_.emit(asio::cancellation_type::all);
    } catch (const std::bad_alloc&) {
      stop_later();
    }
  }
  void finish(bool vanished) noexcept
  {
    over_ = true;
    vanished_ = vanished;
    waiters.wake_all();
  }
  bool is_over() const noexcept { return over_; }
  bool has_vanished() const noexcept { return vanished_; }

  wait_list waiters; ///< the caller

private:
  friend class cancel_source;

  void shutdown() noexcept override;

  std::shared_ptr<bound_task> self() { return std::static_pointer_cast<bound_task>(shared_from_this()); }
  void stop_later() noexcept
  try {
    post_home([self = self()] { self->stop(); });
  } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch): the task runs to its own end then
  }

  const std::shared_ptr<cancel_source> source_;
  bound_task* previous_ = nullptr; // these three under the mutex of the source
  bound_task* next_ = nullptr;
  bool linked_ = false;
  asio::cancellation_signal signal_;
  bool over_ = false;
  bool vanished_ = false;
};

/// The handler of the task's root. Destroyed uncalled, it says so: the context goes, or there was no memory
/// for a hop of Asio's.
class end_of_bound {
public:
  explicit end_of_bound(std::shared_ptr<bound_task> one) noexcept : one_(std::move(one)) {}
  end_of_bound(end_of_bound&&) noexcept = default;
  end_of_bound& operator=(end_of_bound&&) = delete;
  ~end_of_bound()
  {
    if (one_) one_->finish(true);
  }

  void operator()(const result<>&) { std::exchange(one_, nullptr)->finish(false); }

private:
  std::shared_ptr<bound_task> one_;
};

/// A task is linked from before its start to after its end, and its caller's frame holds it for longer.
class cancel_source {
public:
  /// False after a cancel.
  bool add(bound_task& one)
  {
    const std::scoped_lock lock(mutex_);
    if (cancelled_) return false;
    one.next_ = first_;
    if (first_) first_->previous_ = &one;
    first_ = &one;
    one.linked_ = true;
    return true;
  }

  void remove(bound_task& one) noexcept
  {
    const std::scoped_lock lock(mutex_);
    if (!std::exchange(one.linked_, false)) return;
    (one.previous_ ? one.previous_->next_ : first_) = one.next_;
    if (one.next_) one.next_->previous_ = one.previous_;
  }

  void cancel()
  {
    const std::scoped_lock lock(mutex_);
    cancelled_ = true;
    bool told_all = true;
    // What is posted is never the last to hold a task, so nothing ends in here.
    for (auto* one = first_; one; one = one->next_) {
      try {
        one->post_home([self = one->self()] { self->stop(); });
      } catch (const std::bad_alloc&) {
        told_all = false;
      }
    }
    if (!told_all) throw std::bad_alloc();
  }

  bool is_cancelled() const noexcept
  {
    const std::scoped_lock lock(mutex_);
    return cancelled_;
  }

private:
  mutable std::mutex mutex_;
  bound_task* first_ = nullptr;
  bool cancelled_ = false;
};

void bound_task::shutdown() noexcept
{
  source_->remove(*this);
  waiters.drop();
}

bool is_cancelled(const cancel_source& source) noexcept
{
  return source.is_cancelled();
}

namespace {

/// However the caller's frame goes.
class membership {
public:
  membership(cancel_source& source, bound_task& one) noexcept : source_(source), one_(one) {}
  membership(const membership&) = delete;
  membership& operator=(const membership&) = delete;
  ~membership() { source_.remove(one_); }

private:
  cancel_source& source_;
  bound_task& one_;
};

task<> run_and_wait(std::shared_ptr<bound_task> one, task<> op)
{
  const executor home = one->get_executor();
  end_of_bound over(one);
  linx::spawn(home, std::move(op),
              asio::bind_cancellation_slot(one->slot(), asio::bind_executor(home, std::move(over))));
  while (!one->is_over()) {
    waiter waiting(one->waiters);
    co_await waiting.park();
    if (waiting.reason() == wake_reason::cancelled) one->stop();
  }
  if (one->has_vanished()) throw std::bad_alloc();
  co_return success();
}

} // namespace

task<> run_under(std::shared_ptr<cancel_source> source, task<> op)
{
  const executor home = co_await asio::this_coro::executor;
  const auto one = make_state<bound_task>(home, source);
  if (one->is_shut_down()) co_return errc::closed;
  if (!source->add(*one)) co_return errc::cancelled;
  const membership member(*source, *one);
  auto waiting = operation<void>(one, run_and_wait(one, std::move(op)));
  co_return co_await std::move(waiting);
}

} // namespace linx::detail

namespace linx {

cancellation::cancellation() : source_(std::make_shared<detail::cancel_source>()) {}

void cancellation::cancel() const
{
  source_->cancel();
}

} // namespace linx
