#include "process/supervisor_machine.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace linx::detail {

namespace {

using event_kind = supervisor_event::kind;

bool restarts_after(restart_policy policy, const result<exit_status>& how)
{
  switch (policy) {
  case restart_policy::permanent:
    return true;
  case restart_policy::transient:
    return !how || (how.assume_value().what() != exit_status::kind::aborted && !how.assume_value().success());
  case restart_policy::temporary:
    break;
  }
  return false;
}

std::string words(const result<exit_status>& how)
{
  return how ? to_string(how.assume_value()) : how.assume_error().message();
}

std::string words(std::chrono::milliseconds time)
{
  if (time.count() % 1000 == 0) return std::to_string(time.count() / 1000) + " s";
  return std::to_string(time.count()) + " ms";
}

} // namespace

supervisor_machine::supervisor_machine(const supervisor_options& options)
    : limit_{options.max_restarts(), options.window(), {}},
      backoff_(options.backoff()),
      strategy_(options.strategy())
{
  std::uint64_t group = 0;
  for (const auto& spec : options.children()) {
    if (!spec.is_parallel() || children_.empty()) ++group;
    children_.push_back(make_child(spec, ++last_key_, group, {}));
  }
}

supervisor_machine::child supervisor_machine::make_child(const child_spec& spec, child_key key,
                                                         std::uint64_t group, time_point now)
{
  child c;
  c.key = key;
  c.id = spec.id();
  c.policy = spec.restart();
  c.group = group;
  c.since = c.not_before = now;
  c.ordered_start = true;
  c.has_own_limit = spec.max_restarts().has_value();
  c.own_limit = {spec.max_restarts(), spec.window(), {}};
  return c;
}

supervisor_effects supervisor_machine::begin(time_point now)
{
  supervisor_effects todo;
  if (state_ != supervisor_state::idle) return todo;
  state_ = supervisor_state::running;
  for (auto& c : children_) c.since = c.not_before = now;
  settle(now, todo);
  return todo;
}

supervisor_effects supervisor_machine::add(const child_spec& spec, time_point now)
{
  supervisor_effects todo;
  if (state_ != supervisor_state::running) return todo;
  std::uint64_t group = children_.empty() ? 0 : children_.back().group;
  if (!spec.is_parallel() || children_.empty()) ++group;
  children_.push_back(make_child(spec, ++last_key_, group, now));
  todo.events.emplace_back(event_kind::added, spec.id());
  settle(now, todo);
  return todo;
}

supervisor_effects supervisor_machine::terminate(child_key key, time_point now)
{
  supervisor_effects todo;
  if (auto* c = find(key)) {
    c->wanted = c->afresh = false;
    settle(now, todo);
  }
  return todo;
}

supervisor_effects supervisor_machine::remove(child_key key, time_point now)
{
  if (auto* c = find(key)) c->removed = true;
  return terminate(key, now);
}

supervisor_effects supervisor_machine::restart(child_key key, time_point now)
{
  supervisor_effects todo;
  auto* c = find(key);
  if (!c || c->removed || state_ != supervisor_state::running) return todo;
  // One that waits for its start, or is being replaced, keeps its place in the order.
  const bool coming = c->wanted && c->process == c->afresh;
  if (!coming) {
    c->wanted = true;
    c->afresh = c->process;
    c->ordered_start = c->ordered_stop = false;
  }
  c->failures = 0;
  c->own_limit.recent.clear();
  c->not_before = now;
  settle(now, todo);
  return todo;
}

supervisor_effects supervisor_machine::shut_down(time_point now)
{
  supervisor_effects todo;
  want_none();
  settle(now, todo);
  return todo;
}

supervisor_effects supervisor_machine::kill_all(time_point now)
{
  supervisor_effects todo;
  want_none();
  for (auto& c : children_) {
    c.ordered_stop = false;
    if (c.process) todo.kill.push_back(c.key);
  }
  settle(now, todo);
  return todo;
}

supervisor_effects supervisor_machine::set_up(child_key key, pid_t pid, time_point now)
{
  supervisor_effects todo;
  auto* c = find(key);
  if (!c || c->state != child_state::starting) return todo;
  c->host_pid = pid;
  enter(*c, child_state::setting_up, now);
  todo.events.push_back(supervisor_event(event_kind::setting_up, c->id).with_pid(pid));
  return todo;
}

supervisor_effects supervisor_machine::running(child_key key, pid_t pid, time_point now)
{
  supervisor_effects todo;
  auto* c = find(key);
  if (!c || !c->process) return todo;
  c->host_pid = pid;
  if (c->state == child_state::stopping) return todo;
  c->ordered_start = false;
  enter(*c, child_state::running, now);
  todo.events.push_back(supervisor_event(event_kind::running, c->id).with_pid(pid));
  settle(now, todo);
  return todo;
}

supervisor_effects supervisor_machine::ended(child_key key, result<exit_status> how, time_point now)
{
  supervisor_effects todo;
  auto* c = find(key);
  if (!c || !c->process) return todo;
  todo.events.push_back(supervisor_event(event_kind::ended, c->id).with_pid(c->host_pid).with_outcome(how));
  c->last_outcome = std::move(how);
  c->process = false;
  c->ordered_stop = false;
  // Before it is seen as down: whether it had run long enough is counted from the state it leaves.
  if (c->state == child_state::running && now - c->since >= backoff_.stable_after()) c->failures = 0;
  if (std::exchange(c->afresh, false))
    enter(*c, child_state::waiting, now);
  else if (!c->wanted)
    enter(*c, child_state::stopped, now);
  else
    ended_by_itself(*c, now, todo);
  settle(now, todo);
  return todo;
}

supervisor_effects supervisor_machine::tick(time_point now)
{
  supervisor_effects todo;
  settle(now, todo);
  return todo;
}

std::optional<supervisor_machine::time_point> supervisor_machine::wake_at() const
{
  std::optional<time_point> next;
  for (const auto& c : children_)
    if (c.state == child_state::backoff && (!next || c.not_before < *next)) next = c.not_before;
  return next;
}

void supervisor_machine::ended_by_itself(child& c, time_point now, supervisor_effects& todo)
{
  if (!restarts_after(c.policy, *c.last_outcome)) {
    c.wanted = c.ordered_start = false;
    enter(c, child_state::finished, now);
    return;
  }
  if (c.has_own_limit) {
    if (c.own_limit.reached(now)) return leave_down(c, now, todo);
  } else if (limit_.reached(now)) {
    enter(c, child_state::waiting, now);
    return give_up(c, todo);
  }
  enter(c, child_state::waiting, now);
  ++c.failures;
  const auto delay = backoff_.delay(c.failures);
  todo.events.push_back(
      supervisor_event(event_kind::restarting, c.id).with_outcome(*c.last_outcome).with_delay(delay));
  restart_with(c, delay, now);
}

/// Whom the strategy takes along, all after the same delay.
void supervisor_machine::restart_with(child& first, std::chrono::milliseconds delay, time_point now)
{
  first.not_before = now + delay;
  if (strategy_ == restart_strategy::one_for_one) return;
  for (auto& c : children_) {
    const bool along = &c == &first || strategy_ == restart_strategy::one_for_all || c.group > first.group;
    if (!along) continue;
    if (!c.process) {
      // One that has done its work belongs to the state that is built up anew; one that somebody has stopped
      // stays down.
      if (c.state == child_state::finished && c.policy == restart_policy::transient) c.wanted = true;
    } else if (c.policy == restart_policy::temporary) {
      c.wanted = false;
    } else {
      c.afresh = c.wanted;
    }
    if (c.process) c.ordered_stop = true;
    if (!c.wanted) continue;
    c.ordered_start = true;
    c.not_before = std::max(c.not_before, now + delay);
    if (c.state == child_state::finished) enter(c, child_state::waiting, now);
  }
}

bool supervisor_machine::restart_limit::reached(time_point now)
{
  recent.push_back(now);
  while (!recent.empty() && now - recent.front() > window) recent.pop_front();
  return most && recent.size() > *most;
}

std::string supervisor_machine::restart_limit::text() const
{
  return std::to_string(*most) + " restarts within " + words(window);
}

void supervisor_machine::leave_down(child& c, time_point now, supervisor_effects& todo)
{
  c.wanted = c.ordered_start = false;
  enter(c, child_state::finished, now);
  todo.events.push_back(supervisor_event(event_kind::left_down, c.id).with_outcome(*c.last_outcome));
}

void supervisor_machine::give_up(const child& c, supervisor_effects& todo)
{
  failure_ = error(errc::restart_limit)
                 .with_object("child '" + c.id + "', after " + limit_.text() +
                              "; in the end: " + words(*c.last_outcome));
  todo.events.push_back(supervisor_event(event_kind::gave_up, c.id).with_outcome(*c.last_outcome));
  want_none();
}

void supervisor_machine::want_none() noexcept
{
  if (state_ != supervisor_state::ended) state_ = supervisor_state::stopping;
  for (auto& c : children_) {
    c.wanted = c.afresh = c.ordered_start = false;
    c.ordered_stop = c.process;
  }
}

bool supervisor_machine::may_stop(const child& c) const noexcept
{
  if (!must_stop(c) || c.state == child_state::stopping) return false;
  if (!c.ordered_stop) return true;
  return std::ranges::none_of(
      children_, [&](const child& o) { return o.ordered_stop && o.process && o.group > c.group; });
}

bool supervisor_machine::may_start(const child& c, time_point now) const noexcept
{
  if (state_ != supervisor_state::running || !c.wanted || c.process || now < c.not_before) return false;
  if (!c.ordered_start) return true;
  return std::ranges::none_of(children_, [&](const child& o) {
    if (o.ordered_stop && o.process) return true;
    return o.ordered_start && o.wanted && o.group < c.group;
  });
}

void supervisor_machine::settle(time_point now, supervisor_effects& todo)
{
  if (state_ == supervisor_state::idle) return;
  for (auto& c : std::views::reverse(children_)) {
    if (!may_stop(c)) continue;
    enter(c, child_state::stopping, now);
    todo.stop.push_back(c.key);
    todo.events.push_back(supervisor_event(event_kind::stopping, c.id).with_pid(c.host_pid));
  }
  for (auto& c : children_) {
    if (c.process) continue;
    if (may_start(c, now)) {
      c.process = true;
      ++c.starts;
      enter(c, child_state::starting, now);
      todo.start.push_back(c.key);
      todo.events.emplace_back(event_kind::starting, c.id);
    } else if (!c.wanted) {
      if (c.state != child_state::finished) enter(c, child_state::stopped, now);
    } else {
      enter(c, now < c.not_before ? child_state::backoff : child_state::waiting, now);
    }
  }
  forget_removed(todo);
  if (state_ == supervisor_state::stopping &&
      std::ranges::none_of(children_, [](const child& c) { return c.process; }))
    state_ = supervisor_state::ended;
}

void supervisor_machine::forget_removed(supervisor_effects& todo)
{
  std::erase_if(children_, [&](const child& c) {
    if (!c.removed || c.process) return false;
    todo.events.emplace_back(event_kind::removed, c.id);
    return true;
  });
}

void supervisor_machine::enter(child& c, child_state state, time_point now)
{
  if (c.state == state) return;
  c.state = state;
  c.since = now;
}

supervisor_machine::child* supervisor_machine::find(child_key key) noexcept
{
  const auto found = std::ranges::find(children_, key, &child::key);
  return found == children_.end() ? nullptr : &*found;
}

const supervisor_machine::child* supervisor_machine::find(child_key key) const noexcept
{
  const auto found = std::ranges::find(children_, key, &child::key);
  return found == children_.end() ? nullptr : &*found;
}

std::optional<child_key> supervisor_machine::key_of(std::string_view id) const noexcept
{
  const auto found = std::ranges::find(children_, id, &child::id);
  if (found == children_.end()) return std::nullopt;
  return found->key;
}

bool supervisor_machine::knows(child_key key) const noexcept
{
  return find(key) != nullptr;
}

bool supervisor_machine::has_process(child_key key) const noexcept
{
  const auto* c = find(key);
  return c && c->process;
}

bool supervisor_machine::is_wanted(child_key key) const noexcept
{
  const auto* c = find(key);
  return c && c->wanted;
}

bool supervisor_machine::is_up(child_key key) const noexcept
{
  const auto* c = find(key);
  return c && c->state == child_state::running && !c->afresh && c->wanted;
}

pid_t supervisor_machine::host_pid(child_key key) const noexcept
{
  const auto* c = find(key);
  return c ? c->host_pid : 0;
}

child_state supervisor_machine::child_state_of(child_key key) const noexcept
{
  const auto* c = find(key);
  return c ? c->state : child_state::stopped;
}

unsigned supervisor_machine::starts(child_key key) const noexcept
{
  const auto* c = find(key);
  return c ? c->starts : 0;
}

supervisor_status supervisor_machine::status() const
{
  supervisor_status now;
  now.state = state_;
  now.recent_restarts = static_cast<unsigned>(limit_.recent.size());
  for (const auto& c : children_) {
    child_status one;
    one.id = c.id;
    one.state = c.state;
    one.host_pid = c.host_pid;
    one.restarts = c.starts > 0 ? c.starts - 1 : 0;
    one.last_outcome = c.last_outcome;
    one.since = c.since;
    now.children.push_back(std::move(one));
  }
  return now;
}

} // namespace linx::detail
