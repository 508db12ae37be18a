// A stream of decoded values over a stream of blocks.
#pragma once

#include "core/source.hpp"

#include <linx/netlink/message_block.hpp>

namespace linx::netlink::detail {

// `decode`, a function or an object like one, yields nothing for a message that is none of its business.
template <class T, class Decode>
class decoding_source final : public linx::detail::source<T> {
  using base = linx::detail::source<T>;
  using blocks_source = stream_source<message_block>;

public:
  decoding_source(executor home, std::shared_ptr<blocks_source> blocks, Decode decode)
      : base(std::move(home)), blocks_(std::move(blocks)), decode_(std::move(decode))
  {}

  task<std::optional<T>> next() override
  {
    return step(std::static_pointer_cast<decoding_source>(this->shared_from_this()));
  }

private:
  // How many values are handed out between two looks at the clock, which costs as much as a short message.
  static constexpr unsigned stride = 32;

  // A value that is there already is handed out from this frame: nothing is awaited that could throw, and the
  // frame of `operation` would be a quarter of the work. Everything else goes the usual way. What is touched
  // here belongs to whoever reads, so it does not matter on which executor that is.
  static task<std::optional<T>> step(std::shared_ptr<decoding_source> self)
  {
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    if (!linx::detail::is_cancelled(state) && ++self->handed_out_ % stride != 0) {
      if (auto value = self->decode_next()) co_return std::move(value);
    }
    auto read = self->base::next();
    co_return co_await std::move(read);
  }

  task<std::optional<T>> read() override
  {
    for (;;) {
      if (this->is_closed()) co_return errc::closed;
      if (auto value = decode_next()) co_return std::move(value);
      LINX_TRY(auto block, co_await blocks_->next());
      if (!block) co_return std::optional<T>();
      block_ = std::move(*block);
      at_ = block_.begin();
    }
  }

  void on_close() noexcept override { blocks_->close(); }

  // The next value of the block, nothing at its end.
  std::optional<T> decode_next()
  {
    while (!this->is_closed() && at_ != messages::iterator()) {
      auto value = decode_(*at_);
      ++at_;
      if (value) return value;
    }
    return std::nullopt;
  }

  const std::shared_ptr<blocks_source> blocks_;
  Decode decode_;
  message_block block_;
  messages::iterator at_;
  unsigned handed_out_ = 0;
};

} // namespace linx::netlink::detail
