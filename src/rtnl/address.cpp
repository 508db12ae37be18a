#include <linx/rtnl/address.hpp>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <limits>
#include <utility>

namespace linx::rtnl {

namespace {

constexpr std::uint32_t forever = std::numeric_limits<std::uint32_t>::max();

std::optional<std::chrono::seconds> lifetime(std::uint32_t seconds)
{
  return seconds == forever ? std::nullopt : std::optional(std::chrono::seconds(seconds));
}

// The words of ip-address(8). What is secondary for IPv4 is temporary for IPv6.
constexpr std::pair<std::uint32_t, std::string_view> flag_names[] = {
    {IFA_F_SECONDARY, "secondary"},
    {IFA_F_TENTATIVE, "tentative"},
    {IFA_F_OPTIMISTIC, "optimistic"},
    {IFA_F_DADFAILED, "dadfailed"},
    {IFA_F_DEPRECATED, "deprecated"},
    {IFA_F_HOMEADDRESS, "home"},
    {IFA_F_NODAD, "nodad"},
    {IFA_F_MANAGETEMPADDR, "mngtmpaddr"},
    {IFA_F_NOPREFIXROUTE, "noprefixroute"},
    {IFA_F_MCAUTOJOIN, "autojoin"},
    {IFA_F_STABLE_PRIVACY, "stable-privacy"}};

std::string_view scope_name(std::uint8_t scope) noexcept
{
  switch (scope) {
  case RT_SCOPE_UNIVERSE:
    return "global";
  case RT_SCOPE_SITE:
    return "site";
  case RT_SCOPE_LINK:
    return "link";
  case RT_SCOPE_HOST:
    return "host";
  case RT_SCOPE_NOWHERE:
    return "nowhere";
  default:
    return "";
  }
}

} // namespace

std::optional<address> address::decode(const netlink::message_view& m)
{
  if (m.type() != RTM_NEWADDR && m.type() != RTM_DELADDR) return std::nullopt;
  const auto header = m.family_header<ifaddrmsg>();
  if (header.ifa_family != AF_INET && header.ifa_family != AF_INET6) return std::nullopt;

  address a;
  a.link = header.ifa_index;
  a.scope = header.ifa_scope;
  a.flags = header.ifa_flags;
  std::optional<net::ip> own, other;
  for (const auto attribute : m.attributes_after<ifaddrmsg>()) {
    switch (attribute.type()) {
    case IFA_LOCAL:
      own = net::ip::from_bytes(attribute.payload());
      break;
    case IFA_ADDRESS:
      other = net::ip::from_bytes(attribute.payload());
      break;
    case IFA_BROADCAST:
      a.broadcast = net::ip::from_bytes(attribute.payload());
      break;
    case IFA_LABEL:
      a.label = attribute.as_string();
      break;
    case IFA_FLAGS:
      a.flags = attribute.as<std::uint32_t>().value_or(a.flags);
      break;
    case IFA_PROTO:
      a.protocol = attribute.as<std::uint8_t>().value_or(0);
      break;
    case IFA_RT_PRIORITY:
      a.metric = attribute.as<std::uint32_t>().value_or(0);
      break;
    case IFA_CACHEINFO: {
      const auto cache = attribute.as_struct<ifa_cacheinfo>();
      a.valid = lifetime(cache.ifa_valid);
      a.preferred = lifetime(cache.ifa_prefered);
      break;
    }
    default:
      break;
    }
  }
  // IFA_LOCAL is the address and IFA_ADDRESS the network's, or the peer's; IPv6 mostly sends the latter alone
  if (!own) std::swap(own, other);
  if (!own) return std::nullopt;
  a.local = net::interface_address(*own, header.ifa_prefixlen);
  if (other && *other != *own) a.peer = other;
  return a;
}

std::string to_string(const address& a)
{
  std::string text = std::to_string(a.link) + ": " + to_string(a.local);
  if (a.peer) text += " peer " + to_string(*a.peer);
  if (a.broadcast) text += " broadcast " + to_string(*a.broadcast);
  text += " scope ";
  const auto name = scope_name(a.scope);
  text += name.empty() ? std::to_string(a.scope) : std::string(name);
  if (!a.label.empty()) text += " label " + a.label;
  if (a.metric != 0) text += " metric " + std::to_string(a.metric);
  for (const auto& [bit, word] : flag_names)
    if ((a.flags & bit) != 0) text += " " + std::string(word);
  if (a.protocol != 0) text += " proto " + std::to_string(a.protocol);
  if (a.valid) text += " valid " + std::to_string(a.valid->count()) + " s";
  if (a.preferred) text += " preferred " + std::to_string(a.preferred->count()) + " s";
  return text;
}

} // namespace linx::rtnl
