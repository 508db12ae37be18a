#include "netlink/dump_source.hpp"

namespace linx::netlink::detail {

namespace {

// How often a dump is read anew because the buffer had to grow.
constexpr unsigned most_growths = 4;

} // namespace

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
    exchange_->abandon(errc::closed);
  else
    exchange_.reset();
}

bool dump_source::begins_anew() noexcept
{
  const auto& failure = exchange_->failure();
  if (failure && *failure == errc::truncated) {
    // The buffer has grown with what it was told. Parts that were handed out cannot be taken back.
    return !has_handed_out_ && growths_++ < most_growths && connection_->has_room_for(exchange_->missed());
  }
  // What was lost to others' answers is as good as a table that changed.
  const bool changed = failure ? *failure == errc::overrun : exchange_->is_interrupted();
  if (!changed || incremental_ || retries_ == 0) return false;
  --retries_;
  return true;
}

result<> dump_source::conclude()
{
  if (begins_anew()) {
    exchange_.reset();
    return success();
  }
  if (!exchange_->failure() && !exchange_->is_interrupted()) {
    complete_ = true;
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
    }
    if (exchange_->has_block() && (incremental_ || complete_)) {
      has_handed_out_ = true;
      message_block block(exchange_->take_block());
      co_return std::optional<message_block>(std::move(block));
    }
    if (complete_) {
      ended_ = true;
    } else if (exchange_->is_done()) {
      BOOST_OUTCOME_CO_TRYV(conclude());
    } else {
      const auto waited = co_await connection_->run(*exchange_);
      if (!waited && !closed_) co_return waited.error();
    }
  }
}

} // namespace linx::netlink::detail
