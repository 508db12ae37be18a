#include "process/spawner_connection.hpp"

#include "core/with_words.hpp"
#include "process/close_copy.hpp"
#include "process/exit_info.hpp"
#include "process/protocol_stage.hpp"
#include "process/session.hpp"
#include "process/spawner_start.hpp"

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/dispatch.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <new>
#include <sys/resource.h>
#include <utility>

namespace linx::detail {

namespace {

constexpr int datagrams_at_once = 64;

// Requests without an answer. With fewer than these the shared memory is as fast or faster; with 64 a copy is
// by a fifth (docs/spawner.md).
constexpr std::size_t crowd = 4;

constexpr auto room_pause = std::chrono::milliseconds(5);
constexpr int room_attempts = 100;

/// How many more descriptors this process may open, if those it has lie in a row.
std::size_t spare_descriptors(int open)
{
  rlimit limit{};
  const io::unique_fd lowest(::fcntl(open, F_DUPFD_CLOEXEC, 0));
  if (!lowest || ::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  return limit.rlim_cur - std::min(limit.rlim_cur, static_cast<rlim_t>(lowest.get()));
}

stage transport_stage(int errnum)
{
  return errnum == EBADF ? stage::fd_pass : stage::transport;
}

} // namespace

result<std::shared_ptr<spawner_connection>> spawner_connection::start(executor home, host_identity identity)
{
  BOOST_OUTCOME_TRY(auto slots, slot_table::create());
  BOOST_OUTCOME_TRY(auto control, start_spawner(slots.fd()));
  auto link = make_state<spawner_connection>(home, std::move(slots), std::move(identity));
  if (link->is_shut_down()) return errc::closed;
  error_code failed;
  link->control_.emplace(home);
  link->control_->assign(control.get(), failed);
  if (failed) return error(failed, stage::spawner_start).with_object("control socket of linx-spawner");
  (void)control.release();
  return link;
}

spawner_connection::spawner_connection(executor home, slot_table slots, host_identity identity)
    : context_state(std::move(home),
                    as_given()), // its members have a mutex, and nobody's strand holds them up
      slots_(std::move(slots)),
      identity_(std::move(identity)),
      buffer_(wire::max_datagram)
{}

void spawner_connection::shutdown() noexcept
{
  decltype(sessions_) sessions; // destroyed without the mutex: they come back to release their slots
  const std::scoped_lock lock(mutex_);
  control_.reset();
  pause_.reset();
  queue_.clear();
  dead_ = true;
  sessions.swap(sessions_);
}

bool spawner_connection::takes_requests() const
{
  const std::scoped_lock lock(mutex_);
  return !dead_ && !retired_;
}

bool spawner_connection::is_crowded() const
{
  const std::scoped_lock lock(mutex_);
  if (unanswered_ < crowd || slots_.is_exhausted()) return false;
  // Each of these brings its pidfd and, until the host has heard that it executes, its socket: at most an
  // eighth of the room is for the sockets.
  return spare_descriptors(slots_.fd()) / 8 > unanswered_;
}

result<std::uint32_t> spawner_connection::acquire_slot()
{
  const std::scoped_lock lock(mutex_);
  return slots_.acquire();
}

void spawner_connection::release_slot(std::uint32_t slot) noexcept
{
  const std::scoped_lock lock(mutex_);
  slots_.release(slot);
}

void spawner_connection::forsake()
{
  decltype(sessions_) sessions; // they come back to be dismissed
  std::string how;
  {
    const std::scoped_lock lock(mutex_);
    dead_ = true;
    close_copy(control_);
    queue_.clear();
    pidfd_.reset();
    sessions = sessions_;
    how = "linx-spawner " + std::to_string(pid_) + " belongs to the process that this one was forked from";
  }
  for (auto& [id, each] : sessions) each.who->forsake(how);
}

pid_t spawner_connection::spawner_pid() const
{
  const std::scoped_lock lock(mutex_);
  return pid_;
}

result<> spawner_connection::submit(std::uint64_t id, std::shared_ptr<session> who, byte_vector frame,
                                    std::span<const int> fds)
{
  locked lock(mutex_);
  if (dead_ || retired_) return error(errc::died, stage::spawner_died);
  // Before it is sent: from then on there is a child whose session must hear of it.
  sessions_.emplace(id, enrolled{std::move(who)});
  ++unanswered_;
  try {
    auto sent = send_or_queue(id, frame, fds);
    if (sent) {
      wait_for_records();
      return sent;
    }
    strike(id);
    return peer_has_gone(sent.error()) ? why_it_is_gone(lock) : std::move(sent).error();
  } catch (const std::bad_alloc&) {
    strike(id);
    throw;
  }
}

// With the mutex held.
result<> spawner_connection::send_or_queue(std::uint64_t id, std::span<const std::byte> frame,
                                           std::span<const int> fds)
{
  int why = 0;
  if (queue_.empty()) {
    auto sent = send_datagram(control_->native_handle(), frame, fds);
    if (sent) return success();
    why = sent.error().errnum();
    if (why != EAGAIN && !lacks_room(sent.error()))
      return std::move(sent).error().with_stage(transport_stage(why));
  }
  queued later{id, byte_vector(frame.begin(), frame.end()), {}};
  for (const int fd : fds) {
    BOOST_OUTCOME_TRY(auto copy, io::unique_fd::duplicate(fd));
    later.fds.push_back(std::move(copy));
  }
  queue_.push_back(std::move(later));
  if (queue_.size() == 1) send_later(why);
  return success();
}

// With the mutex held. Nobody else reads while there is no session: what a spawner says that cannot start
// still lies in the socket. A new one would say the same, so that is no errc::died.
error spawner_connection::why_it_is_gone(locked& lock)
{
  if (sessions_.empty() && !reading_) read_records(lock);
  if (start_error_ && pid_ == 0) return start_failure();
  return error(errc::died, stage::spawner_died);
}

error spawner_connection::start_failure() const noexcept
{
  return with_words(*start_error_, [] { return "linx-spawner, at its start"; });
}

bool spawner_connection::post(std::span<const std::byte> frame, std::span<const int> fds) noexcept
{
  const std::scoped_lock lock(mutex_);
  if (dead_ || !control_) return false;
  try {
    return send_or_queue(0, frame, fds).has_value();
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void spawner_connection::dismiss(std::uint64_t id)
{
  const std::scoped_lock lock(mutex_);
  strike(id);
  rest_if_unused();
}

// With the mutex held. Whoever calls has the session: the last of its owners must not go in here.
void spawner_connection::strike(std::uint64_t id) noexcept
{
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  count_answer(found->second);
  sessions_.erase(found);
}

void spawner_connection::retire()
{
  const std::scoped_lock lock(mutex_);
  retired_ = true;
  rest_if_unused();
}

// With the mutex held.
void spawner_connection::rest_if_unused()
{
  if (!control_ || !sessions_.empty() || !queue_.empty()) return;
  if (retired_) {
    control_.reset();
  } else if (waiting_) {
    error_code ignored;
    control_->cancel(ignored);
  }
}

// With the mutex held.
void spawner_connection::count_answer(enrolled& of) noexcept
{
  if (!std::exchange(of.answered, true)) --unanswered_;
}

// With the mutex held. Only while somebody wants records: a pending wait is work that keeps
// io_context::run() from returning. A spawner that dies unwatched is found dead by the next submit().
void spawner_connection::wait_for_records()
{
  if (waiting_ || !control_ || sessions_.empty()) return;
  waiting_ = true;
  auto self = std::static_pointer_cast<spawner_connection>(shared_from_this());
  const auto read = [self](error_code failed) {
    locked lock(self->mutex_);
    if (!failed) self->read_records(lock);
    // After that: often it was the last session, and one may have come since an idle wait was cancelled. And
    // not before: a request on another thread would begin the next wait, and a third thread could deliver the
    // end of a child before this one has delivered its beginning.
    self->waiting_ = false;
    self->wait_for_records();
  };
  control_->async_wait(asio::posix::descriptor_base::wait_read,
                       asio::bind_allocator(handler_allocator<void>(reader_memory_), read));
}

// With the mutex held.
void spawner_connection::read_records(locked& lock)
{
  reading_ = true;
  for (int n = 0; control_ && n != datagrams_at_once; ++n) {
    auto got = receive_datagram(control_->native_handle(), buffer_);
    if (!got && got.error().errnum() == EAGAIN) break;
    std::optional<error> why; // none: end of file
    if (!got) {
      why = std::move(got).error();
    } else if (const auto bytes = got.assume_value().bytes; bytes > 0) {
      // Of one child there is rarely a second record, and the next wait finds it.
      const bool is_all = sessions_.size() <= 1;
      const std::span<const std::byte> datagram(buffer_.data(), bytes);
      const auto read = read_datagram(lock, datagram, std::move(got).assume_value());
      if (read && !is_all) continue;
      if (read) break;
      why = read.error();
    }
    die(lock, why);
  }
  reading_ = false;
}

// With the mutex held.
result<> spawner_connection::read_datagram(locked& lock, std::span<const std::byte> datagram, received got)
{
  // Descriptors that were lost are missing at the end of the datagram; its frames count them all the same.
  frame_reader frames(datagram, got.lost ? wire::max_fds : got.fds.size());
  std::span<io::unique_fd> fds(got.fds);
  while (auto next = frames.next()) {
    if (!*next) return next->error();
    const frame_view& frame = next->assume_value();
    const auto own = fds.first(std::min<std::size_t>(frame.header.fds, fds.size()));
    fds = fds.subspan(own.size());
    if (frame.header.id == 0) {
      BOOST_OUTCOME_TRYV(take_own(frame, own));
      continue;
    }
    BOOST_OUTCOME_TRY(auto news, to_news(frame, own, got.lost));
    const auto found = sessions_.find(frame.header.id);
    if (found == sessions_.end()) continue;
    count_answer(found->second);
    deliver(lock, found->second.who, std::move(news));
  }
  return success();
}

/// A frame about the spawner itself.
result<> spawner_connection::take_own(const frame_view& frame, std::span<io::unique_fd> fds)
{
  if (frame.header.type == wire::frame_type::hello) {
    BOOST_OUTCOME_TRY(const auto r, read_record<wire::hello_record>(frame));
    pid_ = static_cast<pid_t>(r.pid);
    if (!fds.empty()) pidfd_ = std::move(fds[0]);
    return success();
  }
  if (frame.header.type == wire::frame_type::failed) {
    BOOST_OUTCOME_TRY(const auto r, read_record<wire::failed_record>(frame));
    start_error_ = error::from_errno(r.error, wire::to_stage(r.where));
    return success();
  }
  return with_words(error(errc::protocol, stage::malformed),
                    [] { return "frame without an id on the control socket"; });
}

// With the mutex held. Whoever speaks another language is not talked to again: the closed socket tells it so.
void spawner_connection::die(locked& lock, const std::optional<error>& why)
{
  dead_ = true;
  control_.reset();
  pause_.reset();
  queue_.clear();
  const auto how = how_it_died(why);
  while (!sessions_.empty()) {
    const auto first = sessions_.begin();
    auto who = std::move(first->second.who);
    strike(first->first);
    deliver(lock, std::move(who), spawner_gone{how});
  }
}

error spawner_connection::how_it_died(const std::optional<error>& why) const noexcept
{
  if (why && why->code().category() == linx_category()) // what was read, not what the socket refused
    return with_words(error(errc::protocol, stage::malformed),
                      [&] { return "linx-spawner " + std::to_string(pid_) + ": " + why->message(); });
  if (start_error_ && pid_ == 0) return start_failure(); // before its hello
  return with_words(error(errc::died, stage::spawner_died), [&] {
    std::string how = spawner_death(pid_, pidfd_.get());
    if (start_error_) how += " (" + start_error_->message() + ')';
    if (why) how += " (" + why->message() + ')';
    return how;
  });
}

/// Called with the mutex, on the executor of the link, which most often is the session's as well. The mutex
/// is not held while the session takes the news, and perhaps comes back with its next request; nor when its
/// last owner goes.
void spawner_connection::deliver(locked& lock, std::shared_ptr<session> to, control_news news) const
{
  lock.unlock();
  try {
    const auto taker = std::move(to);
    const auto home = taker->get_executor();
    if (home == get_executor())
      taker->take(std::move(news));
    else if (home)
      asio::dispatch(home, [taker, news = std::move(news)]() mutable { taker->take(std::move(news)); });
  } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch): nobody is left to tell
    // A strand without memory has dropped what it was given.
  }
  lock.lock();
}

// With the mutex held. That a socket is not full, the reactor tells; that the kernel has memory again, or the
// user fewer descriptors in flight, nobody does.
void spawner_connection::send_later(int why)
{
  auto self = std::static_pointer_cast<spawner_connection>(shared_from_this());
  const auto again = [self](error_code failed) {
    if (!failed) self->write_queue();
  };
  const handler_allocator<void> memory(writer_memory_);
  if (why != EAGAIN) {
    try {
      if (!pause_) pause_.emplace(get_executor());
      pause_->expires_after(room_pause);
      return pause_->async_wait(asio::bind_allocator(memory, again));
    } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch): there is another way
    }
  }
  // Without a pause, that is at once.
  control_->async_wait(asio::posix::descriptor_base::wait_write, asio::bind_allocator(memory, again));
}

void spawner_connection::write_queue()
{
  locked lock(mutex_);
  while (control_ && !queue_.empty() && send_first(lock)) {
  }
  rest_if_unused();
}

// With the mutex held. False: it stays, for now. What cannot be sent at all is refused in the spawner's
// place.
bool spawner_connection::send_first(locked& lock)
{
  queued& first = queue_.front();
  std::array<int, wire::max_fds> fds;
  std::ranges::transform(first.fds, fds.begin(), &io::unique_fd::get);
  auto sent = send_datagram(control_->native_handle(), first.frame, std::span(fds).first(first.fds.size()));
  if (sent) {
    queue_.pop_front();
    return true;
  }
  if (peer_has_gone(sent.error())) return false; // the reader tells the sessions
  const int why = sent.error().errnum();
  const bool may_wait =
      why == EAGAIN || (lacks_room(sent.error()) && (first.id == 0 || ++first.attempts < room_attempts));
  if (may_wait) {
    send_later(why);
    return false;
  }
  const auto found = sessions_.find(first.id);
  queue_.pop_front();
  if (found == sessions_.end()) return true;
  count_answer(found->second);
  deliver(lock, found->second.who, child_unsent{std::move(sent).error().with_stage(transport_stage(why))});
  return true;
}

} // namespace linx::detail
