/// Who the spawner is, and whether that is still who the host is.
#pragma once

#include "task_status.hpp"

#include "process/protocol.hpp"

namespace linx::spawner {

/// Reads the credentials of this process: 0 or the errno. `room` is for getgroups(2).
int read_credentials(wire::credentials& out, std::uint32_t* room, std::size_t room_count) noexcept;

/// False when a child of `self` would be more than the host is now, or somebody else.
constexpr bool may_act_for(const wire::credentials& host, const wire::credentials& self) noexcept
{
  return host.ruid == self.ruid && host.euid == self.euid && host.suid == self.suid &&
         host.rgid == self.rgid && host.egid == self.egid && host.sgid == self.sgid &&
         host.groups == self.groups && host.no_new_privs == self.no_new_privs &&
         host.seccomp == self.seccomp && (self.permitted & ~host.permitted) == 0 &&
         (self.seccomp_filters == wire::unknown_filters || host.seccomp_filters == self.seccomp_filters);
}

constexpr bool may_act_for(const task_status& host, const task_status& self) noexcept
{
  return may_act_for(host.who, self.who) && (self.inheritable & ~host.inheritable) == 0 &&
         (self.bounding & ~host.bounding) == 0 && (self.ambient & ~host.ambient) == 0;
}

/// Whether somebody has all the power that `self` has, over what that has made: the same user, or one who may
/// become that; no capability less; and under no restriction that `self` is not under.
constexpr bool may_control(const task_status& other, const task_status& self) noexcept
{
  constexpr std::uint64_t becomes_others = 1u << 6 | 1u << 7; // CAP_SETGID, CAP_SETUID
  const bool is_user = other.who.euid == self.who.euid;
  const bool is_root = other.who.euid == 0 && (other.who.permitted & becomes_others) == becomes_others;
  return (is_user || is_root) && (self.who.permitted & ~other.who.permitted) == 0 &&
         (self.bounding & ~other.bounding) == 0 && other.who.no_new_privs <= self.who.no_new_privs &&
         (other.who.seccomp == 0 || other.who.seccomp == self.who.seccomp) &&
         other.who.seccomp_filters <= self.who.seccomp_filters;
}

} // namespace linx::spawner
