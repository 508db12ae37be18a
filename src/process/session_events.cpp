#include "process/session_events.hpp"

#include "core/source.hpp"

#include <utility>

namespace linx::detail {

namespace {

class events_source final : public source<process_event> {
public:
  explicit events_source(std::shared_ptr<session> s)
      : source(s->get_executor()), session_(std::move(s)), granted_(session_->borrow_events())
  {}

private:
  task<std::optional<process_event>> read() override
  {
    if (!granted_)
      co_return error(errc::not_ready, stage::argument)
          .with_object("events; another stream of this process is open");
    for (;;) {
      const auto& events = session_->machine().events();
      if (session_->next_event < events.size()) co_return events[session_->next_event++];
      if (session_->machine().terminal()) co_return std::optional<process_event>();
      const auto cancel = co_await asio::this_coro::cancellation_state;
      if (is_cancelled(cancel)) co_return errc::cancelled;
      waiter waiting(session_->waiters);
      co_await waiting.park();
      if (session_->is_shut_down() || is_closed()) co_return errc::closed;
      if (session_->next_event < session_->machine().events().size()) continue;
      if (waiting.reason() == wake_reason::cancelled) co_return errc::cancelled;
    }
  }

  void on_close() noexcept override
  {
    if (!granted_) return;
    session_->return_events();
    session_->waiters.wake_all();
  }

  const std::shared_ptr<session> session_;
  const bool granted_;
};

} // namespace

stream<process_event> session_events(std::shared_ptr<session> s)
{
  return stream<process_event>(make_state<events_source>(std::move(s)));
}

} // namespace linx::detail
