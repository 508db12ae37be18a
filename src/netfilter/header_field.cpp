#include "netfilter/header_field.hpp"

#include "netfilter/print_value.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <array>

namespace linx::netfilter::detail {

namespace {

using shown_as = header_field::format;
constexpr auto ip_header = expr::base::network;
constexpr auto l4_header = expr::base::transport;

// RFC 791, 8200, 9293, 768, 792, 4443
constexpr std::array fields{
    header_field{ip_header, family::ip, 0, 12, 4, "ip saddr", shown_as::address},
    header_field{ip_header, family::ip, 0, 16, 4, "ip daddr", shown_as::address},
    header_field{ip_header, family::ip, 0, 9, 1, "ip protocol", shown_as::protocol},
    header_field{ip_header, family::ip, 0, 8, 1, "ip ttl", shown_as::number},
    header_field{ip_header, family::ip, 0, 2, 2, "ip length", shown_as::number},
    header_field{ip_header, family::ip6, 0, 8, 16, "ip6 saddr", shown_as::address},
    header_field{ip_header, family::ip6, 0, 24, 16, "ip6 daddr", shown_as::address},
    header_field{ip_header, family::ip6, 0, 6, 1, "ip6 nexthdr", shown_as::protocol},
    header_field{ip_header, family::ip6, 0, 7, 1, "ip6 hoplimit", shown_as::number},
    header_field{l4_header, family::unspec, IPPROTO_TCP, 0, 2, "tcp sport", shown_as::number},
    header_field{l4_header, family::unspec, IPPROTO_TCP, 2, 2, "tcp dport", shown_as::number},
    header_field{l4_header, family::unspec, IPPROTO_TCP, 13, 1, "tcp flags", shown_as::hex},
    header_field{l4_header, family::unspec, IPPROTO_UDP, 0, 2, "udp sport", shown_as::number},
    header_field{l4_header, family::unspec, IPPROTO_UDP, 2, 2, "udp dport", shown_as::number},
    header_field{l4_header, family::unspec, IPPROTO_SCTP, 0, 2, "sctp sport", shown_as::number},
    header_field{l4_header, family::unspec, IPPROTO_SCTP, 2, 2, "sctp dport", shown_as::number},
    header_field{l4_header, family::unspec, IPPROTO_ICMP, 0, 1, "icmp type", shown_as::icmp},
    header_field{l4_header, family::unspec, IPPROTO_ICMP, 1, 1, "icmp code", shown_as::number},
    header_field{l4_header, family::unspec, IPPROTO_ICMPV6, 0, 1, "icmpv6 type", shown_as::icmpv6},
    header_field{l4_header, family::unspec, IPPROTO_ICMPV6, 1, 1, "icmpv6 code", shown_as::number},
};

std::string icmp_name(std::uint64_t type)
{
  switch (type) {
  case 0:
    return "echo-reply";
  case 3:
    return "destination-unreachable";
  case 5:
    return "redirect";
  case 8:
    return "echo-request";
  case 11:
    return "time-exceeded";
  case 12:
    return "parameter-problem";
  default:
    return std::to_string(type);
  }
}

std::string icmpv6_name(std::uint64_t type)
{
  switch (type) {
  case 1:
    return "destination-unreachable";
  case 2:
    return "packet-too-big";
  case 3:
    return "time-exceeded";
  case 4:
    return "parameter-problem";
  case 128:
    return "echo-request";
  case 129:
    return "echo-reply";
  case 133:
    return "nd-router-solicit";
  case 134:
    return "nd-router-advert";
  case 135:
    return "nd-neighbor-solicit";
  case 136:
    return "nd-neighbor-advert";
  case 137:
    return "nd-redirect";
  default:
    return std::to_string(type);
  }
}

data padded(const data& value, std::size_t size)
{
  std::array<std::byte, data::max_size> bytes{};
  std::copy_n(value.bytes().begin(), value.size(), bytes.begin());
  return data(std::span(bytes).first(std::min(size, bytes.size())));
}

} // namespace

family network_of(const match_context& c) noexcept
{
  if (c.family == family::ip || c.family == family::ip6) return c.family;
  return c.network.value_or(family::unspec);
}

const header_field* find_field(const match_context& c, const source& s) noexcept
{
  if (s.kind != source::payload) return nullptr;
  for (const header_field& f : fields) {
    if (f.base != s.base || f.offset != s.offset) continue;
    if (f.network != family::unspec && f.network != network_of(c)) continue;
    if (f.transport != 0 && f.transport != c.transport) continue;
    // the first bytes of an address are the load of a prefix
    if (f.length == s.length || (f.shown == shown_as::address && s.length < f.length)) return &f;
  }
  return nullptr;
}

std::string field_text(const header_field& f, const data& value)
{
  switch (f.shown) {
  case shown_as::number:
    return std::to_string(value.as_network());
  case shown_as::protocol:
    return protocol_name(value.as_network());
  case shown_as::icmp:
    return icmp_name(value.as_network());
  case shown_as::icmpv6:
    return icmpv6_name(value.as_network());
  case shown_as::address:
    return value.size() < f.length
               ? address_text(padded(value, f.length)) + "/" + std::to_string(value.size() * 8)
               : address_text(value);
  case shown_as::hex:
    break;
  }
  return hex(value.bytes());
}

} // namespace linx::netfilter::detail
