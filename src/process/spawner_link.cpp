#include "process/spawner_link.hpp"

#include "process/exit_info.hpp"
#include "process/protocol_stage.hpp"
#include "process/session.hpp"
#include "process/spawner_start.hpp"

#include <boost/asio/dispatch.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <iterator>
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

/// Errors of sending that pass, without an event that would tell when. ETOOMANYREFS: an ordinary user has
/// more descriptors in flight than RLIMIT_NOFILE (unix(7)).
bool lacks_room(int errnum)
{
  return errnum == ETOOMANYREFS || errnum == ENOBUFS || errnum == ENOMEM;
}

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

/// The record of a frame that is about a child.
result<control_news> to_news(const frame_view& frame, std::span<io::unique_fd> fds)
{
  switch (frame.header.type) {
  case wire::frame_type::spawned: {
    BOOST_OUTCOME_TRY(const auto r, read_record<wire::spawned_record>(frame));
    child_spawned news;
    news.pid = static_cast<pid_t>(r.pid);
    news.running = (r.flags & static_cast<std::uint32_t>(wire::spawned_flags::running)) != 0;
    news.has_checkpoint = (r.flags & static_cast<std::uint32_t>(wire::spawned_flags::checkpoint)) != 0;
    if (!fds.empty()) news.pidfd = std::move(fds[0]);
    if (fds.size() > 1 && news.has_checkpoint) news.checkpoint = std::move(fds[1]);
    return control_news(std::move(news));
  }
  case wire::frame_type::failed: {
    BOOST_OUTCOME_TRY(const auto r, read_record<wire::failed_record>(frame));
    return control_news(child_refused{r.where, r.step, r.error});
  }
  case wire::frame_type::exited: {
    BOOST_OUTCOME_TRY(const auto r, read_record<wire::exited_record>(frame));
    return control_news(child_exited{static_cast<pid_t>(r.pid), to_exit_record(r)});
  }
  default:
    break;
  }
  return error(errc::protocol, stage::malformed)
      .with_object("frame of type " + std::to_string(static_cast<unsigned>(frame.header.type)) +
                   " on the control socket");
}

} // namespace

result<std::shared_ptr<spawner_link>> spawner_link::start(executor home, host_identity identity)
{
  BOOST_OUTCOME_TRY(auto slots, slot_table::create());
  BOOST_OUTCOME_TRY(auto control, start_spawner(slots.fd()));
  auto link = make_state<spawner_link>(home, std::move(slots), std::move(identity));
  if (link->is_shut_down()) return errc::closed;
  error_code failed;
  link->control_.emplace(home);
  link->control_->assign(control.get(), failed);
  if (failed) return error(failed, stage::spawner_start).with_object("control socket of linx-spawner");
  (void)control.release();
  return link;
}

spawner_link::spawner_link(executor home, slot_table slots, host_identity identity)
    : context_state(std::move(home),
                    as_given()), // its members have a mutex, and nobody's strand holds them up
      slots_(std::move(slots)),
      identity_(std::move(identity)),
      buffer_(wire::max_datagram)
{}

void spawner_link::shutdown() noexcept
{
  decltype(sessions_) sessions; // destroyed without the mutex: they come back to release their slots
  const std::scoped_lock lock(mutex_);
  control_.reset();
  pause_.reset();
  queue_.clear();
  dead_ = true;
  sessions.swap(sessions_);
}

bool spawner_link::takes_requests() const
{
  const std::scoped_lock lock(mutex_);
  return !dead_ && !retired_;
}

bool spawner_link::is_crowded() const
{
  const std::scoped_lock lock(mutex_);
  if (unanswered_ < crowd || slots_.is_exhausted()) return false;
  // Each of these brings its pidfd and, until the host has heard that it executes, its socket: at most an
  // eighth of the room is for the sockets.
  return spare_descriptors(slots_.fd()) / 8 > unanswered_;
}

result<std::uint32_t> spawner_link::acquire_slot()
{
  const std::scoped_lock lock(mutex_);
  return slots_.acquire();
}

void spawner_link::release_slot(std::uint32_t slot)
{
  const std::scoped_lock lock(mutex_);
  slots_.release(slot);
}

void spawner_link::forsake()
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

pid_t spawner_link::spawner_pid() const
{
  const std::scoped_lock lock(mutex_);
  return pid_;
}

result<> spawner_link::submit(std::uint64_t id, std::shared_ptr<session> who, byte_vector frame,
                              std::span<const int> fds)
{
  const std::scoped_lock lock(mutex_);
  if (dead_ || retired_) return error(errc::died, stage::spawner_died);
  int why = 0;
  if (queue_.empty()) {
    auto sent = send_datagram(control_->native_handle(), frame, fds);
    if (sent) {
      enroll(id, std::move(who));
      return success();
    }
    if (peer_has_gone(sent.error())) return why_it_is_gone();
    why = sent.error().errnum();
    if (why != EAGAIN && !lacks_room(why)) return std::move(sent).error().with_stage(transport_stage(why));
  }
  queued later{id, std::move(frame), {}};
  for (const int fd : fds) {
    BOOST_OUTCOME_TRY(auto copy, io::unique_fd::duplicate(fd));
    later.fds.push_back(std::move(copy));
  }
  queue_.push_back(std::move(later));
  enroll(id, std::move(who));
  if (queue_.size() == 1) send_later(why);
  return success();
}

// With the mutex held. Nobody else reads while there is no session: what a spawner says that cannot start
// still lies in the socket. A new one would say the same, so that is no errc::died.
error spawner_link::why_it_is_gone()
{
  if (sessions_.empty()) (void)read_records();
  if (start_error_ && pid_ == 0) return start_failure();
  return error(errc::died, stage::spawner_died);
}

error spawner_link::start_failure() const
{
  auto why = *start_error_;
  return std::move(why).with_object("linx-spawner, at its start");
}

bool spawner_link::post(byte_vector frame)
{
  const std::scoped_lock lock(mutex_);
  if (dead_ || !control_) return false;
  int why = 0;
  if (queue_.empty()) {
    const auto sent = send_datagram(control_->native_handle(), frame);
    if (sent) return true;
    if (peer_has_gone(sent.error())) return false;
    why = sent.error().errnum();
    if (why != EAGAIN && !lacks_room(why)) return false;
  }
  queue_.push_back({0, std::move(frame), {}});
  if (queue_.size() == 1) send_later(why);
  return true;
}

void spawner_link::dismiss(std::uint64_t id)
{
  const std::scoped_lock lock(mutex_);
  const auto found = sessions_.find(id);
  if (found != sessions_.end()) {
    count_answer(found->second);
    sessions_.erase(found);
  }
  rest_if_unused();
}

void spawner_link::retire()
{
  const std::scoped_lock lock(mutex_);
  retired_ = true;
  rest_if_unused();
}

// With the mutex held.
void spawner_link::rest_if_unused()
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
void spawner_link::enroll(std::uint64_t id, std::shared_ptr<session> who)
{
  sessions_.emplace(id, enrolled{std::move(who)});
  ++unanswered_;
  wait_for_records();
}

// With the mutex held.
void spawner_link::count_answer(enrolled& of) noexcept
{
  if (!std::exchange(of.answered, true)) --unanswered_;
}

// With the mutex held. Only while somebody wants records: a pending wait is work that keeps
// io_context::run() from returning. A spawner that dies unwatched is found dead by the next submit().
void spawner_link::wait_for_records()
{
  if (waiting_ || !control_ || sessions_.empty()) return;
  waiting_ = true;
  auto self = std::static_pointer_cast<spawner_link>(shared_from_this());
  control_->async_wait(asio::posix::descriptor_base::wait_read, [self](error_code failed) {
    std::vector<delivery> deliveries;
    {
      const std::scoped_lock lock(self->mutex_);
      if (!failed) deliveries = self->read_records();
    }
    self->deliver(std::move(deliveries)); // without the mutex: a session may come back with its next request
    // After that: often it was the last session, and one may have come since an idle wait was cancelled. And
    // not before: a request on another thread would begin the next wait, and a third thread could deliver the
    // end of a child before this one has delivered its beginning.
    const std::scoped_lock lock(self->mutex_);
    self->waiting_ = false;
    self->wait_for_records();
  });
}

// With the mutex held.
std::vector<spawner_link::delivery> spawner_link::read_records()
{
  std::vector<delivery> deliveries;
  for (int n = 0; control_ && n != datagrams_at_once; ++n) {
    auto got = receive_datagram(control_->native_handle(), buffer_);
    if (!got && got.error().errnum() == EAGAIN) break;
    std::optional<error> why; // none: end of file
    if (!got) {
      why = std::move(got).error();
    } else if (const auto bytes = got.assume_value().bytes; bytes > 0) {
      const std::span<const std::byte> datagram(buffer_.data(), bytes);
      const auto read = read_datagram(datagram, std::move(got).assume_value(), deliveries);
      if (read && sessions_.size() > 1) continue;
      if (read) break; // of one child there is rarely a second record, and the next wait finds it
      why = read.error();
    }
    auto last = die(std::move(why));
    std::move(last.begin(), last.end(), std::back_inserter(deliveries));
  }
  return deliveries;
}

// With the mutex held.
result<> spawner_link::read_datagram(std::span<const std::byte> datagram, received got,
                                     std::vector<delivery>& deliveries)
{
  // Descriptors that did not fit are missing at the end of the datagram; its frames count them all the same.
  if (got.fds_cut) got.fds.resize(wire::max_fds);
  frame_reader frames(datagram, got.fds.size());
  std::span<io::unique_fd> fds(got.fds);
  while (auto next = frames.next()) {
    if (!*next) return next->error();
    const frame_view& frame = next->assume_value();
    const auto own = fds.first(frame.header.fds);
    fds = fds.subspan(frame.header.fds);
    if (frame.header.id == 0) {
      BOOST_OUTCOME_TRYV(take_own(frame, own));
      continue;
    }
    BOOST_OUTCOME_TRY(auto news, to_news(frame, own));
    const auto found = sessions_.find(frame.header.id);
    if (found == sessions_.end()) continue;
    count_answer(found->second);
    deliveries.push_back({found->second.who, std::move(news)});
  }
  return success();
}

/// A frame about the spawner itself.
result<> spawner_link::take_own(const frame_view& frame, std::span<io::unique_fd> fds)
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
  return error(errc::protocol, stage::malformed).with_object("frame without an id on the control socket");
}

// With the mutex held. Whoever speaks another language is not talked to again: the closed socket tells it so.
std::vector<spawner_link::delivery> spawner_link::die(std::optional<error> why)
{
  dead_ = true;
  control_.reset();
  pause_.reset();
  queue_.clear();
  std::vector<delivery> deliveries;
  const auto tell_all = [&](const error& how) {
    for (auto& [id, each] : sessions_) deliveries.push_back({each.who, spawner_gone{how}});
  };
  if (why && why->code().category() == linx_category()) { // what was read, not what the socket refused
    tell_all(error(errc::protocol, stage::malformed)
                 .with_object("linx-spawner " + std::to_string(pid_) + ": " + why->message()));
    return deliveries;
  }
  if (start_error_ && pid_ == 0) { // before its hello
    tell_all(start_failure());
    return deliveries;
  }
  std::string how = spawner_death(pid_, pidfd_.get());
  if (start_error_) how += " (" + start_error_->message() + ')';
  if (why) how += " (" + why->message() + ')';
  tell_all(error(errc::died, stage::spawner_died).with_object(std::move(how)));
  return deliveries;
}

/// Called on the executor of the link, which most often is the session's as well.
void spawner_link::deliver(std::vector<delivery> deliveries) const
{
  for (auto& d : deliveries) {
    const auto home = d.to->get_executor();
    if (home == get_executor())
      d.to->take(std::move(d.news));
    else if (home)
      asio::dispatch(home, [d = std::move(d)]() mutable { d.to->take(std::move(d.news)); });
  }
}

// With the mutex held. That a socket is not full, the reactor tells; that the kernel has memory again, or the
// user fewer descriptors in flight, nobody does.
void spawner_link::send_later(int why)
{
  auto self = std::static_pointer_cast<spawner_link>(shared_from_this());
  const auto go_on = [self](error_code failed) {
    if (!failed) self->write_queue();
  };
  if (why == EAGAIN) return control_->async_wait(asio::posix::descriptor_base::wait_write, go_on);
  if (!pause_) pause_.emplace(get_executor());
  pause_->expires_after(room_pause);
  pause_->async_wait(go_on);
}

void spawner_link::write_queue()
{
  std::vector<delivery> refused;
  {
    const std::scoped_lock lock(mutex_);
    while (control_ && !queue_.empty() && send_first(refused)) queue_.pop_front();
    rest_if_unused();
  }
  deliver(std::move(refused));
}

// With the mutex held. False: it stays, for now. What cannot be sent at all is refused in the spawner's
// place.
bool spawner_link::send_first(std::vector<delivery>& refused)
{
  queued& first = queue_.front();
  std::vector<int> fds;
  for (const auto& fd : first.fds) fds.push_back(fd.get());
  const auto sent = send_datagram(control_->native_handle(), first.frame, fds);
  if (sent) return true;
  if (peer_has_gone(sent.error())) return false; // the reader tells the sessions
  const int why = sent.error().errnum();
  const bool may_wait =
      why == EAGAIN || (lacks_room(why) && (first.id == 0 || ++first.attempts < room_attempts));
  if (may_wait) {
    send_later(why);
    return false;
  }
  const auto found = sessions_.find(first.id);
  if (found != sessions_.end()) {
    count_answer(found->second);
    auto how = sent.error();
    refused.push_back({found->second.who, child_unsent{std::move(how).with_stage(transport_stage(why))}});
  }
  return true;
}

} // namespace linx::detail
