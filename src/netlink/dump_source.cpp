#include "netlink/dump_source.hpp"

namespace linx::netlink::detail {

using namespace std::chrono_literals;

namespace {

// How often a dump is read anew because the buffer had to grow.
constexpr unsigned most_growths = 4;

} // namespace

dump_source::dump_source(executor home, std::shared_ptr<connection_state> connection, message_builder request,
                         const dump_options& options, int absent)
    : source(std::move(home)),
      connection_(std::move(connection)),
      request_(std::move(request)),
      retries_(options.retries()),
      pauses_(1ms, 128ms),
      incremental_(options.incremental()),
      absent_(absent)
{
  request_.add_flags(NLM_F_DUMP);
}

// A reader that is parked finds itself closed and gives up the exchange: what is left of the dump belongs to
// nobody then.
void dump_source::on_close() noexcept
{
  if (exchange_) exchange_->abandon(errc::closed);
  resting_.wake();
}

// The frame of a parked reader holds this source, which holds what he is parked in.
void dump_source::on_shutdown() noexcept
{
  if (exchange_) exchange_->waiters.drop();
  exchange_.reset();
  resting_.drop();
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
  ++interruptions_;
  return true;
}

// Most tables change once. One that changes all the time is left alone for a while that grows.
task<> dump_source::pause()
{
  if (interruptions_ < 2) co_return success();
  auto resting = resting_.for_a(pauses_.next());
  co_return co_await std::move(resting);
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
  if (exchange_->failure() && absent_ != 0 && exchange_->failure()->errnum() == absent_) return success();
  if (exchange_->failure()) return *exchange_->failure();
  return error(errc::dump_interrupted, stage::receive);
}

task<std::optional<message_block>> dump_source::read()
{
  for (;;) {
    if (is_closed()) co_return errc::closed;
    if (ended_) co_return std::optional<message_block>();
    if (!exchange_) {
      LINX_TRYV(request_.check());
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
      const auto before = interruptions_;
      LINX_TRYV(conclude());
      if (interruptions_ != before) {
        auto pausing = pause();
        LINX_TRYV(co_await std::move(pausing));
      }
    } else {
      const auto waited = co_await connection_->run(*exchange_);
      if (!waited && !is_closed()) co_return waited.error();
    }
  }
}

} // namespace linx::netlink::detail
