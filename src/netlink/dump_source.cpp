#include "netlink/dump_source.hpp"

#include "core/fairness.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

namespace linx::netlink::detail {

dump_source::dump_source(std::shared_ptr<connection_state> connection, message_builder request,
                         const dump_options& options)
    : connection_(std::move(connection)),
      request_(std::move(request)),
      retries_(options.retries()),
      incremental_(options.incremental())
{
  request_.add_flags(NLM_F_DUMP);
}

task<std::optional<message_block>> dump_source::next()
{
  auto body = take(shared_from_this());
  return linx::detail::operation<std::optional<message_block>>(connection_, std::move(body));
}

void dump_source::close() noexcept
{
  closed_ = true;
  // a reader that is parked finds `closed_`; without one the rest of the dump belongs to nobody from now on
  if (exchange_ && reading_)
    exchange_->waiters.wake_one();
  else
    exchange_.reset();
}

result<> dump_source::conclude()
{
  // What was lost to others' answers is as good as a table that changed: read it again, unless parts are
  // handed out.
  const bool overrun = exchange_->failure() && *exchange_->failure() == errc::overrun;
  if (!overrun && !exchange_->failure() && !exchange_->is_interrupted()) {
    complete_ = true;
    return success();
  }
  const bool may_retry = overrun || !exchange_->failure();
  if (may_retry && !incremental_ && retries_ > 0) {
    --retries_;
    exchange_.reset();
    return success();
  }
  ended_ = true;
  if (exchange_->failure()) return *exchange_->failure();
  return error(errc::dump_interrupted, stage::receive);
}

task<std::optional<message_block>> dump_source::take(std::shared_ptr<dump_source> self)
{
  if (self->reading_) co_return errc::not_ready;
  class reading_scope {
  public:
    explicit reading_scope(dump_source& source) noexcept : source_(source) { source_.reading_ = true; }
    ~reading_scope()
    {
      source_.reading_ = false;
      if (source_.closed_) source_.exchange_.reset();
    }
    reading_scope(const reading_scope&) = delete;
    reading_scope& operator=(const reading_scope&) = delete;

  private:
    dump_source& source_;
  };
  const reading_scope scope(*self);

  for (;;) {
    if (closed_) co_return errc::closed;
    if (ended_) co_return std::optional<message_block>();
    if (!exchange_) {
      BOOST_OUTCOME_CO_TRYV(request_.check());
      exchange_.emplace(request_, incremental_);
      connection_->start(*exchange_);
    }
    if (exchange_->has_block() && (incremental_ || complete_)) {
      message_block block(exchange_->take_block());
      co_return std::optional<message_block>(std::move(block));
    }
    if (complete_) {
      ended_ = true;
      continue;
    }
    if (exchange_->is_done()) {
      BOOST_OUTCOME_CO_TRYV(conclude());
      continue;
    }
    if (exchange_->is_sent() && connection_->receive_one()) {
      if (!linx::detail::yield_due()) continue;
      co_await asio::post(asio::deferred);
      const auto cancel = co_await asio::this_coro::cancellation_state;
      if (linx::detail::is_cancelled(cancel)) co_return errc::cancelled;
      continue;
    }
    if (exchange_->is_done()) continue; // what was left in the socket said that its answer was lost
    linx::detail::waiter waiting(exchange_->waiters);
    connection_->await(*exchange_);
    co_await waiting.park();
    if (closed_ || waiting.reason() != linx::detail::wake_reason::cancelled) continue;
    connection_->unawait(*exchange_);
    if (!exchange_->is_done()) co_return errc::cancelled;
  }
}

} // namespace linx::netlink::detail
