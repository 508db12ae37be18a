#include "birth.hpp"

#include "child.hpp"
#include "descriptors.hpp"
#include "kill_scope.hpp"
#include "process_maker.hpp"
#include "request.hpp"
#include "setns_helper.hpp"
#include "watch.hpp"

#include <linux/fcntl.h>
#include <linux/wait.h>

namespace linx::spawner {

namespace {

birth failure(int error, wire::stage where, std::uint16_t step = 0) noexcept
{
  birth result;
  result.error = error;
  result.where = where;
  result.step = step;
  return result;
}

/// The number of a free request slot: the lowest, whose pages are warm; request_area::slots when there is
/// none.
std::size_t free_request_slot() noexcept
{
  std::size_t number = 0;
  const auto& all = the_request_area().slot_of;
  while (number != request_area::slots && __atomic_load_n(&all[number].owner, __ATOMIC_ACQUIRE) != 0)
    ++number;
  return number;
}

/// Waits 10 ms for one: the children before must come to run, which a spawner with a real-time policy, or a
/// busy machine, may keep them from.
std::size_t await_request_slot() noexcept
{
  std::size_t number = free_request_slot();
  for (int attempt = 0; number == request_area::slots && attempt != 100; ++attempt) {
    sys::sleep_us(100);
    number = free_request_slot();
  }
  return number;
}

void fill_note(const state& state, child_note& note, const spawn_view& request, const birth_way& way,
               int first_fd) noexcept
{
  note.request = request.head;
  note.way = way;
  note.first_fd = first_fd;
  note.in_directory = false;
  note.restore_oom_score = state.lowered_oom_score;
  note.oom_score_adj = state.oom_score_adj;
  note.has_privilege = state.self.euid == 0;
  note.maps_ids = (request.head->namespaces & CLONE_NEWUSER) != 0 && !note.has_privilege;
}

/// The child shares this memory and stops this worker until it has executed or is gone.
birth make_shared(state& state, worker& self, const spawn_view& request, const birth_way& way,
                  int first_fd) noexcept
{
  child_note& note = self.note;
  fill_note(state, note, request, way, first_fd);
  note.slot = &self.slot;
  self.slot.state = wire::slot_state::idle;
  self.slot.taken_count = 0;

  birth result;
  clone_order order;
  order.flags = way.clone_flags;
  order.stack = self.child_stack;
  order.stack_size = sizeof self.child_stack;
  order.pidfd = &result.pidfd;
  const long pid = make_and_wait(state, self, order, run_child, &note);
  if (!is_on_duty(self)) result.pidfd = -1; // whoever is has closed it
  if (pid < 0) return failure(sys::error_of(pid), wire::stage::clone);

  if (self.slot.state == wire::slot_state::exec) {
    result.pid = static_cast<int>(pid);
    return result;
  }
  // It is dead, or about to be: nobody hears of this pid, so it is reaped here.
  sys::call(__NR_wait4, pid, nullptr, __WALL, nullptr);
  if (result.pidfd >= 0) sys::call(__NR_close, result.pidfd);
  if (self.slot.state == wire::slot_state::failed)
    return failure(self.slot.error, self.slot.where, self.slot.step);
  return failure(EIO, wire::stage::exec_outcome);
}

birth make_directly(const state& state, child_note& note, clone_order order) noexcept
{
  birth result;
  order.pidfd = &result.pidfd;
  const long pid = make_process(order, state.has_clone3, run_child, &note);
  if (pid < 0) return failure(sys::error_of(pid), wire::stage::clone);
  result.pid = static_cast<int>(pid);
  return result;
}

birth make_through_helper(state& state, worker& self, child_note& note, const clone_order& order) noexcept
{
  const setns_outcome outcome = make_by_setns_helper(state, self, note, order);
  if (outcome.pid == 0) return failure(outcome.error, outcome.where);
  birth result;
  result.pid = outcome.pid;
  return result;
}

/// The child has a copy of this memory and goes its own way.
birth make_apart(state& state, worker& self, const spawn_view& request, const birth_way& way,
                 int first_fd) noexcept
{
  if (request.head->slot >= state.slots) return failure(EINVAL, wire::stage::malformed);
  const std::size_t number = await_request_slot();
  if (number == request_area::slots)
    return failure(EAGAIN, wire::stage::clone); // so many made, and none came to run
  request_area::slot& slot = the_request_area().slot_of[number];
  child_note& note = slot.note;
  fill_note(state, note, request, way, first_fd);
  __builtin_memcpy(slot.request, request.head, request.head->header.length);
  note.request = reinterpret_cast<const wire::spawn_request*>(slot.request);
  note.owner = &slot.owner;
  note.slot = nullptr;

  clone_order order = order_on_child_stack();
  order.flags = way.clone_flags;
  if ((order.flags & CLONE_INTO_CGROUP) != 0)
    order.cgroup = first_fd + static_cast<int>(request.position(wire::fd_role::cgroup));

  if (++state.last_owner == 0) ++state.last_owner;
  const std::uint32_t owner = state.last_owner;
  slot.owner = owner;
  birth result =
      way.by_setns_helper ? make_through_helper(state, self, note, order) : make_directly(state, note, order);
  if (result.pid == 0) leave_request_slot(number, owner);
  result.request_slot = static_cast<std::uint16_t>(number);
  result.owner = owner;
  result.introduces_itself = request.has(wire::spawn_flags::introduce);
  return result;
}

void announce(state& state, const spawn_view& request, const birth& child) noexcept
{
  wire::spawned_record record{};
  record.pid = static_cast<std::uint32_t>(child.pid);
  if (!request.has(wire::fd_role::checkpoint)) {
    record.flags |= static_cast<std::uint32_t>(wire::spawned_flags::running);
  }
  record.header = {sizeof record, wire::version, 1, wire::frame_type::spawned, request.head->header.id};
  state.control.send(&record, &child.pidfd, 1);
}

void remember(state& state, const wire::spawn_request& head, const birth& child) noexcept
{
  child_record record;
  record.id = head.header.id;
  record.pid = static_cast<std::uint32_t>(child.pid);
  record.request_slot = child.request_slot;
  record.owner = child.owner;
  record.grace_ms = head.grace_ms;
  record.orphan = head.orphan;
  // linx's own init passes a SIGTERM on, any other takes none that it has no handler for.
  record.is_init = (head.namespaces & CLONE_NEWPID) != 0 && !has(head.flags, wire::spawn_flags::init);
  record.tied = head.orphan != wire::orphan_policy::outlive;
  record.scope = head.scope;
  record.kill_rest = has(head.flags, wire::spawn_flags::kill_rest);
  state.children.insert(record);
}

/// By a pid that is not reaped before this process does it.
int open_pidfd(birth& child) noexcept
{
  if (child.pidfd >= 0 || child.introduces_itself) return 0;
  const long pidfd = sys::call(__NR_pidfd_open, child.pid, 0);
  if (pidfd < 0) {
    sys::call(__NR_kill, child.pid, SIGKILL);
    sys::call(__NR_wait4, child.pid, nullptr, __WALL, nullptr);
    return sys::error_of(pidfd);
  }
  child.pidfd = static_cast<int>(pidfd);
  return 0;
}

/// Answers, as the one on duty.
void conclude(state& state, const wire::spawn_request& head, birth child) noexcept
{
  const std::uint64_t id = head.header.id;
  if (child.pid == 0) return refuse(state, id, child.where, child.error, child.step);
  if (const int error = open_pidfd(child); error != 0) return refuse(state, id, wire::stage::clone, error);
  remember(state, head, child);
  if (!child.introduces_itself) announce(state, {&head, {}}, child);
}

} // namespace

void give_birth(state& state, const frame& frame) noexcept
{
  const std::uint64_t id = frame.data.as<wire::frame_header>().id;
  worker& self = state.crew[state.on_duty];
  spawn_view request;
  int error = frame.data.size > sizeof self.request ? EINVAL : 0;
  if (error == 0) {
    // Another datagram may come while this one hangs.
    __builtin_memcpy(self.request, frame.data.data, frame.data.size);
    error = read_spawn({self.request, frame.data.size}, request);
  }
  if (error != 0) return refuse(state, id, wire::stage::malformed, error);
  if (state.is_taken) return refuse(state, id, wire::stage::clone, EBUSY);
  error = check_asker(state, *request.head, state.control.from());
  if (error != 0) return refuse(state, id, wire::stage::credentials, error);
  const int cgroup = frame.first_fd + static_cast<int>(request.position(wire::fd_role::cgroup));
  error = prepare_scope(state, request.head->scope, cgroup);
  if (error != 0) return refuse(state, id, wire::stage::clone, error);
  const birth_way way = way_of(request, {state.self.euid == 0, state.has_clone3, free_request_slot()});
  if (state.children.is_full() || (way.stops_worker() && !ensure_standby(state)))
    return refuse(state, id, wire::stage::clone, EAGAIN);

  const birth child = way.shares_memory ? make_shared(state, self, request, way, frame.first_fd)
                                        : make_apart(state, self, request, way, frame.first_fd);
  if (!is_on_duty(self)) deposit(state, self, child);
  conclude(state, *request.head, child);
}

void conclude_births(state& state) noexcept
{
  for (worker& each : state.crew) {
    if (state.control.blocked()) return;
    if (load_duty(each) != duty::done) continue;
    const birth child = each.outcome;
    wire::spawn_request head;
    __builtin_memcpy(&head, each.request, sizeof head);
    const bool orphaned = state.control.is_closed() && head.orphan != wire::orphan_policy::outlive;
    __atomic_store_n(&each.duty, each.duty & ~std::uint32_t{3}, __ATOMIC_SEQ_CST);
    __atomic_sub_fetch(&state.hanging, 1, __ATOMIC_SEQ_CST);
    conclude(state, head, child);
    if ((each.kill_wanted || orphaned) && child.pid > 0)
      if (const child_record* const made = state.children.find(static_cast<std::uint32_t>(child.pid)))
        end_scope(*made);
    state.control.close_received();
  }
}

void refuse(state& state, std::uint64_t id, wire::stage where, int error, std::uint16_t step) noexcept
{
  wire::failed_record record{};
  record.header = {sizeof record, wire::version, 0, wire::frame_type::failed, id};
  record.where = where;
  record.step = step;
  record.error = error;
  state.control.send(&record);
}

} // namespace linx::spawner
