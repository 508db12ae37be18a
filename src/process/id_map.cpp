#include <linx/process/id_map.hpp>

#include <algorithm>

namespace linx {

namespace {

constexpr std::size_t most_ranges = 340;         // user_namespaces(7), since Linux 4.15
constexpr std::uint64_t end_of_ids = 0xffffffff; // (uid_t)-1 is no id

std::string line(const id_map::range& r)
{
  return std::to_string(r.inside) + ' ' + std::to_string(r.outside) + ' ' + std::to_string(r.count);
}

/// The second of two ranges that share an id, seen by `first_of`.
const id_map::range* overlap(std::vector<id_map::range> ranges, std::uint32_t id_map::range::*first_of,
                             id_map::range& found)
{
  std::ranges::sort(ranges, {}, first_of);
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    const auto& before = ranges[i - 1];
    if (std::uint64_t{before.*first_of} + before.count > ranges[i].*first_of) return &(found = ranges[i]);
  }
  return nullptr;
}

} // namespace

id_map& id_map::add(std::uint32_t inside, std::uint32_t outside, std::uint32_t count)
{
  ranges_.push_back({inside, outside, count});
  return *this;
}

result<std::string> id_map::text() const
{
  if (ranges_.empty()) return error::argument("id map without a range; add() one");
  if (ranges_.size() > most_ranges)
    return error::argument("id map of " + std::to_string(ranges_.size()) + " ranges; the kernel takes 340");
  for (const auto& r : ranges_) {
    if (r.count == 0) return error::argument("id map range '" + line(r) + "'; the count must be 1 or more");
    if (std::uint64_t{r.inside} + r.count > end_of_ids || std::uint64_t{r.outside} + r.count > end_of_ids)
      return error::argument("id map range '" + line(r) + "'; ids end at 4294967294");
  }
  range found{};
  if (overlap(ranges_, &range::inside, found))
    return error::argument("id map range '" + line(found) + "'; overlaps another one inside the namespace");
  if (overlap(ranges_, &range::outside, found))
    return error::argument("id map range '" + line(found) + "'; overlaps another one outside the namespace");
  std::string text;
  for (const auto& r : ranges_) text += line(r) + '\n';
  return text;
}

} // namespace linx
