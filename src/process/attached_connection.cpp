#include "process/attached_connection.hpp"

#include "process/session.hpp"

#include <boost/asio/bind_allocator.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

namespace linx::detail {

namespace {

// `attached`, with the arguments and the steps
constexpr std::size_t longest_frame = 16 * 1024;

constexpr auto room_pause = std::chrono::milliseconds(5);

error gone(std::string how)
{
  return error(errc::died, stage::spawner_died).with_object(std::move(how));
}

} // namespace

void attached_connection::shutdown() noexcept
{
  connection_.reset();
  pause_.reset();
  waiters.drop();
  const auto former = std::exchange(session_, nullptr); // it may come back
}

result<> attached_connection::adopt(io::unique_fd connection)
{
  buffer_.resize(longest_frame);
  error_code failed;
  connection_.emplace(get_executor());
  connection_->assign(connection.get(), failed);
  if (failed) return error(failed, stage::attach).with_object("connection to linx-spawner");
  (void)connection.release();
  wait();
  return success();
}

void attached_connection::serve(std::shared_ptr<session> who, const attached_child& child)
{
  session_ = std::move(who);
  left_ = child.left;
  spawner_ = "linx-spawner " + std::to_string(child.spawner);
  if (connection_) wait();
}

void attached_connection::wait()
{
  auto self = std::static_pointer_cast<attached_connection>(shared_from_this());
  const auto readable = [self](error_code failed) {
    if (!failed) self->hear();
  };
  connection_->async_wait(asio::posix::descriptor_base::wait_read,
                          asio::bind_allocator(handler_allocator<void>(reader_memory_), readable));
}

void attached_connection::hear()
{
  if (!connection_) return;
  is_short_of_room_ = false;
  try {
    // Nothing is read between the answer and serve(), which waits anew.
    while (connection_ && read() && !answer_) {
    }
  } catch (const std::bad_alloc&) { // for words, most often; what was read is lost
    lose(error::from_errno(ENOMEM, stage::receive));
  }
  if (!connection_ || answer_) return;
  is_short_of_room_ ? rest() : wait();
}

void attached_connection::rest()
{
  auto self = std::static_pointer_cast<attached_connection>(shared_from_this());
  const auto again = [self](error_code failed) {
    if (!failed) self->hear();
  };
  try {
    if (!pause_) pause_.emplace(get_executor());
    pause_->expires_after(room_pause);
    pause_->async_wait(asio::bind_allocator(handler_allocator<void>(reader_memory_), again));
  } catch (const std::bad_alloc&) {
    wait(); // at once, then
  }
}

/// False if there is nothing to read.
bool attached_connection::read()
{
  auto got = receive_datagram(connection_->native_handle(), buffer_);
  if (!got && got.error().errnum() == EAGAIN) return false;
  if (!got && lacks_room(got.error())) {
    is_short_of_room_ = true;
    return false;
  }
  if (!got && got.error() != errc::truncated) {
    lose(std::move(got).error().with_object("connection to " + spawner_));
    return false;
  }
  if (!got) return true; // a frame of a later version
  auto& message = got.assume_value();
  if (message.bytes == 0) {
    end(gone(spawner_.empty() ? "linx-spawner has gone" : spawner_ + " died"));
    return false;
  }
  if (message.lost != 0) message.fds.clear();
  const std::span<const std::byte> datagram(buffer_.data(), message.bytes);
  frame_reader frames(datagram, wire::max_fds, true);
  const auto next = frames.next();
  auto taken = *next ? take(next->assume_value(), std::move(message.fds)) : result<>(next->error());
  if (!taken) lose(std::move(taken).error());
  return static_cast<bool>(connection_);
}

result<> attached_connection::take(const frame_view& frame, std::vector<io::unique_fd> fds)
{
  switch (frame.header.type) {
  case wire::frame_type::attached: {
    if (answered_) break;
    BOOST_OUTCOME_TRY(auto child, read_attached(frame));
    const std::size_t wanted = child.left ? 1 : 2;
    if (fds.size() < wanted)
      return error::from_errno(EMFILE, stage::fd_pass).with_object("pidfd and checkpoint of the child");
    attachment answer;
    answer.child = std::move(child);
    answer.pidfd = std::move(fds[0]);
    if (wanted == 2) answer.checkpoint = std::move(fds[1]);
    answered_ = true;
    answer_.emplace(std::move(answer));
    waiters.wake_all();
    break;
  }
  case wire::frame_type::refused: {
    BOOST_OUTCOME_TRY(const auto r, read_record<wire::refused_record>(frame));
    return error::from_errno(r.error, stage::attach).with_object("the child");
  }
  case wire::frame_type::left: {
    BOOST_OUTCOME_TRY(const auto r, read_record<wire::left_record>(frame));
    left_ = to_report(r.slot);
    if (const auto who = session_) who->take(child_left{});
    break;
  }
  case wire::frame_type::exited: {
    BOOST_OUTCOME_TRY(const auto r, read_record<wire::exited_record>(frame));
    exited_ = true;
    if (const auto who = session_) who->take(child_exited{static_cast<pid_t>(r.pid), to_exit_record(r)});
    break;
  }
  default: // of a later version
    break;
  }
  return success();
}

void attached_connection::end(error why)
{
  connection_.reset();
  if (!left_) left_ = slot_report{wire::slot_state::idle, wire::stage::none, 0, 0};
  if (refuse(why)) return;
  if (const auto who = session_; who && !exited_) who->take(spawner_gone{std::move(why)});
}

void attached_connection::lose(error why)
{
  connection_.reset();
  if (refuse(why)) return;
  if (const auto who = session_; who && !exited_) who->part(std::move(why));
}

/// Instead of `attached`; false if there is a session.
bool attached_connection::refuse(error& why)
{
  if (std::exchange(answered_, true)) return false;
  answer_.emplace(std::move(why));
  waiters.wake_all();
  return true;
}

bool attached_connection::post(std::span<const std::byte> frame, std::span<const int>) noexcept
{
  return connection_ && send_datagram(connection_->native_handle(), frame);
}

void attached_connection::dismiss(std::uint64_t)
{
  connection_.reset();
  pause_.reset();
  const auto former = std::exchange(session_, nullptr);
}

} // namespace linx::detail
