#include "credentials.hpp"

#include "syscall.hpp"

#include <linux/capability.h>
#include <linux/prctl.h>

namespace linx::spawner {

int read_credentials(wire::credentials& out, std::uint32_t* room, std::size_t room_count) noexcept
{
  out = {};
  sys::call(__NR_getresuid, &out.ruid, &out.euid, &out.suid);
  sys::call(__NR_getresgid, &out.rgid, &out.egid, &out.sgid);

  const long groups = sys::call(__NR_getgroups, room_count, room);
  if (groups < 0) return sys::error_of(groups);
  out.groups = wire::groups_hash(room, static_cast<std::size_t>(groups));

  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  const long caps = sys::call(__NR_capget, &header, data);
  if (caps < 0) return sys::error_of(caps);
  out.permitted = (std::uint64_t{data[1].permitted} << 32) | data[0].permitted;

  out.no_new_privs = sys::call(__NR_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
  const long seccomp = sys::call(__NR_prctl, PR_GET_SECCOMP, 0, 0, 0, 0);
  out.seccomp = seccomp > 0 ? static_cast<std::uint8_t>(seccomp) : 0; // EINVAL: a kernel without it
  return 0;
}

} // namespace linx::spawner
