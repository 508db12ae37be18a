#include "process/session_events.hpp"

#include "core/operation.hpp"

#include <utility>

namespace linx::detail {

namespace {

using session_ptr = std::shared_ptr<session>;

/// Whether a stream still stands; outlives it for the sake of a pending next().
struct borrowing {
  bool granted = false;
  bool closed = false;
  bool pending = false;
};

class pending_mark {
public:
  explicit pending_mark(bool& pending) noexcept : pending_(pending) { pending_ = true; }
  ~pending_mark() { pending_ = false; }
  pending_mark(const pending_mark&) = delete;
  pending_mark& operator=(const pending_mark&) = delete;

private:
  bool& pending_;
};

task<std::optional<process_event>> take_event(session_ptr s, std::shared_ptr<borrowing> mine)
{
  if (mine->closed) co_return errc::closed;
  if (!mine->granted)
    co_return error(errc::not_ready, stage::argument)
        .with_object("events; another stream of this process is open");
  if (mine->pending)
    co_return error(errc::not_ready, stage::argument).with_object("events; another next() is pending");
  const pending_mark mark(mine->pending);
  for (;;) {
    const auto& events = s->machine().events();
    if (s->next_event < events.size()) co_return events[s->next_event++];
    if (s->machine().terminal()) co_return std::optional<process_event>();
    const auto cancel = co_await asio::this_coro::cancellation_state;
    if (is_cancelled(cancel)) co_return errc::cancelled;
    waiter waiting(s->waiters);
    co_await waiting.park();
    if (s->is_shut_down() || mine->closed) co_return errc::closed;
    if (s->next_event < s->machine().events().size()) continue;
    if (waiting.reason() == wake_reason::cancelled) co_return errc::cancelled;
  }
}

class events_source : public stream_source<process_event> {
public:
  explicit events_source(session_ptr s) : session_(std::move(s)), mine_(std::make_shared<borrowing>())
  {
    mine_->granted = session_->borrow_events();
  }

  task<std::optional<process_event>> next() override
  {
    return operation<std::optional<process_event>>(session_, take_event(session_, mine_));
  }

  void close() noexcept override
  {
    if (std::exchange(mine_->closed, true)) return;
    if (!mine_->granted) return;
    session_->return_events();
    if (!session_->is_shut_down()) session_->waiters.wake_all();
  }

private:
  session_ptr session_;
  std::shared_ptr<borrowing> mine_;
};

} // namespace

stream<process_event> session_events(session_ptr s)
{
  return stream<process_event>(std::make_shared<events_source>(std::move(s)));
}

} // namespace linx::detail
