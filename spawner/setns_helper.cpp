#include "setns_helper.hpp"

#include "child.hpp"
#include "child_room.hpp"
#include "decimal.hpp"
#include "descriptors.hpp"
#include "kernel_file.hpp"
#include "own_memory.hpp"
#include "watch.hpp"

#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/nsfs.h>
#include <linux/wait.h>

namespace linx::spawner {

namespace {

struct entrance {
  wire::fd_role role;
  std::uint64_t kind;
  wire::stage where;
};

/// The user namespace comes first: it gives the right to enter those it owns.
constexpr entrance entrances[] = {
    {wire::fd_role::ns_user, CLONE_NEWUSER, wire::stage::setns_user},
    {wire::fd_role::ns_mnt, CLONE_NEWNS, wire::stage::setns_mnt},
    {wire::fd_role::ns_uts, CLONE_NEWUTS, wire::stage::setns_uts},
    {wire::fd_role::ns_ipc, CLONE_NEWIPC, wire::stage::setns_ipc},
    {wire::fd_role::ns_cgroup, CLONE_NEWCGROUP, wire::stage::setns_cgroup},
    {wire::fd_role::ns_net, CLONE_NEWNET, wire::stage::setns_net},
    {wire::fd_role::ns_time, CLONE_NEWTIME, wire::stage::setns_time},
    {wire::fd_role::ns_pid, CLONE_NEWPID, wire::stage::setns_pid},
};

class setns_helper {
public:
  explicit setns_helper(setns_order& order) noexcept : order_(order) {}

  [[noreturn]] void run() noexcept
  {
    child_note& note = take_request(*order_.note);
    check(sys::call(__NR_madvise, &order_, sizeof order_, MADV_DONTFORK), wire::stage::fork);
    const spawn_view request{note.request, {}};
    close_foreign(fd::control, note.first_fd, note.first_fd + request.head->header.fds - 1, fd::proc - 1);
    if (note.restore_oom_score) write_oom_score(fd::proc, note.oom_score_adj, true);
    note.restore_oom_score = false;
    if (request.has(wire::fd_role::cwd)) {
      const int directory = note.first_fd + static_cast<int>(request.position(wire::fd_role::cwd));
      check(sys::call(__NR_fchdir, directory), wire::stage::cwd);
    }
    note.in_directory = true;

    for (const entrance& entrance : entrances) {
      if (!request.has(entrance.role)) continue;
      const int fd = note.first_fd + static_cast<int>(request.position(entrance.role));
      if (entrance.role == wire::fd_role::ns_user && request.has(wire::spawn_flags::drop_groups))
        enter_user_without_groups(fd);
      else
        check(sys::call(__NR_setns, fd, entrance.kind), entrance.where);
      if (entrance.role == wire::fd_role::ns_user && !note.has_privilege) note.maps_ids = has_no_maps();
    }
    clone_order child = order_on_child_stack();
    child.flags = order_.child_flags;
    if ((child.flags & CLONE_NEWTIME) != 0) make_time_namespace(note, child.flags);
    child.flags |= CLONE_PARENT;
    child.cgroup = order_.cgroup;
    const long pid = make_process(child, order_.has_clone3, run_child, &note);
    check(pid, wire::stage::clone);
    order_.pid = static_cast<std::int32_t>(pid);
    sys::exit(0);
  }

private:
  [[noreturn]] void give_up(int error, wire::stage where) noexcept
  {
    order_.error = error;
    order_.where = where;
    sys::exit(wire::exit_failed);
  }

  void check(long result, wire::stage where) noexcept
  {
    if (result < 0) give_up(sys::error_of(result), where);
  }

  /// Moves the request into memory of this process, which the child gets a copy of, beneath its stack.
  child_note& take_request(const child_note& from) noexcept
  {
    child_room& room = the_child_room();
    room.note = from;
    __builtin_memcpy(room.datagram, from.request, from.request->header.length);
    room.note.request = reinterpret_cast<const wire::spawn_request*>(room.datagram);
    leave_request_area(*from.owner);
    room.note.slot = map_slot(room.note.request->slot);
    return room.note;
  }

  /// Enters a user namespace without the supplementary groups of outside, which would reach there, and which
  /// root in there could use. Whoever may not drop them, neither outside nor inside (user_namespaces(7),
  /// "deny"), enters with them what is his own.
  void enter_user_without_groups(int fd) noexcept
  {
    std::uint32_t owner = ~0u;
    sys::call(__NR_ioctl, fd, NS_GET_OWNER_UID, &owner);
    const bool own = static_cast<std::uint32_t>(sys::call(__NR_geteuid)) == owner;
    bool dropped = sys::call(__NR_setgroups, 0, nullptr) == 0;
    check(sys::call(__NR_setns, fd, CLONE_NEWUSER), wire::stage::setns_user);
    dropped = dropped || sys::call(__NR_setgroups, 0, nullptr) == 0;
    if (!dropped && !own && sys::call(__NR_getgroups, 0, nullptr) != 0) give_up(EPERM, wire::stage::groups);
  }

  /// A user namespace in which nobody has been root yet is as good as a fresh one.
  static bool has_no_maps() noexcept
  {
    const long file = sys::call(__NR_openat, fd::proc, "self/uid_map", O_RDONLY | O_CLOEXEC, 0);
    if (file < 0) return false;
    char first;
    const long size = sys::call(__NR_read, file, &first, 1);
    sys::call(__NR_close, file);
    return size == 0;
  }

  /// Offsets can be set until the first process enters the namespace (time_namespaces(7)).
  void make_time_namespace(const child_note& note, std::uint64_t& child_flags) noexcept
  {
    const wire::spawn_request& head = *note.request;
    if ((head.namespaces & CLONE_NEWUSER) != 0) {
      // Without privilege outside, only the new user namespace gives the right to make a time namespace.
      check(sys::call(__NR_unshare, CLONE_NEWUSER), wire::stage::clone);
      child_flags &= ~std::uint64_t{CLONE_NEWUSER};
      if (note.maps_ids) set_dumpable(true); // or it could not write its offsets either
    }
    check(sys::call(__NR_unshare, CLONE_NEWTIME), wire::stage::timens);
    child_flags &= ~std::uint64_t{CLONE_NEWTIME};
    if (has(head.flags, wire::spawn_flags::timens_offsets)) {
      write_offset("monotonic ", 10, head.monotonic);
      write_offset("boottime ", 9, head.boottime);
    }
  }

  void write_offset(const char* clock, std::size_t clock_size, const wire::timens_offset& offset) noexcept
  {
    char line[80];
    std::size_t size = 0;
    const auto append = [&](const char* text, std::size_t count) {
      __builtin_memcpy(line + size, text, count);
      size += count;
    };
    const decimal seconds(offset.seconds);
    const decimal nanoseconds(offset.nanoseconds);
    append(clock, clock_size);
    append(seconds.data(), seconds.size());
    append(" ", 1);
    append(nanoseconds.data(), nanoseconds.size());
    append("\n", 1);
    const int error = write_kernel_file(fd::proc, "self/timens_offsets", PROC_SUPER_MAGIC, line, size);
    if (error != 0) give_up(error, wire::stage::timens);
  }

  setns_order& order_;
};

void run_setns_helper(void* argument) noexcept
{
  setns_helper(*static_cast<setns_order*>(argument)).run();
}

} // namespace

setns_outcome make_by_setns_helper(state& state, worker& self, child_note& note,
                                   const clone_order& child) noexcept
{
  setns_order& order = setns_order_of(self.number);
  const long page = sys::call(__NR_mmap, &order, sizeof order, PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (page < 0) return {0, sys::error_of(page), wire::stage::fork};
  order.note = &note;
  order.child_flags = child.flags & ~std::uint64_t{CLONE_PIDFD};
  order.cgroup = child.cgroup;
  order.has_clone3 = state.has_clone3;
  order.error = EIO;
  order.where = wire::stage::fork;

  const long pid = make_and_wait(state, self, order_on_child_stack(), run_setns_helper, &order);
  if (pid < 0)
    order.error = sys::error_of(pid);
  else
    sys::call(__NR_wait4, pid, nullptr, __WALL, nullptr);
  const setns_outcome outcome{order.pid, order.error, order.where};
  sys::call(__NR_munmap, &order, sizeof order);
  return outcome;
}

} // namespace linx::spawner
