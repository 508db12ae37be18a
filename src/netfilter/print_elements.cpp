#include <linx/netfilter/set.hpp>

#include "netfilter/print_value.hpp"
#include "netfilter/quote.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>

namespace linx::netfilter {

namespace {

bool less(const data& a, const data& b) noexcept
{
  return std::ranges::lexicographical_compare(a.bytes(), b.bytes());
}

data predecessor(const data& key)
{
  std::array<std::byte, data::max_size> bytes{};
  std::ranges::copy(key.bytes(), bytes.begin());
  for (std::size_t i = key.size(); i-- > 0;) {
    const auto before = bytes[i];
    bytes[i] = static_cast<std::byte>(std::to_integer<unsigned>(before) - 1);
    if (before != std::byte{}) break;
  }
  return data(std::span(bytes).first(key.size()));
}

/// Length of the prefix that spans exactly [first, last], nothing if no prefix does.
std::optional<std::size_t> prefix_length(const data& first, const data& last)
{
  std::size_t common = 0;
  const std::size_t bits = first.size() * 8;
  const auto bit = [](const data& d, std::size_t i) {
    return (std::to_integer<unsigned>(d.bytes()[i / 8]) >> (7 - i % 8)) & 1;
  };
  while (common < bits && bit(first, common) == bit(last, common)) ++common;
  for (std::size_t i = common; i < bits; ++i)
    if (bit(first, i) != 0 || bit(last, i) != 1) return std::nullopt;
  return common;
}

std::string range_text(std::uint32_t type, const data& first, const data& last)
{
  std::string text = detail::key_text(type, first);
  if (first == last) return text;
  const bool address = type == static_cast<std::uint32_t>(key_type::ipv4_addr) ||
                       type == static_cast<std::uint32_t>(key_type::ipv6_addr);
  if (address && first.size() == last.size())
    if (const auto length = prefix_length(first, last))
      return text.append("/").append(std::to_string(*length));
  return text.append("-").append(detail::key_text(type, last));
}

void describe(std::string& text, const element& e)
{
  if (e.timeout().count() != 0)
    text.append(" timeout ").append(std::to_string(e.timeout().count())).append("ms");
  if (e.expires_in().count() != 0)
    text.append(" expires ").append(std::to_string(e.expires_in().count())).append("ms");
  if (!e.comment().empty()) text.append(" comment ").append(detail::quoted(e.comment()));
}

} // namespace

std::string to_string(const elements& list)
{
  std::string text = "element ";
  text.append(to_string(list.family())).append(" ").append(detail::word(list.table())).append(" ");
  text.append(detail::word(list.set())).append(" {");

  // The kernel lists the ends of intervals as elements of their own and in no order that it promises.
  std::vector<const element*> sorted;
  for (const auto& e : list.list()) sorted.push_back(&e);
  const bool intervals = std::ranges::any_of(sorted, [](const element* e) { return e->is_interval_end(); });
  if (intervals) {
    std::ranges::sort(sorted, [](const element* a, const element* b) {
      if (a->key() == b->key()) return a->is_interval_end() && !b->is_interval_end();
      return less(a->key(), b->key());
    });
  }

  bool first = true;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const element& e = *sorted[i];
    if (e.is_interval_end())
      continue; // written with the element it ends; one without a beginning ends nothing
    text += first ? " " : ", ";
    first = false;
    if (e.is_catch_all()) {
      text += "*";
    } else if (e.key_end()) {
      text += range_text(list.type(), e.key(), *e.key_end());
    } else if (intervals) {
      const bool ended = i + 1 < sorted.size() && sorted[i + 1]->is_interval_end();
      std::array<std::byte, data::max_size> highest;
      highest.fill(std::byte{0xff});
      text += range_text(list.type(), e.key(),
                         ended ? predecessor(sorted[i + 1]->key())
                               : data(std::span(highest).first(e.key().size())));
    } else {
      text += detail::key_text(list.type(), e.key());
    }
    describe(text, e);
  }
  return text += " }";
}

} // namespace linx::netfilter
