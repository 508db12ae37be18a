/// What a child has in the place of what it shared with the spawner, and who may look at it.
#pragma once

#include "layout.hpp"
#include "nursery.hpp"
#include "syscall.hpp"

#include "descriptors.hpp"

#include <asm/errno.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/resource.h>

namespace linx::spawner {

/// For a process that has taken its request: gives the crib back and unmaps all of them.
inline void leave_nursery(std::uint32_t& tenant) noexcept
{
  __atomic_store_n(&tenant, 0u, __ATOMIC_RELEASE);
  if (sys::call(__NR_munmap, layout::nursery, sizeof(struct nursery)) < 0) sys::exit(wire::exit_failed);
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

inline void unmap_slot() noexcept
{
  sys::call(__NR_munmap, layout::slot, sizeof(wire::status_slot));
}

inline void set_dumpable(bool dumpable) noexcept
{
  sys::call(__NR_prctl, PR_SET_DUMPABLE, dumpable ? 1 : 0, 0, 0, 0);
}

} // namespace linx::spawner
