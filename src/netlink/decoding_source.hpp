// A stream of decoded values over a stream of blocks.
#pragma once

#include "core/fairness.hpp"
#include "core/operation.hpp"

#include <linx/core/stream.hpp>
#include <linx/netlink/message_block.hpp>

#include <boost/asio/post.hpp>

namespace linx::netlink::detail {

// `decode` yields nothing for a message that is none of its business.
template <class T>
class decoding_source final : public stream_source<T>,
                              public std::enable_shared_from_this<decoding_source<T>> {
public:
  using decoder = std::optional<T> (*)(const message_view&);

  decoding_source(std::shared_ptr<linx::detail::context_state> home,
                  std::shared_ptr<stream_source<message_block>> blocks, decoder decode) noexcept
      : home_(std::move(home)), blocks_(std::move(blocks)), decode_(decode)
  {}

  task<std::optional<T>> next() override
  {
    auto body = take(this->shared_from_this());
    return linx::detail::operation<std::optional<T>>(home_, std::move(body));
  }

  void close() noexcept override
  {
    closed_ = true;
    blocks_->close();
  }

private:
  static task<std::optional<T>> take(std::shared_ptr<decoding_source> self)
  {
    for (;;) {
      if (self->closed_) co_return errc::closed;
      while (self->at_ != messages::iterator()) {
        auto value = self->decode_(*self->at_);
        ++self->at_;
        if (!value) continue;
        if (linx::detail::yield_due()) co_await asio::post(asio::deferred);
        co_return std::move(value);
      }
      BOOST_OUTCOME_CO_TRY(auto block, co_await self->blocks_->next());
      if (!block) co_return std::optional<T>();
      self->block_ = std::move(*block);
      self->at_ = self->block_.begin();
    }
  }

  std::shared_ptr<linx::detail::context_state> home_;
  std::shared_ptr<stream_source<message_block>> blocks_;
  decoder decode_;
  message_block block_;
  messages::iterator at_;
  bool closed_ = false;
};

} // namespace linx::netlink::detail
