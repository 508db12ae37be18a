#include <linx/net/detail/parse.hpp>

#include <cstring>

namespace linx::net {

namespace {

template <class T>
result<T> checked(const detail::parsed<T>& outcome, std::string_view text, const char* what)
{
  if (!outcome.fault) return outcome.value;
  // An address is short; what somebody passed by mistake may not be.
  return error::argument("\"" + std::string(text.substr(0, 64)) + "\" is not " + what + ": " + outcome.fault);
}

void append_hex(std::string& out, unsigned value)
{
  static constexpr char digits[] = "0123456789abcdef";
  bool started = false;
  for (int shift = 12; shift >= 0; shift -= 4) {
    const unsigned digit = (value >> shift) & 0xf;
    started = started || digit != 0 || shift == 0;
    if (started) out += digits[digit];
  }
}

void append_dotted(std::string& out, std::span<const std::uint8_t> bytes)
{
  for (std::size_t i = 0; i < 4; ++i) {
    if (i != 0) out += '.';
    out += std::to_string(bytes[i]);
  }
}

struct zero_run {
  std::size_t begin = 0;
  std::size_t length = 0;
};

// RFC 5952 4.2: the first of the longest runs, and never a single group.
zero_run longest_zero_run(std::span<const unsigned> groups) noexcept
{
  zero_run best, current;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i] != 0) {
      current = {i + 1, 0};
      continue;
    }
    ++current.length;
    if (current.length > best.length) best = current;
  }
  return best.length > 1 ? best : zero_run{groups.size(), 0};
}

} // namespace

result<ip> ip::parse(std::string_view text)
{
  return checked(detail::parse_ip(text), text, "an IP address");
}

std::string to_string(const ip& address)
{
  std::string out;
  const auto bytes = address.bytes();
  if (address.is_v4()) {
    append_dotted(out, bytes);
    return out;
  }
  // RFC 5952 section 5: the last 32 bits in dotted decimal where the prefix is known to stand for IPv4
  const std::size_t count = address.is_v4_mapped() ? 6 : 8;
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < count; ++i) groups[i] = bytes[2 * i] * 256u + bytes[2 * i + 1];
  const auto run = longest_zero_run(std::span(groups).first(count));
  for (std::size_t i = 0; i < count; ++i) {
    if (i == run.begin) {
      out += "::";
      i += run.length - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    append_hex(out, groups[i]);
  }
  if (count == 6) {
    out += ':';
    append_dotted(out, bytes.subspan(12));
  }
  return out;
}

result<subnet> subnet::parse(std::string_view text)
{
  return checked(detail::parse_subnet(text), text, "a subnet");
}

std::string to_string(const subnet& network)
{
  return to_string(network.address()) + "/" + std::to_string(network.prefix());
}

result<interface_address> interface_address::parse(std::string_view text)
{
  return checked(detail::parse_with_prefix(text), text, "an interface address");
}

std::string to_string(const interface_address& address)
{
  return to_string(address.address()) + "/" + std::to_string(address.prefix());
}

std::optional<mac> mac::from_bytes(std::span<const std::byte> bytes) noexcept
{
  if (bytes.size() != 6) return std::nullopt;
  std::array<std::uint8_t, 6> copy;
  std::memcpy(copy.data(), bytes.data(), copy.size());
  return mac(copy);
}

result<mac> mac::parse(std::string_view text)
{
  return checked(detail::parse_mac(text), text, "a MAC address");
}

std::string to_string(const mac& address)
{
  return to_string(link_address(address));
}

result<link_address> link_address::parse(std::string_view text)
{
  return checked(detail::parse_link_address(text), text, "a link-layer address");
}

std::string to_string(const link_address& address)
{
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const auto byte : address.bytes()) {
    if (!out.empty()) out += ':';
    out += digits[byte >> 4];
    out += digits[byte & 0xf];
  }
  return out;
}

} // namespace linx::net
