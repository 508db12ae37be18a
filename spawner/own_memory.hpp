/// What a child has in the place of what it shared with the spawner, and who may look at it.
#pragma once

#include "layout.hpp"
#include "request_area.hpp"
#include "syscall.hpp"

#include "descriptors.hpp"

#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/resource.h>

namespace linx::spawner {

/// For a process that has taken its request: gives its slot back and unmaps the area.
inline void leave_request_area(std::uint32_t& owner) noexcept
{
  __atomic_store_n(&owner, 0u, __ATOMIC_RELEASE);
  if (sys::call(__NR_munmap, layout::request_area, sizeof(struct request_area)) < 0)
    sys::exit(wire::exit_failed);
}

inline long try_to_map_slot(std::uint32_t number) noexcept
{
  return sys::call(__NR_mmap, layout::slot, sizeof(wire::status_slot), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_FIXED_NOREPLACE, fd::slots,
                   std::uint64_t{number} * sizeof(wire::status_slot));
}

/// Of all the slots a child maps its own alone. Without one it could not even say so; so a limit of its
/// memory (RLIMIT_AS) does not count for this page.
inline wire::status_slot* map_slot(std::uint32_t number) noexcept
{
  long address = try_to_map_slot(number);
  rlimit64 own{};
  if (address == -ENOMEM && sys::call(__NR_prlimit64, 0, RLIMIT_AS, nullptr, &own) == 0) {
    const rlimit64 most{own.rlim_max, own.rlim_max};
    sys::call(__NR_prlimit64, 0, RLIMIT_AS, &most, nullptr);
    address = try_to_map_slot(number);
    sys::call(__NR_prlimit64, 0, RLIMIT_AS, &own, nullptr);
  }
  if (address < 0) sys::exit(wire::exit_failed);
  return reinterpret_cast<wire::status_slot*>(address);
}

/// From now on that file is the child's slot, with what the present one says: 0 or the errno. EPERM: it could
/// shrink, and what is mapped of it with it.
inline int replace_slot(int file) noexcept
{
  constexpr int seek_end = 2;
  const long seals = sys::call(__NR_fcntl, file, F_GET_SEALS);
  if (seals < 0) return sys::error_of(seals);
  if ((seals & F_SEAL_SHRINK) == 0) return EPERM;
  if (sys::call(__NR_lseek, file, 0, seek_end) != sizeof(wire::status_slot)) return EINVAL;
  const wire::status_slot present = *reinterpret_cast<const wire::status_slot*>(layout::slot);
  const long address = sys::call(__NR_mmap, layout::slot, sizeof present, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_FIXED, file, 0);
  if (address < 0) return sys::error_of(address);
  *reinterpret_cast<wire::status_slot*>(layout::slot) = present;
  return 0;
}

inline void unmap_slot() noexcept
{
  sys::call(__NR_munmap, layout::slot, sizeof(wire::status_slot));
}

inline void set_dumpable(bool dumpable) noexcept
{
  sys::call(__NR_prctl, PR_SET_DUMPABLE, dumpable ? 1 : 0, 0, 0, 0);
}

} // namespace linx::spawner
