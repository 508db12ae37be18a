#include "request.hpp"

#include "step_list.hpp"

#include <asm/errno.h>
#include <linux/sched.h>

namespace linx::spawner {

namespace {

constexpr std::uint32_t all_namespaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC |
                                         CLONE_NEWCGROUP | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWTIME;

constexpr std::uint32_t entered_namespaces(std::uint32_t fd_roles) noexcept
{
  std::uint32_t set = 0;
  if (has(fd_roles, wire::fd_role::ns_user)) set |= CLONE_NEWUSER;
  if (has(fd_roles, wire::fd_role::ns_mnt)) set |= CLONE_NEWNS;
  if (has(fd_roles, wire::fd_role::ns_uts)) set |= CLONE_NEWUTS;
  if (has(fd_roles, wire::fd_role::ns_ipc)) set |= CLONE_NEWIPC;
  if (has(fd_roles, wire::fd_role::ns_cgroup)) set |= CLONE_NEWCGROUP;
  if (has(fd_roles, wire::fd_role::ns_net)) set |= CLONE_NEWNET;
  if (has(fd_roles, wire::fd_role::ns_time)) set |= CLONE_NEWTIME;
  if (has(fd_roles, wire::fd_role::ns_pid)) set |= CLONE_NEWPID;
  return set;
}

bool is_sane(const wire::spawn_request& head) noexcept
{
  if (head.header.id == 0 || head.orphan > wire::orphan_policy::outlive) return false;
  if (head.scope > wire::kill_scope::cgroup) return false;
  if (head.scope == wire::kill_scope::cgroup && !has(head.fd_roles, wire::fd_role::cgroup)) return false;
  if ((head.flags & ~wire::all_spawn_flags) != 0 || (head.fd_roles & ~wire::all_fd_roles) != 0) return false;
  if ((head.namespaces & ~all_namespaces) != 0) return false;
  if ((head.namespaces & entered_namespaces(head.fd_roles)) != 0) return false;
  if (head.steps_length % 8 != 0 || head.strings_length == 0) return false;

  const unsigned fds = count_bits(head.fd_roles) + head.extra_fds + head.step_fds;
  if (head.header.fds != fds) return false;

  const bool init = has(head.flags, wire::spawn_flags::init);
  if (init != has(head.fd_roles, wire::fd_role::report)) return false;
  if (init && (head.namespaces & CLONE_NEWPID) == 0) return false;
  if (has(head.flags, wire::spawn_flags::timens_offsets)) {
    if ((head.namespaces & CLONE_NEWTIME) == 0) return false;
    constexpr std::uint32_t second = 1'000'000'000;
    if (head.monotonic.nanoseconds >= second || head.boottime.nanoseconds >= second) return false;
  }
  if (has(head.flags, wire::spawn_flags::drop_groups) && !has(head.fd_roles, wire::fd_role::ns_user))
    return false;
  if (has(head.flags, wire::spawn_flags::introduce)) return wire::may_introduce_itself(head);
  return has(head.fd_roles, wire::fd_role::checkpoint) || wire::is_simple(head);
}

} // namespace

unsigned spawn_view::position(wire::fd_role role) const noexcept
{
  const auto below = static_cast<std::uint32_t>(role) - 1;
  return count_bits(head->fd_roles & below);
}

std::size_t body_size(const wire::spawn_request& head) noexcept
{
  return wire::padded(head.extra_fds * sizeof(std::uint32_t)) + head.steps_length +
         wire::padded(head.strings_length);
}

int read_body(bytes whole, const wire::spawn_request& head, spawn_body& out) noexcept
{
  if (whole.size != body_size(head)) return EINVAL;
  // Each string has its NUL. Checked here, so that nothing is laid out for more than there can be.
  if (std::uint64_t{1} + head.argc + head.envc > head.strings_length) return EINVAL;
  out.targets = whole.take(wire::padded(head.extra_fds * sizeof(std::uint32_t)));
  out.steps = whole.take(head.steps_length);
  out.strings = whole.take(wire::padded(head.strings_length));
  out.strings.size = head.strings_length;

  for (unsigned i = 0; i != head.extra_fds; ++i) {
    constexpr std::uint32_t first_free = 3, limit = 1u << 30;
    if (out.target(i) < first_free || out.target(i) >= limit) return EINVAL;
    for (unsigned other = 0; other != i; ++other) {
      if (out.target(other) == out.target(i)) return EINVAL;
    }
  }

  step_rules rules;
  rules.after_marker = true;
  rules.at_proceed = true;
  rules.only_simple = !has(head.fd_roles, wire::fd_role::checkpoint);
  rules.fds = head.step_fds;
  return check_steps(out.steps, rules);
}

int read_spawn(bytes frame, spawn_view& out) noexcept
{
  if (frame.size < sizeof(wire::spawn_request) || frame.size > wire::max_spawn) return EINVAL;
  out.head = &frame.as<wire::spawn_request>();
  if (!is_sane(*out.head)) return EINVAL;
  frame.take(sizeof(wire::spawn_request));
  if (out.has(wire::fd_role::body)) return frame.size == 0 ? 0 : EINVAL;
  return read_body(frame, *out.head, out.body);
}

bool split_strings(bytes strings, const wire::spawn_request& head, const char*& path,
                   const char** pointers) noexcept
{
  const char* next = reinterpret_cast<const char*>(strings.data);
  const char* const end = next + strings.size;
  const auto take = [&]() -> const char* {
    const char* const text = next;
    while (next != end && *next != '\0') ++next;
    if (next == end) return nullptr;
    ++next;
    return text;
  };

  path = take();
  if (path == nullptr) return false;
  for (std::uint32_t i = 0; i != head.argc; ++i) {
    if ((*pointers++ = take()) == nullptr) return false;
  }
  *pointers++ = nullptr;
  for (std::uint32_t i = 0; i != head.envc; ++i) {
    if ((*pointers++ = take()) == nullptr) return false;
  }
  *pointers = nullptr;
  return next == end;
}

} // namespace linx::spawner
