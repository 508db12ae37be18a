#include "children.hpp"

namespace linx::spawner {

void child_table::insert(const child_record& record) noexcept
{
  std::uint32_t at = home(record.pid);
  while (records_[at].pid != 0) at = (at + 1) & mask;
  records_[at] = record;
  used_[at / block] = true;
  ++count_;
  tied_ += record.tied;
}

child_record* child_table::find(std::uint32_t pid) noexcept
{
  for (std::uint32_t at = home(pid); records_[at].pid != 0; at = (at + 1) & mask) {
    if (records_[at].pid == pid) return &records_[at];
  }
  return nullptr;
}

void child_table::erase(child_record& record) noexcept
{
  --count_;
  tied_ -= record.tied;
  // Close the gap: a record further on may have been pushed past this place.
  auto gap = static_cast<std::uint32_t>(&record - records_);
  for (std::uint32_t at = (gap + 1) & mask; records_[at].pid != 0; at = (at + 1) & mask) {
    const std::uint32_t wanted = home(records_[at].pid);
    if (((at - wanted) & mask) < ((at - gap) & mask)) continue;
    records_[gap] = records_[at];
    gap = at;
  }
  records_[gap] = {};
}

} // namespace linx::spawner
