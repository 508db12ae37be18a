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

} // namespace linx::spawner
