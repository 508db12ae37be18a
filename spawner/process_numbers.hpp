/// The numbers that processes may have.
#pragma once

#include "descriptors.hpp"
#include "kernel_file.hpp"
#include "syscall.hpp"

#include <linux/fcntl.h>

namespace linx::spawner {

/// No more than candidates: /proc may be of another pid namespace, hide processes, or have changed by now.
/// Whoever is called has to ask the kernel what a number stands for.
template <class Visitor>
void for_each_listed(Visitor&& visit) noexcept
{
  struct entry { // struct linux_dirent64 of getdents64(2)
    std::uint64_t inode;
    std::int64_t offset;
    std::uint16_t length;
    std::uint8_t type;
    char name[1];
  };
  const long directory = sys::call(__NR_openat, fd::proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (directory < 0) return;
  alignas(entry) std::byte room[4096];
  for (;;) {
    const long size = sys::call(__NR_getdents64, directory, room, sizeof room);
    if (size <= 0) break;
    for (long at = 0; at < size;) {
      const auto& each = *reinterpret_cast<const entry*>(room + at);
      std::uint32_t number = 0;
      const char* digit = each.name;
      for (; *digit >= '0' && *digit <= '9'; ++digit)
        number = number * 10 + static_cast<std::uint32_t>(*digit - '0');
      if (*digit == '\0' && number != 0) visit(number);
      at += each.length;
    }
  }
  sys::call(__NR_close, directory);
}

/// Every number there can be. Takes seconds where nobody says how many that are.
template <class Visitor>
void for_each_possible(Visitor&& visit) noexcept
{
  std::int32_t most = 0;
  if (!read_number(fd::proc, "sys/kernel/pid_max", most) || most <= 0) most = 4 << 20; // linux/threads.h
  for (std::int32_t number = 1; number != most; ++number) visit(static_cast<std::uint32_t>(number));
}

} // namespace linx::spawner
