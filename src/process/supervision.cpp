#include "process/supervision.hpp"

#include "process/supervised_child.hpp"

#include <linx/core/spawn.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>

#include <csignal>
#include <utility>

namespace linx::detail {

namespace {

/// What a stream that nobody reads may hold.
constexpr std::size_t longest_queue = 10'000 * sizeof(supervisor_event);

supervisor_machine::time_point now()
{
  return std::chrono::steady_clock::now();
}

} // namespace

supervision::supervision(executor home, const supervisor_options& options)
    : context_state(std::move(home)), machine_(options)
{
  for (const auto& spec : options.children())
    seats_[*machine_.key_of(spec.id())].spec = std::make_shared<const child_spec>(spec);
}

result<> supervision::begin()
{
  if (machine_.state() != supervisor_state::idle)
    return error(errc::not_ready, stage::argument).with_object("run; a supervisor runs once");
  perform(machine_.begin(now()));
  return success();
}

result<> supervision::add(child_spec child)
{
  BOOST_OUTCOME_TRYV(child.validate());
  if (machine_.state() == supervisor_state::idle)
    return error(errc::not_ready, stage::argument)
        .with_object("add child '" + child.id() + "'; run() has not been called");
  if (machine_.state() != supervisor_state::running) return errc::closed;
  if (machine_.key_of(child.id())) return error::argument("two children of the id '" + child.id() + "'");
  auto todo = machine_.add(child, now());
  auto spec = std::make_shared<const child_spec>(std::move(child));
  seats_[*machine_.key_of(spec->id())].spec = std::move(spec);
  perform(std::move(todo));
  return success();
}

result<child_key> supervision::find(const std::string& id) const
{
  if (const auto key = machine_.key_of(id)) return *key;
  return error::argument("no child '" + id + "' in this supervisor");
}

result<child_key> supervision::find_to_change(const std::string& id) const
{
  BOOST_OUTCOME_TRY(const child_key key, find(id));
  if (machine_.state() == supervisor_state::idle)
    return error(errc::not_ready, stage::argument)
        .with_object("child '" + id + "'; run() has not been called");
  if (machine_.state() == supervisor_state::ended) return errc::closed;
  return key;
}

result<child_key> supervision::terminate(const std::string& id)
{
  BOOST_OUTCOME_TRY(const child_key key, find_to_change(id));
  perform(machine_.terminate(key, now()));
  return key;
}

result<child_key> supervision::remove(const std::string& id)
{
  BOOST_OUTCOME_TRY(const child_key key, find_to_change(id));
  perform(machine_.remove(key, now()));
  return key;
}

result<child_key> supervision::restart(const std::string& id)
{
  BOOST_OUTCOME_TRY(const child_key key, find_to_change(id));
  if (machine_.state() != supervisor_state::running) return errc::closed;
  perform(machine_.restart(key, now()));
  return key;
}

result<> supervision::signal(const std::string& id, int signo)
{
  BOOST_OUTCOME_TRY(const child_key key, find(id));
  if (signo < 1 || signo > 64)
    return error::argument("signal " + std::to_string(signo) + "; signals are 1 to 64 (signal(7))");
  const auto& one = seats_.at(key);
  // It may end at any time, so nobody can know: no mistake of the caller's.
  if (!one.live || !machine_.is_up(key))
    return error(errc::no_process, stage::signal)
        .with_object("child '" + id + "' is " + std::string(to_string(machine_.child_state_of(key))));
  auto sent = one.live->signal(signo);
  if (!sent && sent.error() == errc::no_process) return std::move(sent).error().with_stage(stage::signal);
  return sent;
}

void supervision::shut_down()
{
  perform(machine_.shut_down(now()));
}

void supervision::drop()
{
  if (is_shut_down() || std::exchange(dropped_, true)) return;
  perform(machine_.kill_all(now()));
}

void supervision::set_up(child_key key, pid_t pid)
{
  if (!is_shut_down()) perform(machine_.set_up(key, pid, now()));
}

void supervision::running(child_key key, pid_t pid)
{
  if (!is_shut_down()) perform(machine_.running(key, pid, now()));
}

void supervision::ended(child_key key, result<exit_status> how)
{
  if (is_shut_down()) return;
  const auto found = seats_.find(key);
  found->second.stop.reset();
  perform(machine_.ended(key, std::move(how), now()));
}

/// One list after the other: what a child does at once may ask for more.
void supervision::perform(supervisor_effects todo)
{
  todo_.push_back(std::move(todo));
  if (std::exchange(performing_, true)) return;
  while (!todo_.empty()) {
    const auto next = std::move(todo_.front());
    todo_.pop_front();
    perform_one(next);
  }
  performing_ = false;
  std::erase_if(seats_, [this](const auto& one) { return !machine_.knows(one.first); });
  set_timer();
  waiters.wake_all();
  if (machine_.state() == supervisor_state::ended) end_of_events();
}

void supervision::perform_one(const supervisor_effects& todo)
{
  for (const auto& event : todo.events) tell(event);
  for (const auto key : todo.kill) kill(seats_.at(key));
  for (const auto key : todo.stop)
    if (auto& stop = seats_.at(key).stop) stop->emit(asio::cancellation_type::all);
  for (const auto key : todo.start) start(key);
}

void supervision::start(child_key key)
{
  auto& one = seats_.at(key);
  one.condemned = false;
  one.stop = std::make_unique<asio::cancellation_signal>();
  auto self = std::static_pointer_cast<supervision>(shared_from_this());
  auto life = run_child(self, key, one.spec);
  auto over = [self = std::move(self), key](result<exit_status> how) { self->ended(key, std::move(how)); };
  linx::spawn(get_executor(), std::move(life),
              asio::bind_cancellation_slot(one.stop->slot(), std::move(over)));
}

void supervision::kill(seat& one)
{
  one.condemned = true;
  if (one.live) (void)one.live->kill(); // unless it has ended
}

void supervision::tell(const supervisor_event& event)
{
  std::erase_if(listeners_, [&](const std::weak_ptr<listener>& each) {
    const auto queue = each.lock();
    if (!queue || queue->is_closed()) return true;
    if (queue->queued_bytes() >= longest_queue) {
      queue->fail(error(errc::overrun).with_object("events of a supervisor"));
      return true;
    }
    queue->push(event);
    return false;
  });
}

void supervision::end_of_events()
{
  for (const auto& each : std::exchange(listeners_, {}))
    if (const auto queue = each.lock()) queue->finish();
}

stream<supervisor_event> supervision::events()
{
  if (is_shut_down()) return stream<supervisor_event>();
  auto queue = make_state<listener>(get_executor());
  if (machine_.state() == supervisor_state::ended)
    queue->finish();
  else
    listeners_.push_back(queue);
  return stream<supervisor_event>(std::move(queue));
}

void supervision::set_timer()
{
  const auto when = machine_.wake_at();
  if (!when) {
    timer_.reset();
    return;
  }
  if (!timer_) timer_.emplace(get_executor());
  timer_->expires_at(*when); // ends the wait for an earlier time
  auto self = std::static_pointer_cast<supervision>(shared_from_this());
  timer_->async_wait([self = std::move(self)](const error_code& failed) {
    if (!failed && !self->is_shut_down()) self->perform(self->machine_.tick(now()));
  });
}

void supervision::shutdown() noexcept
{
  timer_.reset();
  for (auto& [key, one] : seats_) one.live = nullptr;
  waiters.drop();
}

supervision::occupied_seat::occupied_seat(std::shared_ptr<supervision> owner, child_key key, process& child)
    : owner_(std::move(owner)), key_(key)
{
  owner_->seats_.at(key_).live = &child;
}

supervision::occupied_seat::~occupied_seat()
{
  if (const auto found = owner_->seats_.find(key_); found != owner_->seats_.end())
    found->second.live = nullptr;
}

bool supervision::occupied_seat::is_condemned() const noexcept
{
  const auto found = owner_->seats_.find(key_);
  return found == owner_->seats_.end() || found->second.condemned;
}

} // namespace linx::detail
