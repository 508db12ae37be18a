// A stream that is made of the events of another one.
#pragma once

#include "core/operation.hpp"

#include <linx/core/stream.hpp>
#include <linx/rtnl/event.hpp>

namespace linx::rtnl::detail {

// The one who reads a stream; however he ends, the next one may come.
class reading_scope {
public:
  explicit reading_scope(bool& reading) noexcept : reading_(reading) { reading_ = true; }
  reading_scope(const reading_scope&) = delete;
  reading_scope& operator=(const reading_scope&) = delete;
  ~reading_scope() { reading_ = false; }

private:
  bool& reading_;
};

// One reader at a time. Closing it, or its context, ends the events as well.
template <class T>
class event_reader : public stream_source<T>, public linx::detail::context_state {
public:
  task<std::optional<T>> next() final
  {
    auto body = take();
    return linx::detail::operation<std::optional<T>>(shared_from_this(), std::move(body));
  }

  void close() noexcept final
  {
    closed_ = true;
    events_.cancel();
  }

protected:
  event_reader(executor home, stream<event> events)
      : context_state(std::move(home)), events_(std::move(events))
  {}

  // The next value; asks `closed` before it waits for anything.
  virtual task<std::optional<T>> read() = 0;

  stream<event>& events() noexcept { return events_; }
  bool closed() const noexcept { return closed_; }

private:
  // The members shut themselves down: they are states of the same context.
  void shutdown() noexcept final { closed_ = true; }

  task<std::optional<T>> take()
  {
    if (reading_) co_return errc::not_ready;
    const reading_scope only(reading_);
    auto body = read();
    co_return co_await std::move(body);
  }

  stream<event> events_;
  bool reading_ = false;
  bool closed_ = false;
};

} // namespace linx::rtnl::detail
