#include "netfilter/print_value.hpp"

#include <linx/net/ip.hpp>
#include <linx/netfilter/set.hpp>

#include "netfilter/quote.hpp"

#include <netinet/in.h>

#include <array>
#include <cstdio>
#include <utility>

namespace linx::netfilter::detail {

std::string type_name(std::uint32_t type)
{
  switch (static_cast<key_type>(type)) {
  case key_type::ipv4_addr:
    return "ipv4_addr";
  case key_type::ipv6_addr:
    return "ipv6_addr";
  case key_type::ether_addr:
    return "ether_addr";
  case key_type::inet_proto:
    return "inet_proto";
  case key_type::inet_service:
    return "inet_service";
  case key_type::mark:
    return "mark";
  case key_type::ifname:
    return "ifname";
  }
  return std::to_string(type);
}

std::string hex(std::span<const std::byte> bytes)
{
  static constexpr char digits[] = "0123456789abcdef";
  std::string text = "0x";
  for (const std::byte b : bytes) {
    text += digits[std::to_integer<unsigned>(b) >> 4];
    text += digits[std::to_integer<unsigned>(b) & 15];
  }
  return text;
}

std::string address_text(const data& value)
{
  const auto address = net::ip::from_bytes(value.bytes());
  return address ? net::to_string(*address) : hex(value.bytes());
}

std::string protocol_name(std::uint64_t ip_protocol)
{
  switch (ip_protocol) {
  case IPPROTO_ICMP:
    return "icmp";
  case IPPROTO_IGMP:
    return "igmp";
  case IPPROTO_TCP:
    return "tcp";
  case IPPROTO_UDP:
    return "udp";
  case IPPROTO_DCCP:
    return "dccp";
  case IPPROTO_GRE:
    return "gre";
  case IPPROTO_ESP:
    return "esp";
  case IPPROTO_AH:
    return "ah";
  case IPPROTO_ICMPV6:
    return "ipv6-icmp";
  case IPPROTO_SCTP:
    return "sctp";
  case IPPROTO_UDPLITE:
    return "udplite";
  default:
    return std::to_string(ip_protocol);
  }
}

std::string text_value(const data& value, std::size_t field)
{
  std::string_view characters(reinterpret_cast<const char*>(value.bytes().data()), value.size());
  const bool prefix = value.size() < field && characters.find('\0') == characters.npos;
  std::string text = quoted(characters.substr(0, characters.find('\0')));
  if (prefix) text.insert(text.size() - 1, "*");
  return text;
}

std::string state_names(std::uint64_t bits)
{
  static constexpr std::array<std::pair<std::uint64_t, const char*>, 5> names{
      {{1, "invalid"}, {2, "established"}, {4, "related"}, {8, "new"}, {64, "untracked"}}};
  std::string text;
  for (const auto& [bit, name] : names) {
    if (bits & bit) text.append(text.empty() ? "" : ",").append(name);
    bits &= ~bit;
  }
  if (bits != 0) text.append(text.empty() ? "" : ",").append(std::to_string(bits));
  return text;
}

std::string key_text(std::uint32_t type, const data& key)
{
  switch (static_cast<key_type>(type)) {
  case key_type::ipv4_addr:
  case key_type::ipv6_addr:
    return address_text(key);
  case key_type::ether_addr: {
    if (key.size() != 6) break;
    std::array<char, 18> text{};
    const auto b = key.bytes();
    std::snprintf(text.data(), text.size(), "%02x:%02x:%02x:%02x:%02x:%02x", std::to_integer<unsigned>(b[0]),
                  std::to_integer<unsigned>(b[1]), std::to_integer<unsigned>(b[2]),
                  std::to_integer<unsigned>(b[3]), std::to_integer<unsigned>(b[4]),
                  std::to_integer<unsigned>(b[5]));
    return text.data();
  }
  case key_type::inet_proto:
    return key.size() == 1 ? protocol_name(key.as_network()) : hex(key.bytes());
  case key_type::inet_service:
    return key.size() == 2 ? std::to_string(key.as_network()) : hex(key.bytes());
  case key_type::mark:
    return hex(data::network(key.as_host(), 4).bytes());
  case key_type::ifname:
    return text_value(key, 16);
  }
  return hex(key.bytes());
}

} // namespace linx::netfilter::detail
