#include "forerunner.hpp"

#include "child.hpp"
#include "descriptors.hpp"
#include "small_file.hpp"
#include "state.hpp"

#include <asm/errno.h>
#include <linux/nsfs.h>
#include <linux/prctl.h>
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

[[noreturn]] void give_up(int error, wire::stage where) noexcept
{
  errand& errand = the_nursery().errand;
  errand.error = error;
  errand.where = where;
  sys::exit(wire::exit_failed);
}

void check(long result, wire::stage where) noexcept
{
  if (result < 0) give_up(sys::error_of(result), where);
}

/// A change of user namespace makes the memory map non-dumpable, /proc/<pid> of the child root's, and a host
/// without privilege unable to write its id maps (proc(5)).
void stay_dumpable() noexcept
{
  sys::call(__NR_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0);
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
  const int error = write_text(fd::proc, "self/timens_offsets", line, size);
  if (error != 0) give_up(error, wire::stage::timens);
}

/// Offsets can be set until the first process enters the namespace (time_namespaces(7)).
void make_time_namespace(const wire::spawn_request& head, std::uint64_t& child_flags) noexcept
{
  if ((head.namespaces & CLONE_NEWUSER) != 0) {
    // Without privilege outside, only the new user namespace gives the right to make a time namespace.
    check(sys::call(__NR_unshare, CLONE_NEWUSER), wire::stage::clone);
    stay_dumpable();
    child_flags &= ~std::uint64_t{CLONE_NEWUSER};
  }
  check(sys::call(__NR_unshare, CLONE_NEWTIME), wire::stage::timens);
  child_flags &= ~std::uint64_t{CLONE_NEWTIME};
  if (has(head.flags, wire::spawn_flags::timens_offsets)) {
    write_offset("monotonic ", 10, head.monotonic);
    write_offset("boottime ", 9, head.boottime);
  }
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

void run_forerunner(void* argument) noexcept
{
  errand& errand = *static_cast<struct errand*>(argument);
  const spawn_view request{errand.note->request, {}};
  for (const entrance& entrance : entrances) {
    if (!request.has(entrance.role)) continue;
    const int fd = errand.note->first_fd + static_cast<int>(request.position(entrance.role));
    if (entrance.role == wire::fd_role::ns_user && request.has(wire::spawn_flags::drop_groups))
      enter_user_without_groups(fd);
    else
      check(sys::call(__NR_setns, fd, entrance.kind), entrance.where);
    if (entrance.role == wire::fd_role::ns_user) stay_dumpable();
  }
  clone_order child = order_on_child_stack();
  child.flags = errand.child_flags;
  if ((child.flags & CLONE_NEWTIME) != 0) make_time_namespace(*request.head, child.flags);
  child.flags |= CLONE_PARENT;
  child.pidfd = &errand.pidfd;
  child.cgroup = errand.cgroup;
  const long pid = make_process(child, errand.has_clone3, run_child, errand.note);
  check(pid, wire::stage::clone);
  errand.pid = static_cast<std::int32_t>(pid);
  sys::exit(0);
}

} // namespace

void send_forerunner(errand& errand) noexcept
{
  errand.pid = 0;
  errand.pidfd = -1;
  errand.error = EIO;
  errand.where = wire::stage::fork;

  // CLONE_FILES brings the child's pidfd into this table; CLONE_VFORK waits until the forerunner is done.
  clone_order order = order_on_child_stack();
  order.flags = CLONE_FILES | CLONE_VFORK;
  const long pid = make_process(order, errand.has_clone3, run_forerunner, &errand);
  if (pid < 0) {
    errand.error = sys::error_of(pid);
    return;
  }
  sys::call(__NR_wait4, pid, nullptr, __WALL, nullptr);
}

} // namespace linx::spawner
