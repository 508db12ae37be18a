/// What the spawner needs of the kernel's interface and no header under linux/ declares without libc.
#pragma once

#include <cstddef>
#include <cstdint>

#include <linux/uio.h>

namespace linx::spawner::abi {

struct message_header { // struct msghdr of recvmsg(2), as the kernel reads it on 64-bit
  void* name;
  std::int32_t name_length;
  iovec* parts;
  std::size_t part_count;
  void* control;
  std::size_t control_length;
  std::uint32_t flags;
};

struct control_header { // struct cmsghdr
  std::size_t length;
  std::int32_t level;
  std::int32_t type;
};

inline constexpr int sol_socket = 1;
inline constexpr int scm_rights = 1;
inline constexpr int scm_credentials = 2;
inline constexpr int so_error = 4;
inline constexpr int so_passcred = 16;
inline constexpr int so_peercred = 17;

inline constexpr unsigned msg_ctrunc = 0x8;
inline constexpr unsigned msg_trunc = 0x20;
inline constexpr unsigned msg_dontwait = 0x40;
inline constexpr unsigned msg_nosignal = 0x4000;
inline constexpr unsigned msg_cmsg_cloexec = 0x40000000;

inline constexpr int af_unix = 1;
inline constexpr int sock_seqpacket = 5;
inline constexpr int sock_cloexec = 0x80000;

inline constexpr int at_execve_check = 0x10000; // execveat(2), since Linux 6.14
inline constexpr int x_ok = 1;                  // faccessat2(2)
inline constexpr unsigned s_ifmt = 0170000;     // inode(7)
inline constexpr unsigned s_ifreg = 0100000;
inline constexpr unsigned s_ifdir = 0040000;
inline constexpr unsigned s_ifsock = 0140000;

inline constexpr std::size_t signal_set_size = 8; // rt_sigprocmask(2) and friends: 64 signals

struct signal_action { // struct kernel_sigaction
  std::uintptr_t handler;
  std::uint64_t flags;
  std::uintptr_t restorer;
  std::uint64_t mask;
};

} // namespace linx::spawner::abi
