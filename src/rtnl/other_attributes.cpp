#include <linx/rtnl/other_attributes.hpp>

namespace linx::rtnl {

void other_attributes::add(const netlink::attribute& a)
{
  const auto payload = a.payload();
  const nlattr header{static_cast<std::uint16_t>(sizeof(nlattr) + payload.size()), a.raw_type()};
  const auto raw = std::as_bytes(std::span(&header, 1));
  auto& all = bytes_.get_or_make();
  all.insert(all.end(), raw.begin(), raw.end());
  all.insert(all.end(), payload.begin(), payload.end());
  all.resize(netlink::aligned(all.size()));
}

std::string to_string(const other_attributes& others)
{
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const auto a : others.all()) {
    text += text.empty() ? "#" : " #";
    text += std::to_string(a.type()) + ' ';
    for (const auto b : a.payload()) {
      text += digits[static_cast<std::size_t>(b) >> 4];
      text += digits[static_cast<std::size_t>(b) & 15];
    }
  }
  return text;
}

} // namespace linx::rtnl
