/// A request's body in a sealed memory file.
#pragma once

#include "request.hpp"
#include "syscall.hpp"

#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/mman.h>

namespace linx::spawner {

/// Maps and reads it: 0, EPERM when it is not sealed (it could then shrink under the reader), EINVAL when it
/// does not hold what the request says.
inline int map_body(int file, const wire::spawn_request& head, spawn_body& out) noexcept
{
  constexpr long needed = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  const long seals = sys::call(__NR_fcntl, file, F_GET_SEALS);
  if (seals < 0) return sys::error_of(seals);
  if ((seals & needed) != needed) return EPERM;
  constexpr int seek_end = 2;
  const long size = sys::call(__NR_lseek, file, 0, seek_end);
  if (size < 0) return sys::error_of(size);
  if (static_cast<std::size_t>(size) != body_size(head)) return EINVAL;
  const long address = sys::call(__NR_mmap, nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  if (address < 0) return sys::error_of(address);
  return read_body({reinterpret_cast<const std::byte*>(address), static_cast<std::size_t>(size)}, head, out);
}

} // namespace linx::spawner
