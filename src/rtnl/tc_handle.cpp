#include <linx/rtnl/tc_handle.hpp>

#include <charconv>

namespace linx::rtnl {

namespace {

std::string hex(std::uint16_t value)
{
  char digits[4];
  return {digits, std::to_chars(digits, digits + sizeof digits, value, 16).ptr};
}

// An empty number is 0, as in "1:" and ":10".
bool read_hex(std::string_view text, std::uint16_t& value)
{
  value = 0;
  if (text.empty()) return true;
  const auto* const end = text.data() + text.size();
  const auto [at, failed] = std::from_chars(text.data(), end, value, 16);
  return failed == std::errc() && at == end;
}

} // namespace

result<tc_handle> tc_handle::parse(std::string_view text)
{
  if (text == "none") return tc_handle();
  if (text == "root") return root();
  if (text == "ingress" || text == "clsact") return ingress();
  const auto colon = text.find(':');
  std::uint16_t major = 0, minor = 0;
  if (text.size() > 1 && colon != text.npos && read_hex(text.substr(0, colon), major) &&
      read_hex(text.substr(colon + 1), minor))
    return tc_handle(major, minor);
  return error::argument(
      "traffic control handle \"" + std::string(text) +
      "\": two hexadecimal numbers with a colon, such as 1: or 1:10, or root, ingress, none");
}

std::string to_string(tc_handle h)
{
  if (h == tc_handle()) return "none";
  if (h == tc_handle::root()) return "root";
  if (h == tc_handle::ingress()) return "ingress";
  return hex(h.major()) + ':' + (h.minor() != 0 ? hex(h.minor()) : std::string());
}

} // namespace linx::rtnl
