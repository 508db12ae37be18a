#include <linx/rtnl/neighbour.hpp>

#include "rtnl/clock.hpp"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace linx::rtnl {

namespace {

class bit_name {
public:
  constexpr bit_name(std::uint32_t bit, std::string_view name) noexcept : bit(bit), name(name) {}
  std::uint32_t bit;
  std::string_view name;
};

constexpr bit_name states[] = {{NUD_INCOMPLETE, "incomplete"}, {NUD_REACHABLE, "reachable"},
                               {NUD_STALE, "stale"},           {NUD_DELAY, "delay"},
                               {NUD_PROBE, "probe"},           {NUD_FAILED, "failed"},
                               {NUD_NOARP, "noarp"},           {NUD_PERMANENT, "permanent"}};
constexpr bit_name flag_names[] = {{NTF_ROUTER, "router"},
                                   {NTF_PROXY, "proxy"},
                                   {NTF_EXT_LEARNED, "extern_learn"},
                                   {NTF_OFFLOADED, "offload"}};

} // namespace

std::string neighbour_state_name(std::uint16_t state)
{
  if (state == NUD_NONE) return "none";
  std::string text;
  for (const auto& one : states) {
    if ((state & one.bit) == 0) continue;
    if (!text.empty()) text += ',';
    text += one.name;
  }
  return text.empty() ? std::to_string(state) : text;
}

std::optional<neighbour> neighbour::decode(const netlink::message_view& m)
{
  if (m.type() != RTM_NEWNEIGH && m.type() != RTM_DELNEIGH) return std::nullopt;
  const auto header = m.family_header<ndmsg>();
  if (header.ndm_family != AF_INET && header.ndm_family != AF_INET6) return std::nullopt;

  neighbour n;
  n.link = static_cast<std::uint32_t>(header.ndm_ifindex);
  n.state = header.ndm_state;
  n.flags = header.ndm_flags;
  n.type = header.ndm_type;
  std::optional<net::ip> address;
  for (const auto a : m.attributes_after<ndmsg>()) {
    switch (a.type()) {
    case NDA_DST:
      address = net::ip::from_bytes(a.payload());
      break;
    case NDA_LLADDR:
      n.link_address = net::mac::from_bytes(a.payload());
      break;
    case NDA_PROBES:
      n.probes = a.as<std::uint32_t>().value_or(0);
      break;
    case NDA_PROTOCOL:
      n.protocol = a.as<std::uint8_t>().value_or(0);
      break;
    case NDA_FLAGS_EXT:
      n.extended_flags = a.as<std::uint32_t>().value_or(0);
      break;
    case NDA_CACHEINFO: {
      const auto cache = a.as_struct<nda_cacheinfo>();
      n.confirmed = from_ticks(cache.ndm_confirmed);
      n.used = from_ticks(cache.ndm_used);
      n.updated = from_ticks(cache.ndm_updated);
      n.references = cache.ndm_refcnt;
      break;
    }
    default:
      break;
    }
  }
  if (!address) return std::nullopt;
  n.address = *address;
  return n;
}

std::string to_string(const neighbour& n)
{
  std::string text = to_string(n.address);
  if (n.link != 0) text += " dev " + std::to_string(n.link);
  if (n.link_address) text += " lladdr " + to_string(*n.link_address);
  for (const auto& one : flag_names)
    if ((n.flags & one.bit) != 0) text += " " + std::string(one.name);
  if ((n.extended_flags & NTF_EXT_MANAGED) != 0) text += " managed";
  if (!n.is_proxy()) text += " " + neighbour_state_name(n.state);
  if (n.protocol != 0) text += " proto " + std::to_string(n.protocol);
  return text;
}

bool neighbour_filter::matches(const neighbour& n) const noexcept
{
  if (family_ && n.address.family() != *family_) return false;
  if (link_ != 0 && n.link != link_) return false;
  if (states_ && (n.state & *states_) == 0) return false;
  if ((n.flags & flags_) != flags_) return false;
  if (protocol_ && n.protocol != *protocol_) return false;
  return n.is_proxy() == proxies_;
}

} // namespace linx::rtnl
