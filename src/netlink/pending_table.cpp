#include "netlink/pending_table.hpp"

#include <algorithm>
#include <utility>

namespace linx::netlink::detail {

pending_table::pending_table() : slots_(64)
{
  runs_.reserve(8);
}

void pending_table::insert(const entry& e)
{
  if (e.count == 1) {
    if ((singles_ + 1) * 2 > slots_.size()) grow();
    place(e);
    ++singles_;
  } else {
    runs_.push_back(e);
  }
  dumps_ += e.dump;
}

pending_table::entry* pending_table::find(std::uint32_t sequence) noexcept
{
  for (auto i = home(sequence); slots_[i].count != 0; i = (i + 1) & (slots_.size() - 1))
    if (slots_[i].first == sequence) return &slots_[i];
  for (auto& run : runs_)
    if (sequence - run.first < run.count) return &run;
  return nullptr;
}

void pending_table::erase(entry& e) noexcept
{
  dumps_ -= e.dump;
  if (e.count != 1) {
    e = runs_.back();
    runs_.pop_back();
    return;
  }
  // what was displaced by the erased one moves up, so that a search never meets a hole too early
  const std::size_t mask = slots_.size() - 1;
  auto hole = static_cast<std::size_t>(&e - slots_.data());
  for (auto i = (hole + 1) & mask; slots_[i].count != 0; i = (i + 1) & mask) {
    const auto distance_to_home = (i - home(slots_[i].first)) & mask;
    if (distance_to_home >= ((i - hole) & mask)) {
      slots_[hole] = slots_[i];
      hole = i;
    }
  }
  slots_[hole] = entry();
  --singles_;
}

void pending_table::clear() noexcept
{
  std::fill(slots_.begin(), slots_.end(), entry());
  runs_.clear();
  singles_ = dumps_ = 0;
}

std::size_t pending_table::keep_begun_dump() noexcept
{
  // No more than one is in flight.
  const auto begun =
      std::find_if(slots_.begin(), slots_.end(), [](const entry& e) { return e.dump && e.begun; });
  const entry kept = begun == slots_.end() ? entry() : *begun;
  clear();
  if (kept.count == 0) return 0;
  place(kept);
  singles_ = dumps_ = 1;
  return kept.cost;
}

bool pending_table::is_free(std::uint32_t first, std::uint32_t count) const noexcept
{
  const auto clashes = [&](const entry& e) {
    return e.count != 0 && (e.first - first < count || first - e.first < e.count);
  };
  if (count == 1) {
    for (auto i = home(first); slots_[i].count != 0; i = (i + 1) & (slots_.size() - 1))
      if (slots_[i].first == first) return false;
  } else if (singles_ != 0 && std::any_of(slots_.begin(), slots_.end(), clashes)) {
    return false;
  }
  return std::none_of(runs_.begin(), runs_.end(), clashes);
}

void pending_table::place(const entry& e) noexcept
{
  auto i = home(e.first);
  while (slots_[i].count != 0) i = (i + 1) & (slots_.size() - 1);
  slots_[i] = e;
}

void pending_table::grow()
{
  std::vector<entry> old(slots_.size() * 2);
  std::swap(old, slots_);
  for (const auto& e : old)
    if (e.count != 0) place(e);
}

} // namespace linx::netlink::detail
