// How a session and its child part at the checkpoint, and how another one goes on with a child that outlives
// its maker.

#include "process/session.hpp"

#include <array>
#include <csignal>
#include <new>
#include <utility>
#include <vector>

namespace linx::detail {

namespace {

constexpr std::uint64_t only_child = 1; // of its connection

spawn_plan plan_of(const attached_child& child)
{
  spawn_plan plan;
  plan.scope = child.scope;
  return plan;
}

std::vector<std::string> argv_of(const attached_child& child)
{
  if (!child.argv.empty()) return child.argv;
  return {"the program"};
}

/// Ended before its program ran by what abort() does: SIGKILL, or its leaving when nobody is there.
bool was_aborted(const exit_record& end)
{
  return end.code == CLD_EXITED ? end.status == wire::exit_aborted : end.status == SIGKILL;
}

} // namespace

session::session(executor home, const attached_child& child)
    : context_state(std::move(home)),
      id_(only_child),
      machine_(false, child.outlives),
      plan_(plan_of(child)),
      argv_(argv_of(child)),
      mode_(process_mode::attach),
      namespaces_(child.namespaces),
      entered_(child.entered),
      deny_setgroups_(false),
      has_init_(child.has_init),
      taken_(child.taken),
      channel_(child.version, child.first_step)
{}

result<> session::attend(std::shared_ptr<attached_connection> link, attachment found)
{
  const attached_child& child = found.child;
  pidfd_ = std::move(found.pidfd);
  link->serve(std::static_pointer_cast<session>(shared_from_this()), child);
  link_ = std::move(link);
  perform(machine_.spawned(child.pid));
  if (child.left) {
    const bool aborted = child.end && child.left->state == wire::slot_state::idle && was_aborted(*child.end);
    if (aborted) perform(machine_.abort().assume_value());
    take_report(*child.left);
    if (child.end) perform(machine_.exited(*child.end));
    return success();
  }
  slot_ = 0; // so that its end of file is looked into
  BOOST_OUTCOME_TRYV(channel_.open(get_executor(), std::move(found.checkpoint)));
  perform(machine_.ready(child.child_pid));
  if (channel_.is_open()) wait_for_child();
  return success();
}

void session::child_closed()
{
  channel_.close();
  const auto report = link_->slot(*slot_);
  if (!report) return; // comes, by child_left
  release_slot();
  take_report(*report);
}

void session::take_report(const slot_report& report)
{
  // A step behind somebody else's PROCEED is read by nobody.
  channel_.give_up_steps(report.state == wire::slot_state::exec ? errc::running : errc::no_process);
  if (report.state == wire::slot_state::exec)
    perform(machine_.marker());
  else if (report.state == wire::slot_state::failed)
    perform(machine_.exec_failed(explain(report.where, report.step, report.error)));
  else if (report.state == wire::slot_state::rehearsed)
    perform(machine_.rehearsed());
  perform(machine_.checkpoint_closed());
}

void session::part(error why) noexcept
try {
  if (!is_shut_down()) perform(machine_.handed_over(std::move(why)));
} catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch): the machine has been told
}

/// The child stays where it is: it is its spawner's, and the next controller's.
void session::let_go() noexcept
{
  channel_.close();
  timer_.reset();
  if (watched_) (void)watched_->release();
  if (link_) link_->dismiss(id_);
}

result<> session::may_park() const
{
  BOOST_OUTCOME_TRYV(may_configure("park"));
  if (is_attached())
    return error(errc::conflict, stage::argument).with_object("park; the child is parked: let the handle go");
  if (!is_parkable_)
    return error::argument("park; the child was spawned without process_options::parkable()");
  return success();
}

result<> session::park(std::shared_ptr<parking_name> where, int listener, int page)
{
  BOOST_OUTCOME_TRYV(may_configure("park"));
  if (asked_.name)
    return error(errc::conflict, stage::argument)
        .with_object("park; '" + asked_.name->name() + "' has been asked for and not answered yet");
  park_notice what;
  what.id = id_;
  what.pid = machine_.host_pid();
  what.child_pid = machine_.child_pid();
  what.has_init = has_init_;
  what.namespaces = namespaces_;
  what.entered = entered_;
  const std::array fds{channel_.native_handle(), listener, where->directory(), page, init_report_.get()};
  const std::span<const int> given(fds.data(), has_init_ ? fds.size() : fds.size() - 1);
  park_answer_.reset();
  const auto frame = encode_park(what, where->name(), argv_);
  if (!link_->post(frame, given)) return error(errc::died, stage::spawner_died).with_object("park");
  where->ask();
  asked_.name = std::move(where);
  return success();
}

void session::take_parking(int error_number)
{
  park_answer_ = error_number;
  const auto where = std::exchange(asked_.name, nullptr);
  if (where && error_number != 0) where->give_back();
  if (where && error_number == 0) {
    where->keep();
    perform(machine_.handed_over(error(errc::closed, stage::park)
                                     .with_object("the child was parked as '" + where->name() +
                                                  "'; process::attach() goes on with it")));
  }
  waiters.wake_all();
}

} // namespace linx::detail
