#include "process/session.hpp"

#include "core/with_words.hpp"
#include "process/datagram.hpp"
#include "process/exit_info.hpp"
#include "process/init_report.hpp"
#include "process/last_resort.hpp"
#include "process/protocol_stage.hpp"

#include <boost/asio/bind_allocator.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <new>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace linx::detail {

namespace {

// DONE and READY are 24 bytes; a child that sends more is not ours.
constexpr std::size_t longest_child_frame = 256;

// An orphan answers only when init, or a subreaper, has reaped it.
constexpr auto exit_info_patience = std::chrono::seconds(2);
constexpr auto exit_info_pause = std::chrono::milliseconds(10);

error wrong_message(std::string_view what)
{
  return error(errc::protocol, stage::protocol)
      .with_object("message of the parked child: " + std::string(what));
}

template <class Map>
std::string text_or_empty(const Map& map)
{
  return map.empty() ? std::string() : map.text().assume_value();
}

} // namespace

session::session(executor home, const process_options& o, spawn_plan plan, std::uint64_t id)
    : context_state(std::move(home)),
      id_(id),
      machine_(o.proceeds_by_itself(), o.orphan().what() == orphan_policy::kind::outlive),
      plan_(std::move(plan)),
      argv_(o.argv()),
      namespaces_(o.namespaces()),
      objects_(plan_.steps.objects()),
      uid_map_(text_or_empty(o.uid_map())),
      gid_map_(text_or_empty(o.gid_map())),
      deny_setgroups_(o.denies_setgroups()),
      is_parkable_(o.is_parkable())
{}

session::~session()
{
  release_slot();
}

void session::shutdown() noexcept
{
  checkpoint_.reset();
  timer_.reset();
  watched_.reset();
  for (auto& end : pipes_) end.reset();
  waiters.drop();
  end_waiters.drop();
}

void session::attach(std::shared_ptr<child_keeper> link, std::uint32_t slot) noexcept
{
  link_ = std::move(link);
  if (plan_.maker != checkpoint_maker::nobody) slot_ = slot;
}

void session::enters(std::string target, std::vector<ns::kind> kinds)
{
  mode_ = process_mode::enter;
  target_ = std::move(target);
  entered_ = std::move(kinds);
}

void session::release_slot() noexcept
{
  if (slot_) link_->release_slot(*std::exchange(slot_, std::nullopt));
}

// ---------------------------------------------------------------------------------------------- the spawner

void session::take(control_news news) noexcept
try {
  if (is_shut_down()) return;
  if (auto* s = std::get_if<child_spawned>(&news)) {
    pidfd_ = std::move(s->pidfd);
    perform(machine_.spawned(s->pid));
    let_outlive();
    if (s->running) {
      release_slot();
      perform(machine_.marker());
      perform(machine_.checkpoint_closed());
    }
    if (s->has_checkpoint && slot_ && !checkpoint_) take_introduction(std::move(*s));
    if (!pidfd_)
      perform(machine_.give_up(error::from_errno(s->lost, stage::fd_pass).with_object("pidfd of the child")));
  } else if (const auto* r = std::get_if<child_refused>(&news)) {
    if (r->where == wire::stage::credentials) link_->retire(); // it will make no other child either
    perform(machine_.refused(explain(r->where, r->step, r->error)));
  } else if (auto* u = std::get_if<child_unsent>(&news)) {
    perform(machine_.refused(std::move(u->why)));
  } else if (const auto* e = std::get_if<child_exited>(&news)) {
    if (machine_.host_pid() == 0) perform(machine_.spawned(e->pid)); // it had no time to say so itself
    hear_last_words();
    perform(machine_.exited(init_report_ ? end_of_workload(e->record, init_report_.get()) : e->record));
  } else if (std::holds_alternative<child_left>(news)) {
    hear_last_words();
  } else if (const auto* p = std::get_if<child_parked>(&news)) {
    take_parking(p->error);
  } else if (auto* g = std::get_if<spawner_gone>(&news)) {
    read_child(); // it may run since long, and then it may outlive its spawner
    if (machine_.is_condemned()) kill_by_scope(); // what was asked of the spawner, it may not have done
    perform(machine_.spawner_died(std::move(g->how)));
  }
} catch (const std::bad_alloc&) {
  out_of_memory();
}

/// Of what the child sent, or was to be sent, something is missing now: it is of no use any more.
void session::out_of_memory() noexcept
try {
  perform(machine_.give_up(error::from_errno(ENOMEM, stage::receive)));
} catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch): the machine has been told
}

/// Unless it goes on by itself, the child stands at its checkpoint: `spawned` and READY are one.
void session::take_introduction(child_spawned child)
{
  auto adopted = child.checkpoint
                     ? adopt_checkpoint(std::move(child.checkpoint))
                     : error::from_errno(child.lost, stage::fd_pass).with_object("checkpoint socket");
  if (!adopted) return perform(machine_.give_up(std::move(adopted).error()));
  if (!plan_.auto_proceed) perform(machine_.ready(child.pid));
  if (checkpoint_) wait_for_child();
}

// Without a descriptor of the child none of the effects can reach it.
void session::forsake(std::string how)
{
  close_copy(checkpoint_);
  close_copy(watched_);
  pidfd_.reset();
  proc_dir_.reset();
  cgroup_.reset();
  perform(machine_.checkpoint_closed());
  perform(machine_.spawner_died(error(errc::died, stage::spawner_died).with_object(std::move(how))));
}

// ------------------------------------------------------------------------------------------------ the child

result<> session::adopt_checkpoint(io::unique_fd checkpoint)
{
  error_code failed;
  checkpoint_.emplace(get_executor());
  checkpoint_->assign(checkpoint.get(), failed);
  if (failed) return error(failed, stage::socketpair).with_object("checkpoint socket");
  (void)checkpoint.release();
  return success();
}

void session::start()
{
  plan_.strings = byte_vector(); // as large as the environment, and sent; `= {}` would keep the room
  plan_.steps = step_list();
  if (checkpoint_) wait_for_child();
}

void session::wait_for_child()
{
  auto self = std::static_pointer_cast<session>(shared_from_this());
  const auto read = [self](error_code failed) {
    if (failed || !self->checkpoint_) return;
    try {
      self->read_message(); // one: what more there is, the next wait finds
    } catch (const std::bad_alloc&) {
      self->out_of_memory();
    }
    if (self->checkpoint_) self->wait_for_child();
  };
  checkpoint_->async_wait(asio::posix::descriptor_base::wait_read,
                          asio::bind_allocator(handler_allocator<void>(reader_memory_), read));
}

/// All that the child has said so far.
void session::read_child()
{
  while (checkpoint_ && read_message()) {
  }
}

/// The child has ended: what it said lies in the checkpoint socket, and there is no more to come, although a
/// process that has taken a copy of its end (pidfd_getfd(2)) keeps end of file away.
void session::hear_last_words()
{
  read_child();
  if (slot_) child_closed();
}

/// False if there is nothing to read.
bool session::read_message()
{
  std::array<std::byte, longest_child_frame> buffer;
  auto got = receive_datagram(checkpoint_->native_handle(), buffer);
  if (!got && got.error().errnum() == EAGAIN) return false;
  if (!got && got.error() == errc::truncated) {
    perform(machine_.give_up(wrong_message("more than " + std::to_string(buffer.size()) + " bytes")));
    return true;
  }
  if (!got || got.assume_value().bytes == 0) {
    child_closed();
    return true;
  }
  const std::span<const std::byte> datagram(buffer.data(), got.assume_value().bytes);
  auto read = take_frame(datagram, std::move(got).assume_value());
  if (!read) perform(machine_.give_up(wrong_message(read.error().object())));
  return true;
}

result<> session::take_frame(std::span<const std::byte> datagram, received got)
{
  frame_reader frames(datagram, wire::max_fds, is_attached()); // some may be lost; looked at below
  BOOST_OUTCOME_TRY(const frame_view frame, *frames.next());   // a datagram that is read is not empty
  if (frame.header.type == wire::frame_type::ready) {
    BOOST_OUTCOME_TRY(const auto r, read_record<wire::ready_record>(frame));
    perform(machine_.ready(static_cast<pid_t>(r.pid)));
    return success();
  }
  if (frame.header.type != wire::frame_type::done)
    return error(errc::protocol, stage::protocol)
        .with_object("frame of type " + std::to_string(static_cast<unsigned>(frame.header.type)));
  BOOST_OUTCOME_TRY(const auto r, read_record<wire::done_record>(frame));
  const auto found = steps_.find(r.header.id);
  if (found == steps_.end()) return success(); // whoever asked was cancelled
  auto& step = found->second;
  if (r.error != 0) {
    const auto* object = find_object(step.objects, r.where, r.step);
    step.answer =
        error::from_errno(r.error, wire::to_stage(r.where)).with_object(object ? *object : step.object);
  } else if (r.header.fds > got.fds.size()) {
    step.answer =
        error::from_errno(got.lost ? got.lost : EMFILE, stage::fd_pass).with_object(std::move(step.object));
  } else {
    step.answer = std::move(got.fds);
  }
  waiters.wake_all();
  return success();
}

// ---------------------------------------------------------------------------------------------- the effects

void session::perform(session_effects todo)
{
  if (todo.kill) kill_by_scope();
  for (const int signo : todo.signals) (void)send_signal(signo);
  if (todo.send_proceed) send_last_word(wire::frame_type::proceed);
  if (todo.send_rehearse) send_last_word(wire::frame_type::rehearse);
  if (todo.watch_pidfd) watch_pidfd();
  if (todo.read_exit_info) ask_exit_info(std::chrono::steady_clock::now() + exit_info_patience);
  if (todo.finished) finish();
  if (todo.changed) waiters.wake_all();
  if (todo.begin_setup) perform(machine_.set_up(set_up()));
  // A detached child whose handle is gone interests nobody here, and must not keep the context at work.
  if (dropped_ && machine_.detached() && machine_.was_running()) link_->dismiss(id_);
}

/// What goes along is the spawner's affair: it has the child unreaped while it looks for that. Else the host
/// does it by itself, and asks where it has no pidfd yet, or has lost it, or has no right any more to signal
/// the child.
void session::kill_by_scope()
{
  const bool is_alone = plan_.scope == kill_scope::process;
  if (!is_alone && link_->post(encode_kill(id_), {})) return;
  if (kill_directly(plan_.scope, pidfd_.get(), cgroup_.get()) == 0) return;
  if (is_alone) link_->post(encode_kill(id_), {});
  if (checkpoint_) ::shutdown(checkpoint_->native_handle(), SHUT_WR); // which a parked child leaves at
}

/// The host's own work on the parked child.
result<> session::set_up()
{
  if (deny_setgroups_) {
    BOOST_OUTCOME_TRYV(write_proc("setgroups", "deny", stage::setgroups));
    setgroups_denied_ = true;
  }
  if (!uid_map_.empty()) {
    BOOST_OUTCOME_TRYV(write_uid_map(uid_map_));
  }
  if (!gid_map_.empty()) {
    BOOST_OUTCOME_TRYV(write_gid_map(gid_map_));
  }
  return success();
}

void session::send_last_word(wire::frame_type what)
{
  byte_vector frame;
  try {
    frame = encode_steps(what, 0, last_steps_, version_);
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  }
  const auto sent = send_datagram(checkpoint_->native_handle(), frame);
  if (sent || peer_has_gone(sent.error())) return; // it has died: end of file tells
  if (sent.error().errnum() != EAGAIN) return perform(machine_.give_up(sent.error()));
  // The socket is full of steps that the child has not read yet.
  auto self = std::static_pointer_cast<session>(shared_from_this());
  const auto again = [self, what](error_code failed) {
    if (!failed && self->checkpoint_) self->send_last_word(what);
  };
  checkpoint_->async_wait(asio::posix::descriptor_base::wait_write,
                          asio::bind_allocator(handler_allocator<void>(writer_memory_), again));
}

result<> session::send_signal(int signo)
{
  const std::string child = "process " + std::to_string(machine_.host_pid());
  if (!pidfd_)
    return error::from_errno(EMFILE, stage::signal).with_object("the pidfd of " + child + " was lost");
  const bool carried = signo == SIGSTOP && has_init_;
  siginfo_t stop = carrier_of_stop();
  if (::syscall(SYS_pidfd_send_signal, pidfd_.get(), carried ? wire::stop_carrier : signo,
                carried ? &stop : nullptr, 0) == 0)
    return success();
  if (errno == ESRCH) return error(errc::no_process, stage::signal).with_object(child);
  return error::from_errno(errno, stage::signal).with_object(child);
}

void session::watch_pidfd()
{
  try {
    if (begin_to_watch()) return;
  } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch): as if it were refused
  }
  perform(machine_.ended()); // nothing will tell: neither the spawner nor the kernel
}

bool session::begin_to_watch()
{
  auto copy = io::unique_fd::duplicate(pidfd_.get());
  if (!copy) return false;
  auto watched = io::pidfd::adopt(get_executor(), std::move(copy).assume_value());
  if (!watched) return false;
  watched_.emplace(std::move(watched).assume_value());
  auto self = std::static_pointer_cast<session>(shared_from_this());
  watched_->async_wait([self](error_code failed) {
    if (failed || self->is_shut_down()) return;
    try {
      self->hear_last_words();
      self->perform(self->machine_.ended());
    } catch (const std::bad_alloc&) {
      self->out_of_memory();
    }
  });
  return true;
}

void session::ask_exit_info(std::chrono::steady_clock::time_point deadline)
{
  const auto info = query_exit_info(pidfd_.get());
  if (info.answer == exit_answer::known)
    return perform(
        machine_.exit_info(init_report_ ? end_of_workload(info.record, init_report_.get()) : info.record));
  if (info.answer == exit_answer::unsupported || std::chrono::steady_clock::now() >= deadline)
    return perform(machine_.exit_info(std::nullopt));
  auto self = std::static_pointer_cast<session>(shared_from_this());
  const auto again = [self, deadline](error_code failed) {
    if (!failed && !self->is_shut_down()) self->ask_exit_info(deadline);
  };
  try {
    if (!timer_) timer_.emplace(get_executor());
    timer_->expires_after(exit_info_pause);
    timer_->async_wait(asio::bind_allocator(handler_allocator<void>(writer_memory_), again));
  } catch (const std::bad_alloc&) {
    perform(machine_.exit_info(std::nullopt));
  }
}

void session::finish()
{
  checkpoint_.reset();
  release_slot();
  timer_.reset();
  if (watched_) (void)watched_->release(); // takes it out of the epoll set, whoever else holds the open file
  pidfd_.reset();
  proc_dir_.reset();
  init_report_.reset();
  cgroup_.reset();
  if (terminal_) terminal_->child_ended();
  give_up_steps(errc::no_process);
  link_->dismiss(id_);
  end_waiters.wake_all();
}

void session::give_up_steps(errc why) noexcept
{
  for (auto& [id, step] : steps_) {
    if (step.answer) continue;
    step.answer = with_words(error(why, stage::receive), [&step] { return std::move(step.object); });
  }
}

} // namespace linx::detail
