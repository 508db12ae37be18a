#include "process/session.hpp"

#include "process/close_copy.hpp"
#include "process/exit_info.hpp"
#include "process/init_report.hpp"
#include "process/last_resort.hpp"

#include <boost/asio/bind_allocator.hpp>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <new>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace linx::detail {

namespace {

// An orphan answers only when init, or a subreaper, has reaped it.
constexpr auto exit_info_patience = std::chrono::seconds(2);
constexpr auto exit_info_pause = std::chrono::milliseconds(10);

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
  channel_.close();
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
    if (s->has_checkpoint && slot_ && !channel_.is_open()) take_introduction(std::move(*s));
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
                     ? channel_.open(get_executor(), std::move(child.checkpoint))
                     : error::from_errno(child.lost, stage::fd_pass).with_object("checkpoint socket");
  if (!adopted) return perform(machine_.give_up(std::move(adopted).error()));
  if (!plan_.auto_proceed) perform(machine_.ready(child.pid));
  if (channel_.is_open()) wait_for_child();
}

// Without a descriptor of the child none of the effects can reach it.
void session::forsake(std::string how)
{
  channel_.close_copy();
  close_copy(watched_);
  pidfd_.reset();
  proc_dir_.reset();
  cgroup_.reset();
  perform(machine_.checkpoint_closed());
  perform(machine_.spawner_died(error(errc::died, stage::spawner_died).with_object(std::move(how))));
}

// ------------------------------------------------------------------------------------------------ the child

void session::start()
{
  plan_.strings = byte_vector(); // as large as the environment, and sent; `= {}` would keep the room
  plan_.steps = step_list();
  if (channel_.is_open()) wait_for_child();
}

void session::wait_for_child()
{
  auto self = std::static_pointer_cast<session>(shared_from_this());
  channel_.when_readable([self](error_code failed) {
    if (failed || !self->channel_.is_open()) return;
    try {
      self->read_word(); // one: what more there is, the next wait finds
    } catch (const std::bad_alloc&) {
      self->out_of_memory();
    }
    if (self->channel_.is_open()) self->wait_for_child();
  });
}

/// All that the child has said so far.
void session::read_child()
{
  while (channel_.is_open() && read_word()) {
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
bool session::read_word()
{
  const auto read = channel_.read();
  if (!read) {
    perform(machine_.give_up(read.error()));
    return true;
  }
  const child_word& word = read.assume_value();
  if (std::holds_alternative<nothing_said>(word)) return false;
  if (std::holds_alternative<channel_ended>(word))
    child_closed();
  else if (const auto* ready = std::get_if<ready_said>(&word))
    perform(machine_.ready(ready->pid));
  else if (std::holds_alternative<step_answered>(word))
    waiters.wake_all();
  return true;
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
  channel_.hang_up();
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
  try {
    const auto sent = channel_.send_last_word(what);
    if (sent) return;
    if (sent.error().errnum() != EAGAIN) return perform(machine_.give_up(sent.error()));
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  }
  // The socket is full of steps that the child has not read yet.
  auto self = std::static_pointer_cast<session>(shared_from_this());
  channel_.when_writable([self, what](error_code failed) {
    if (!failed && self->channel_.is_open()) self->send_last_word(what);
  });
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
    timer_->async_wait(asio::bind_allocator(handler_allocator<void>(channel_.spare_memory()), again));
  } catch (const std::bad_alloc&) {
    perform(machine_.exit_info(std::nullopt));
  }
}

void session::finish()
{
  channel_.close();
  release_slot();
  timer_.reset();
  if (watched_) (void)watched_->release(); // takes it out of the epoll set, whoever else holds the open file
  pidfd_.reset();
  proc_dir_.reset();
  init_report_.reset();
  cgroup_.reset();
  if (terminal_) terminal_->child_ended();
  channel_.give_up_steps(errc::no_process);
  link_->dismiss(id_);
  end_waiters.wake_all();
}

} // namespace linx::detail
