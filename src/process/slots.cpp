#include "process/slots.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

namespace linx::detail {

namespace {

/// As many as RLIMIT_FSIZE lets a file hold, memory files included: beyond it there is a SIGXFSZ.
std::uint32_t possible_slots()
{
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0) return slot_table::capacity;
  return static_cast<std::uint32_t>(
      std::min<rlim_t>(slot_table::capacity, limit.rlim_cur / sizeof(wire::status_slot)));
}

error failed()
{
  return error::from_errno(errno, stage::memfd).with_object("status slots");
}

} // namespace

void slot_table::unmap::operator()(wire::status_slot* map) const noexcept
{
  ::munmap(map, slots * sizeof(wire::status_slot));
}

result<slot_table> slot_table::create()
{
  slot_table table;
  const std::uint32_t slots = possible_slots();
  const std::size_t size = slots * sizeof(wire::status_slot);
  table.file_ = io::unique_fd(::memfd_create("linx-slots", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!table.file_ || ::ftruncate(table.file_.get(), static_cast<off_t>(size)) != 0) return failed();
  // A child that could shrink the file would end the host by SIGBUS.
  if (::fcntl(table.file_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    return failed();
  void* map = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, table.file_.get(), 0);
  if (map == MAP_FAILED) return failed();
  table.map_ = decltype(table.map_)(static_cast<wire::status_slot*>(map), unmap{slots});
  return table;
}

result<std::uint32_t> slot_table::acquire()
{
  if (is_exhausted())
    return error::from_errno(EAGAIN, stage::memfd)
        .with_object(std::to_string(map_.get_deleter().slots) +
                     " children are parked at once; let some proceed or abort them");
  std::uint32_t slot = untouched_;
  if (!free_.empty()) {
    slot = free_.back();
    free_.pop_back();
  } else {
    // Room to give it back, which must not fail.
    if (free_.capacity() == untouched_) free_.reserve(std::max<std::size_t>(64, 2 * free_.capacity()));
    ++untouched_;
  }
  wire::status_slot& status = map_.get()[slot];
  status.error = 0;
  status.where = wire::stage::none;
  status.step = 0;
  status.taken_count = 0;
  wire::store_state(status, wire::slot_state::idle);
  return slot;
}

void slot_table::release(std::uint32_t slot) noexcept
{
  free_.push_back(slot);
}

} // namespace linx::detail
