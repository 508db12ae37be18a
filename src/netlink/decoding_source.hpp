// A stream of decoded values over a stream of blocks.
#pragma once

#include "core/fairness.hpp"
#include "core/operation.hpp"

#include <linx/core/stream.hpp>
#include <linx/netlink/message_block.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

namespace linx::netlink::detail {

// `decode`, a function or an object like one, yields nothing for a message that is none of its business.
template <class T, class Decode>
class decoding_source final : public stream_source<T>,
                              public std::enable_shared_from_this<decoding_source<T, Decode>> {
public:
  decoding_source(std::shared_ptr<linx::detail::context_state> home,
                  std::shared_ptr<stream_source<message_block>> blocks, Decode decode)
      : home_(std::move(home)), blocks_(std::move(blocks)), decode_(std::move(decode))
  {}

  task<std::optional<T>> next() override { return step(frame_hold(*this)); }

  void close() noexcept override
  {
    closed_ = true;
    blocks_->close();
    if (frames_ == 0) self_.reset();
  }

private:
  // How many values are handed out between two looks at the clock, which costs as much as a short message.
  static constexpr unsigned stride = 32;

  // What a frame holds the source by. A shared_ptr for each value would be two locked instructions of the
  // processor, a tenth of the work: the frames are counted instead, on the one executor that they all run on,
  // and the source holds itself from the first of them on until it is closed and the last is gone.
  class frame_hold {
  public:
    explicit frame_hold(decoding_source& source) : source_(&source)
    {
      if (!source.self_) source.self_ = source.shared_from_this();
      ++source.frames_;
    }
    frame_hold(frame_hold&& other) noexcept : source_(std::exchange(other.source_, nullptr)) {}
    frame_hold& operator=(frame_hold&&) = delete;
    ~frame_hold()
    {
      if (!source_ || --source_->frames_ != 0 || !source_->closed_) return;
      const auto last = std::move(source_->self_); // the source may go here, and its member with it
    }
    decoding_source* operator->() const noexcept { return source_; }
    decoding_source& operator*() const noexcept { return *source_; }

  private:
    decoding_source* source_;
  };

  // A value that is there already is handed out from this frame: nothing is awaited that could throw, and the
  // frame of `operation` would be a quarter of the work. Everything else goes the usual way. Only what is the
  // source's own is touched here, so it does not matter which executor asks.
  static task<std::optional<T>> step(frame_hold self)
  {
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    if (!linx::detail::is_cancelled(state) && ++self->handed_out_ % stride != 0) {
      if (auto value = self->decode_next()) co_return std::move(value);
    }
    auto body = take(frame_hold(*self));
    auto read = linx::detail::operation<std::optional<T>>(self->home_, std::move(body));
    co_return co_await std::move(read);
  }

  static task<std::optional<T>> take(frame_hold self)
  {
    if (linx::detail::yield_due()) {
      co_await asio::post(asio::deferred);
      const auto cancel = co_await asio::this_coro::cancellation_state;
      if (linx::detail::is_cancelled(cancel)) co_return errc::cancelled;
    }
    for (;;) {
      if (self->closed_) co_return errc::closed;
      if (auto value = self->decode_next()) co_return std::move(value);
      BOOST_OUTCOME_CO_TRY(auto block, co_await self->blocks_->next());
      if (!block) co_return std::optional<T>();
      self->block_ = std::move(*block);
      self->at_ = self->block_.begin();
    }
  }

  // The next value of the block, nothing at its end.
  std::optional<T> decode_next()
  {
    while (!closed_ && at_ != messages::iterator()) {
      auto value = decode_(*at_);
      ++at_;
      if (value) return value;
    }
    return std::nullopt;
  }

  std::shared_ptr<linx::detail::context_state> home_;
  std::shared_ptr<stream_source<message_block>> blocks_;
  Decode decode_;
  message_block block_;
  messages::iterator at_;
  std::shared_ptr<decoding_source> self_; // from the first frame on until closed
  std::size_t frames_ = 0;
  unsigned handed_out_ = 0;
  bool closed_ = false;
};

} // namespace linx::netlink::detail
