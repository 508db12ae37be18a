// The templates that every token function of the room goes through; the syscalls themselves are in src/io.
#pragma once

#include <linx/io/descriptor.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include <cstdint>
#include <optional>
#include <utility>

namespace linx::io::detail {

using reactor_descriptor = asio::posix::basic_stream_descriptor<executor>;
using shared_state = std::shared_ptr<descriptor_state>;

// The Asio object inside. Starting an operation when the context is gone is a programming error (asserted).
LINX_API reactor_descriptor& lowest_layer(const shared_state&);
LINX_API executor home_executor(const shared_state&) noexcept;

// Changes with every cancel, close, release and assign. An operation that finds it changed after a wait gives
// up without another syscall, so nothing is taken from the kernel and thrown away.
LINX_API std::uint64_t epoch(const shared_state&) noexcept;

// Waits for readiness as Asio reports it, which may be spurious.
struct wait_initiation {
  shared_state state;
  using executor_type = executor;
  executor_type get_executor() const noexcept { return home_executor(state); }

  template <class Handler>
  void operator()(Handler&& handler, descriptor::wait_type what) const
  {
    lowest_layer(state).async_wait(what, std::forward<Handler>(handler));
  }
};

struct read_initiation {
  shared_state state;
  using executor_type = executor;
  executor_type get_executor() const noexcept { return home_executor(state); }

  template <class Handler, class Buffers>
  void operator()(Handler&& handler, const Buffers& buffers) const
  {
    lowest_layer(state).async_read_some(buffers, std::forward<Handler>(handler));
  }
};

// Tries a syscall, waits while it would block, tries again. `Attempt` has
//   static constexpr descriptor::wait_type waits_for;
//   std::optional<error_code> perform(int fd) noexcept;      // nullopt: it would block
//   template <class Self> void complete(Self&, error_code);  // hands the outcome to the handler
template <class Attempt>
class attempt_op {
public:
  attempt_op(shared_state state, Attempt attempt) : state_(std::move(state)), attempt_(std::move(attempt)) {}

  template <class Self>
  void operator()(Self& self, error_code ec = {})
  {
    switch (step_) {
    case step::start:
      self.reset_cancellation_state(asio::enable_total_cancellation());
      epoch_ = epoch(state_);
      if (auto outcome = attempt_.perform(lowest_layer(state_).native_handle())) {
        step_ = step::finish;
        outcome_ = *outcome;
        asio::post(std::move(self));
        return;
      }
      break;
    case step::wait:
      if (!ec && (self.cancelled() != asio::cancellation_type::none || epoch(state_) != epoch_)) {
        ec = asio::error::operation_aborted;
      }
      if (ec) {
        finish(self, ec);
        return;
      }
      if (auto outcome = attempt_.perform(lowest_layer(state_).native_handle())) {
        finish(self, *outcome);
        return;
      }
      break;
    case step::finish:
      finish(self, outcome_);
      return;
    }
    step_ = step::wait;
    // The state must outlive the call: `self`, and this object with it, moves into the wait.
    auto state = state_;
    lowest_layer(state).async_wait(Attempt::waits_for, std::move(self));
  }

private:
  enum class step : std::uint8_t { start, wait, finish };

  template <class Self>
  void finish(Self& self, error_code ec)
  {
    state_.reset();
    attempt_.complete(self, ec);
  }

  shared_state state_;
  Attempt attempt_;
  error_code outcome_;
  std::uint64_t epoch_ = 0;
  step step_ = step::start;
};

template <class Signature, class Attempt, class Token>
auto async_attempt(const shared_state& state, Attempt attempt, Token&& token)
{
  return asio::async_compose<Token, Signature>(attempt_op<Attempt>(state, std::move(attempt)), token,
                                               home_executor(state));
}

} // namespace linx::io::detail
