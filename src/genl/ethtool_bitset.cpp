#include <linx/genl/ethtool_bitset.hpp>

#include <algorithm>

#include <linux/ethtool_netlink.h>

namespace linx::genl::ethtool {

namespace {

// No set is anywhere near as long; a size comes from the kernel and is not believed.
constexpr std::uint32_t longest = 65536;

// Bit `n` of a bitmap of 32-bit words in host order, the lowest bits first.
bool is_set(std::span<const std::byte> bitmap, std::uint32_t n) noexcept
{
  const std::size_t word = n / 32 * sizeof(std::uint32_t);
  if (word + sizeof(std::uint32_t) > bitmap.size()) return false;
  return (netlink::read_struct<std::uint32_t>(bitmap.subspan(word)) >> n % 32 & 1) != 0;
}

void read_compact(std::span<const std::byte> value, std::span<const std::byte> mask, bitset& into)
{
  const auto told = into.has_mask ? mask : value;
  const auto count = std::min({into.size, longest, static_cast<std::uint32_t>(told.size() * 8)});
  for (std::uint32_t n = 0; n < count; ++n)
    if (is_set(told, n)) into.bits.emplace_back(n, std::string(), is_set(value, n));
}

void read_verbose(const netlink::attributes& list, bitset& into)
{
  for (const auto each : list) {
    const auto inside = each.nested();
    const auto index = inside.find(ETHTOOL_A_BITSET_BIT_INDEX);
    const auto name = inside.find(ETHTOOL_A_BITSET_BIT_NAME);
    // without a mask what is listed is on
    const bool on = !into.has_mask || inside.find(ETHTOOL_A_BITSET_BIT_VALUE).has_value();
    into.bits.emplace_back(index ? index->as<std::uint32_t>().value_or(0) : 0,
                           std::string(name ? name->as_string() : ""), on);
  }
}

} // namespace

bitset bitset::decode(const netlink::attribute& nest)
{
  bitset set;
  const auto inside = nest.nested();
  const auto size = inside.find(ETHTOOL_A_BITSET_SIZE);
  set.size = size ? size->as<std::uint32_t>().value_or(0) : 0;
  set.has_mask = !inside.find(ETHTOOL_A_BITSET_NOMASK).has_value();
  if (const auto list = inside.find(ETHTOOL_A_BITSET_BITS)) {
    read_verbose(list->nested(), set);
  } else if (const auto value = inside.find(ETHTOOL_A_BITSET_VALUE)) {
    const auto mask = inside.find(ETHTOOL_A_BITSET_MASK);
    read_compact(value->payload(), mask ? mask->payload() : std::span<const std::byte>(), set);
  }
  return set;
}

const bit* bitset::find(std::string_view name) const noexcept
{
  const auto at = std::find_if(bits.begin(), bits.end(), [&](const bit& b) { return b.name == name; });
  return at == bits.end() ? nullptr : &*at;
}

bool bitset::contains(std::string_view name) const noexcept
{
  const auto* found = find(name);
  return found && found->value;
}

std::vector<std::string> bitset::names() const
{
  std::vector<std::string> on;
  for (const bit& b : bits)
    if (b.value) on.push_back(b.name.empty() ? std::to_string(b.index) : b.name);
  return on;
}

void bitset::name_bits(const std::vector<std::string>& strings)
{
  for (bit& b : bits)
    if (b.name.empty() && b.index < strings.size()) b.name = strings[b.index];
}

std::string to_string(const bitset& set)
{
  std::string text;
  for (const auto& name : set.names()) text += (text.empty() ? "" : " ") + name;
  return text;
}

} // namespace linx::genl::ethtool
