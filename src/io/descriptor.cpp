#include <linx/io/descriptor.hpp>

#include "io/descriptor_state.hpp"

#include <boost/assert.hpp>
#include <boost/system/system_error.hpp>

namespace linx::io {

namespace detail {

descriptor_state::descriptor_state(executor home) : context_state(std::move(home), as_given()) {}

// The first one of a context makes Asio's epoll instance, which takes descriptors of its own.
reactor_descriptor& descriptor_state::made()
{
  if (!descriptor_) descriptor_.emplace(get_executor());
  return *descriptor_;
}

result<void> descriptor_state::assign(unique_fd&& fd)
{
  if (is_shut_down()) return error(errc::closed, stage::open);
  try {
    made();
  } catch (const boost::system::system_error& failed) {
    return error(failed.code(), stage::open).with_object("Asio's epoll instance of this context");
  }
  if (descriptor_->is_open()) {
    return error(errc::not_ready, stage::open)
        .with_object("the object already holds a descriptor; close or release it first");
  }
  error_code ec;
  descriptor_->assign(fd.get(), ec);
  if (ec) return error(ec, stage::open);
  (void)fd.release();
  ++epoch_;
  return success();
}

unique_fd descriptor_state::release() noexcept
{
  if (!descriptor_ || !descriptor_->is_open()) return unique_fd();
  ++epoch_;
  return unique_fd(descriptor_->release());
}

void descriptor_state::cancel() noexcept
{
  if (!descriptor_ || !descriptor_->is_open()) return;
  ++epoch_;
  error_code ignored;
  descriptor_->cancel(ignored);
}

reactor_descriptor& descriptor_state::lowest_layer()
{
  BOOST_ASSERT_MSG(!is_shut_down(), "an operation was started on an object whose io_context is gone");
  return made();
}

void descriptor_state::shutdown() noexcept
{
  // By way of release(): it always takes the file out of the epoll set. Without that a file which another
  // process holds too would stay in the set after close(2), and report events for ever.
  (void)release();
  descriptor_.reset();
}

reactor_descriptor& lowest_layer(const shared_state& state)
{
  BOOST_ASSERT_MSG(state, "an operation was started on a moved-from object");
  return state->lowest_layer();
}

executor home_executor(const shared_state& state) noexcept
{
  return state ? state->get_executor() : executor();
}

std::uint64_t epoch(const shared_state& state) noexcept
{
  return state->epoch();
}

} // namespace detail

descriptor::descriptor(executor ex)
    : state_(linx::detail::make_state<detail::descriptor_state>(std::move(ex)))
{}

descriptor::descriptor(descriptor&&) noexcept = default;

descriptor& descriptor::operator=(descriptor&& other) noexcept
{
  if (this != &other) {
    close();
    state_ = std::move(other.state_);
  }
  return *this;
}

// Operations in flight share the state, so the descriptor is closed here and not with the state.
descriptor::~descriptor()
{
  close();
}

executor descriptor::get_executor() const noexcept
{
  return detail::home_executor(state_);
}

bool descriptor::is_open() const noexcept
{
  return native_handle() >= 0;
}

int descriptor::native_handle() const noexcept
{
  return state_ ? state_->native_handle() : -1;
}

result<void> descriptor::assign(unique_fd&& fd)
{
  BOOST_ASSERT_MSG(state_, "assign() on a moved-from object");
  return state_->assign(std::move(fd));
}

unique_fd descriptor::release() noexcept
{
  return state_ ? state_->release() : unique_fd();
}

void descriptor::close() noexcept
{
  (void)release();
}

void descriptor::cancel() noexcept
{
  if (state_) state_->cancel();
}

} // namespace linx::io
