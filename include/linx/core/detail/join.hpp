/// Children of one coroutine, started together and awaited together: the machinery of the combinators.
#pragma once

#include <linx/core/detail/parked.hpp>
#include <linx/core/detail/pause_timer.hpp>
#include <linx/core/task.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_state.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace linx::detail {

class join;

/// What a value of type T is called inside a tuple, a vector or a variant.
template <class T>
using regular = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

/// One child of a join, of whatever type. Lives in the frame of the parent.
class LINX_API child {
public:
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  /// Its body has ended; a cancel would find nothing to stop.
  bool is_over() const noexcept { return over_; }

  /// It yielded no value: an error, an exception, or it was never started.
  virtual bool has_failed() const noexcept = 0;

  /// After the join, of one that has failed: its error; `errc::cancelled` if it was never started.
  virtual error failure() = 0;

protected:
  child() = default;
  ~child() = default;

  /// First thing in the body, once its cancellation state is its own. False: stop at once.
  bool start() noexcept;

  /// Last thing in the body. May throw `std::bad_alloc`: emitting a signal allocates.
  void over(std::exception_ptr failure);

private:
  friend class join;

  virtual asio::awaitable<void> run() = 0;

  join* owner_ = nullptr;
  child* next_ = nullptr;
  asio::cancellation_signal signal_;
  bool started_ = false;
  bool over_ = false;
};

/// The children of one combinator, and the parent while it waits for them. Lives in the parent's frame.
///
/// The parent's handler is parked in here and owns the frame that this object lives in. So each pending
/// completion is a counted reference, and the last one that is *destroyed* uncalled drops the parent: a
/// context that dies with a combinator suspended leaks nothing.
///
/// Nothing resumes the parent inside a launch or an emission: those hold a count of their own, and the parent
/// is posted if theirs turns out to be the last.
///
/// Executor: that of the parent, which must be serial: the combinators see to it, and in a build with
/// assertions a second thread in here aborts the program.
class LINX_API join {
public:
  enum class siblings : std::uint8_t {
    stop_on_failure,    ///< the first failure cancels the others
    stop_on_completion, ///< the first completion cancels the others
  };

  explicit join(siblings rule) noexcept;
  join(const join&) = delete;
  join& operator=(const join&) = delete;

  void add(child&) noexcept;

  /// Starts the children and completes with the last of those that were started. A cancel of the parent is
  /// passed on to them; after one nothing is started.
  asio::awaitable<void> wait() { return wait(false); }

  /// The same, but a cancel of the parent is not passed on and does not keep it from starting.
  asio::awaitable<void> wait_shielded() { return wait(true); }

  /// After the wait: rethrows the first exception that counts.
  void rethrow() const
  {
    if (exception_) std::rethrow_exception(exception_);
  }

  /// After the wait: the child that decided the outcome by the rule, null if none did.
  child* decisive() const noexcept { return decisive_; }

  /// After the wait: the child that failed first, or one that was never started; null if all have a value.
  child* failed() const noexcept;

protected:
  ~join();

  /// A completion that is still to come.
  class reference {
  public:
    explicit reference(join& owner) noexcept : owner_(&owner) { ++owner.live_; }
    reference(reference&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    reference& operator=(reference&&) = delete;
    ~reference()
    {
      if (auto* owner = std::exchange(owner_, nullptr)) owner->dropped();
    }

    /// The completion has come; may end the join and whatever it lives in.
    void release()
    {
      if (auto* owner = std::exchange(owner_, nullptr)) owner->completed();
    }

  private:
    join* owner_;
  };

  executor get_executor() const noexcept { return executor_; }
  bool is_cancelled_by_parent() const noexcept { return by_parent_; }
  bool is_running() const noexcept;

  /// Asks every running child to stop, and starts no further one. The children's completions are not awaited
  /// here. Throws what an emission threw, after all of them.
  void stop(asio::cancellation_type type = asio::cancellation_type::all);

private:
  friend class child;
  class again;
  class child_handler;
  class entry;
  class hold;
  class initiation;
  class relay;

  /// Hooks of a join that waits for something else as well: all children launched; one of them is over.
  virtual void on_launched() {}
  virtual void on_over() noexcept {}

  asio::awaitable<void> wait(bool shield);
  void launch(bool shield);
  std::exception_ptr emit(asio::cancellation_type type) noexcept;
  void fail(std::exception_ptr failure);
  void completed();
  void dropped() noexcept;

  executor executor_;
  parked_handler parent_;
  child* first_ = nullptr;
  child* last_ = nullptr;
  child* decisive_ = nullptr;
  std::exception_ptr exception_;
  pause_timer_ptr pause_; // of the echo
  std::size_t live_ = 0;
  std::atomic<std::size_t> inside_ = 0; // the thread that is in here, for an assertion
  siblings rule_;
  bool stopped_ = false;
  bool by_parent_ = false;
  bool echoing_ = false;
};

/// A join that waits for its children only.
class plain_join final : public join {
public:
  using join::join;
};

/// A child whose task yields T.
template <class T>
class task_child final : public child {
public:
  explicit task_child(task<T> op) noexcept : op_(std::move(op)) {}

  bool has_failed() const noexcept override { return !result_ || result_->has_error(); }
  error failure() override { return result_ ? std::move(*result_).assume_error() : error(errc::cancelled); }

  /// After the join: all that the task yielded.
  result<T> take()
  {
    if (!result_) return errc::cancelled;
    return std::move(*result_);
  }

  /// After the join, of one that has not failed.
  regular<T> take_value()
  {
    if constexpr (std::is_void_v<T>)
      return std::monostate();
    else
      return std::move(*result_).assume_value();
  }

private:
  asio::awaitable<void> run() override
  {
    std::exception_ptr failure;
    try {
      co_await asio::this_coro::throw_if_cancelled(false);
      const asio::enable_total_cancellation all;
      co_await asio::this_coro::reset_cancellation_state(all, all);
      if (start()) {
        result<T> yielded = co_await std::move(op_);
        result_.emplace(std::move(yielded));
      }
    } catch (...) {
      failure = std::current_exception();
    }
    over(std::move(failure));
  }

  task<T> op_;
  std::optional<result<T>> result_;
};

} // namespace linx::detail
