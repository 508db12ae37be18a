#include "process/slots.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace linx::detail {

namespace {

constexpr std::size_t size = slot_table::capacity * sizeof(wire::status_slot);

error failed()
{
  return error::from_errno(errno, stage::memfd).with_object("status slots");
}

} // namespace

void slot_table::unmap::operator()(wire::status_slot* map) const noexcept
{
  ::munmap(map, size);
}

result<slot_table> slot_table::create()
{
  slot_table table;
  table.file_ = io::unique_fd(::memfd_create("linx-slots", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!table.file_ || ::ftruncate(table.file_.get(), size) != 0) return failed();
  // A child that could shrink the file would end the host by SIGBUS.
  if (::fcntl(table.file_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    return failed();
  void* map = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, table.file_.get(), 0);
  if (map == MAP_FAILED) return failed();
  table.map_.reset(static_cast<wire::status_slot*>(map));
  return table;
}

result<std::uint32_t> slot_table::acquire()
{
  if (is_exhausted())
    return error::from_errno(EAGAIN, stage::memfd)
        .with_object("16384 children are parked at once; let some proceed or abort them");
  std::uint32_t slot = untouched_;
  if (!free_.empty()) {
    slot = free_.back();
    free_.pop_back();
  } else {
    ++untouched_;
  }
  map_.get()[slot] = wire::status_slot{};
  return slot;
}

void slot_table::release(std::uint32_t slot)
{
  free_.push_back(slot);
}

} // namespace linx::detail
