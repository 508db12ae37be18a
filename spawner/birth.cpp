#include "birth.hpp"

#include "child.hpp"
#include "descriptors.hpp"
#include "forerunner.hpp"
#include "process_maker.hpp"
#include "request.hpp"
#include "small_file.hpp"

#include <linux/wait.h>

namespace linx::spawner {

namespace {

/// A child that was made, or why there is none.
struct birth {
  int pid = 0;
  int pidfd = -1;
  int error = 0;
  wire::stage where = wire::stage::none;
  std::uint16_t step = 0;
  std::uint16_t crib = 0;
  std::uint32_t tenancy = 0;
};

birth failure(int error, wire::stage where, std::uint16_t step = 0) noexcept
{
  birth result;
  result.error = error;
  result.where = where;
  result.step = step;
  return result;
}

/// The child starts in the host's directory. It is entered before clone, because a descriptor made outside
/// leads back out of a new mount namespace (mount_namespaces(7)), while clone moves the working directory
/// along.
class visit {
public:
  visit(const spawn_view& request, int first_fd) noexcept
  {
    if (!request.has(wire::fd_role::cwd)) return;
    const int fd = first_fd + static_cast<int>(request.position(wire::fd_role::cwd));
    error_ = sys::error_of(sys::call(__NR_fchdir, fd));
    entered_ = error_ == 0;
  }
  ~visit()
  {
    if (entered_) sys::call(__NR_chdir, "/"); // so as to keep no file system busy
  }
  visit(const visit&) = delete;
  visit& operator=(const visit&) = delete;
  int error() const noexcept { return error_; }

private:
  int error_ = 0;
  bool entered_ = false;
};

/// The number of a free crib: the lowest, whose pages are warm; nursery::cribs when there is none.
std::size_t free_crib() noexcept
{
  std::size_t number = 0;
  while (number != nursery::cribs && __atomic_load_n(&the_nursery().tenant[number], __ATOMIC_ACQUIRE) != 0)
    ++number;
  return number;
}

/// Waits 10 ms for one: the children before must come to run, which a spawner with a real-time policy, or a
/// busy machine, may keep them from.
std::size_t await_crib() noexcept
{
  constexpr __kernel_timespec pause{0, 100'000};
  std::size_t number = free_crib();
  for (int attempt = 0; number == nursery::cribs && attempt != 100; ++attempt) {
    sys::poll(nullptr, 0, &pause);
    number = free_crib();
  }
  return number;
}

/// Whether the child goes its own way, with a copy of this memory. One of a crowd, which does not stop, need
/// not: when some before it have not begun to run, it had better hold up the spawner until they have. They
/// would compete with it for the processor, and the exits that it has to tell would come late.
bool goes_apart(const spawn_view& request) noexcept
{
  constexpr std::size_t some = 8; // more gain little: docs/spawner.md
  if (request.has(wire::fd_role::checkpoint)) return true;
  if (!request.has(wire::spawn_flags::introduce)) return false;
  return !request.has(wire::spawn_flags::auto_proceed) || free_crib() < some;
}

std::uint64_t namespace_flags(const spawn_view& request) noexcept
{
  return request.head->namespaces & ~namespaces_of_the_child(request);
}

void fill_note(state& state, child_note& note, const spawn_view& request, int first_fd) noexcept
{
  note.request = request.head;
  note.first_fd = first_fd;
  note.restore_oom_score = state.lowered_oom_score;
  note.oom_score_adj = state.oom_score_adj;
}

/// The child shares this memory and stops this process until it has executed or is gone.
birth make_shared(state& state, const spawn_view& request, int first_fd) noexcept
{
  child_note& note = state.shared_note;
  fill_note(state, note, request, first_fd);
  note.slot = &state.shared_slot;
  note.shares_memory = true;
  state.shared_slot = {};

  birth result;
  clone_order order;
  order.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | namespace_flags(request);
  order.stack = state.shared_stack;
  order.stack_size = sizeof state.shared_stack;
  order.pidfd = &result.pidfd;
  const long pid = make_process(order, state.has_clone3, run_child, &note);
  if (pid < 0) return failure(sys::error_of(pid), wire::stage::clone);

  const wire::status_slot& slot = state.shared_slot;
  if (slot.state == wire::slot_state::exec) {
    result.pid = static_cast<int>(pid);
    return result;
  }
  // It is dead, or about to be: nobody hears of this pid, so it is reaped here.
  sys::call(__NR_wait4, pid, nullptr, __WALL, nullptr);
  sys::call(__NR_close, result.pidfd);
  if (slot.state == wire::slot_state::failed) return failure(slot.error, slot.where, slot.step);
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

birth send_ahead(const state& state, child_note& note, const clone_order& order) noexcept
{
  errand& errand = the_nursery().errand;
  errand.note = &note;
  errand.child_flags = order.flags;
  errand.cgroup = order.cgroup;
  errand.has_clone3 = state.has_clone3;
  send_forerunner(errand);
  if (errand.pid == 0) return failure(errand.error, errand.where);
  birth result;
  result.pid = errand.pid;
  result.pidfd = errand.pidfd;
  return result;
}

/// The child has a copy of this memory and goes its own way.
birth make_apart(state& state, const spawn_view& request, int first_fd) noexcept
{
  if (request.head->slot >= state.slots) return failure(EINVAL, wire::stage::malformed);
  const std::size_t number = await_crib();
  if (number == nursery::cribs)
    return failure(EAGAIN, wire::stage::clone); // so many made, and none came to run
  nursery::crib& crib = the_nursery().crib_of[number];
  std::uint32_t& tenant = the_nursery().tenant[number];
  child_note& note = crib.note;
  fill_note(state, note, request, first_fd);
  __builtin_memcpy(crib.request, request.head, request.head->header.length);
  note.request = reinterpret_cast<const wire::spawn_request*>(crib.request);
  note.tenant = &tenant;
  note.slot = the_slots() + request.head->slot;
  note.shares_memory = false;
  note.join_cgroup = false;

  clone_order order = order_on_child_stack();
  order.flags = namespace_flags(request);
  if (!request.has(wire::spawn_flags::introduce)) order.flags |= CLONE_PIDFD;
  if (request.has(wire::fd_role::cgroup)) {
    order.flags |= CLONE_INTO_CGROUP;
    order.cgroup = first_fd + static_cast<int>(request.position(wire::fd_role::cgroup));
    note.join_cgroup = !state.has_clone3;
  }

  if (++state.last_tenancy == 0) ++state.last_tenancy;
  const std::uint32_t tenancy = state.last_tenancy;
  tenant = tenancy;
  birth result =
      needs_forerunner(*request.head) ? send_ahead(state, note, order) : make_directly(state, note, order);
  if (result.pid == 0) tenant = 0;
  result.crib = static_cast<std::uint16_t>(number);
  result.tenancy = tenancy;
  return result;
}

std::uint32_t open_proc_dir(const state& state, int pid, int& out) noexcept
{
  if (!state.has_proc) return 0;
  char path[24];
  const decimal text(pid);
  __builtin_memcpy(path, text.data(), text.size());
  path[text.size()] = '\0';
  const long fd = sys::call(__NR_openat, fd::proc, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
  if (fd < 0) return 0;
  out = static_cast<int>(fd);
  return static_cast<std::uint32_t>(wire::spawned_flags::proc_dir);
}

void announce(state& state, const spawn_view& request, const birth& child) noexcept
{
  wire::spawned_record record{};
  int fds[2] = {child.pidfd, -1};
  unsigned count = 1;
  record.pid = static_cast<std::uint32_t>(child.pid);
  if (!request.has(wire::fd_role::checkpoint)) {
    record.flags |= static_cast<std::uint32_t>(wire::spawned_flags::running);
  }
  if (request.has(wire::spawn_flags::proc_dir)) record.flags |= open_proc_dir(state, child.pid, fds[1]);
  if (fds[1] >= 0) ++count;
  record.header = {sizeof record, wire::version, static_cast<std::uint8_t>(count), wire::frame_type::spawned,
                   request.head->header.id};
  state.control.send(&record, fds, count);
}

void remember(state& state, const wire::spawn_request& head, const birth& child) noexcept
{
  child_record record;
  record.id = head.header.id;
  record.pid = static_cast<std::uint32_t>(child.pid);
  record.crib = child.crib;
  record.tenancy = child.tenancy;
  record.grace_ms = head.grace_ms;
  record.orphan = head.orphan;
  // linx's own init passes a SIGTERM on, any other takes none that it has no handler for.
  record.is_init = (head.namespaces & CLONE_NEWPID) != 0 && !has(head.flags, wire::spawn_flags::init);
  record.tied = head.orphan != wire::orphan_policy::outlive;
  state.children.insert(record);
}

} // namespace

void give_birth(state& state, const frame& frame) noexcept
{
  const std::uint64_t id = frame.data.as<wire::frame_header>().id;
  spawn_view request;
  if (const int error = read_spawn(frame.data, request); error != 0) {
    return refuse(state, id, wire::stage::malformed, error);
  }
  if (const int error = check_asker(state, *request.head, state.control.from()); error != 0) {
    return refuse(state, id, wire::stage::credentials, error);
  }
  if (state.children.is_full()) return refuse(state, id, wire::stage::clone, EAGAIN);
  const visit directory(request, frame.first_fd);
  if (directory.error() != 0) return refuse(state, id, wire::stage::cwd, directory.error());

  const bool apart = goes_apart(request);
  const birth child =
      apart ? make_apart(state, request, frame.first_fd) : make_shared(state, request, frame.first_fd);
  if (child.pid == 0) return refuse(state, id, child.where, child.error, child.step);
  remember(state, *request.head, child);
  const bool introduces_itself = apart && request.has(wire::spawn_flags::introduce);
  if (!introduces_itself) announce(state, request, child);
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
