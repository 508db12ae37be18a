/// Operations to compose in the tests: what a room would offer, without a kernel.
#pragma once

#include "core/operation.hpp"
#include "core/state.hpp"
#include "core/waiter.hpp"

#include <linx/core/spawn.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace linx::test {

using cancels = asio::cancellation_type;
inline constexpr cancels every_cancellation[] = {cancels::terminal, cancels::partial, cancels::total};

/// Completes without suspending.
task<int> number(int n);
task<> nothing();
task<int> failing(error why);
task<int> throwing();

/// Completes after one turn of the executor.
task<int> posted(int n);

/// A value that is neither default-constructible nor copyable.
class stubborn {
public:
  explicit stubborn(int n) : value(std::make_unique<int>(n)) {}
  std::unique_ptr<int> value;
};
task<stubborn> make_stubborn();

/// Counts how many copies of an argument are alive: what a leaked or a too early destroyed frame shows.
class probe {
public:
  std::shared_ptr<int> hold() { return alive_; }
  bool is_free() const noexcept { return alive_.use_count() == 1; }

private:
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

/// A handle as the rooms make them: waits until it is opened, bears every order of destruction.
class gate {
  class state : public detail::context_state {
  public:
    explicit state(executor home) : context_state(std::move(home)), timer(get_executor()) {}

    void shutdown() noexcept override
    {
      timer.reset();
      waiters.drop();
    }

    detail::wait_list waiters;
    std::optional<asio::steady_timer> timer; // an Asio member, whose destructor needs its context
    unsigned tickets = 0;
    unsigned started = 0;
    unsigned cancelled = 0;
    bool closed = false;
  };

  static task<int> wait(state* self, std::shared_ptr<int> argument)
  {
    ++self->started;
    while (self->tickets == 0) {
      detail::waiter waiting(self->waiters);
      co_await waiting.park();
      if (self->closed) co_return errc::closed;
      if (self->tickets != 0) break;
      if (waiting.reason() == detail::wake_reason::cancelled) {
        ++self->cancelled;
        co_return errc::cancelled;
      }
    }
    --self->tickets;
    co_return argument ? *argument : 7;
  }

public:
  explicit gate(executor home) : state_(detail::make_state<state>(std::move(home))) {}
  explicit gate(asio::io_context& context) : gate(executor(context.get_executor())) {}
  gate(gate&&) noexcept = default;
  gate& operator=(gate&&) noexcept = default;
  ~gate()
  {
    if (state_) close();
  }

  /// Waits for a ticket; yields 7, or what the argument points to.
  task<int> pass(std::shared_ptr<int> argument = std::shared_ptr<int>())
  {
    auto body = wait(state_.get(), std::move(argument));
    return detail::operation<int>(state_, std::move(body));
  }

  void open(unsigned tickets = 1)
  {
    state_->tickets += tickets;
    while (tickets-- != 0) state_->waiters.wake_one();
  }
  void close() noexcept
  {
    state_->closed = true;
    state_->waiters.wake_all();
  }

  unsigned started() const noexcept { return state_->started; }
  unsigned cancelled() const noexcept { return state_->cancelled; }
  bool has_waiters() const noexcept { return !state_->waiters.empty(); }
  bool is_shut_down() const noexcept { return state_->is_shut_down(); }

private:
  std::shared_ptr<state> state_;
};

/// Sleeps; its cancel is an ordinary one of Asio.
task<int> sleeping(std::chrono::nanoseconds time);

/// A root with a cancellation signal, and what became of it.
template <class T>
class started {
public:
  started(executor ex, task<T> op)
  {
    linx::spawn(std::move(ex), std::move(op),
                asio::bind_cancellation_slot(signal_.slot(), [this](result<T> value) {
                  ++completions;
                  outcome.emplace(std::move(value));
                }));
  }
  started(asio::io_context& context, task<T> op) : started(executor(context.get_executor()), std::move(op)) {}
  started(const started&) = delete;
  started& operator=(const started&) = delete;

  void cancel(cancels type = cancels::terminal) { signal_.emit(type); }

  bool is_over() const noexcept { return outcome.has_value(); }
  bool yielded(errc code) const { return outcome && outcome->has_error() && outcome->assume_error() == code; }
  bool yielded_value() const { return outcome && outcome->has_value(); }

  std::optional<result<T>> outcome;
  unsigned completions = 0;

private:
  asio::cancellation_signal signal_;
};

extern template class started<int>;

/// Runs what is ready; for steps between which a test looks.
void settle(asio::io_context& context);

} // namespace linx::test
