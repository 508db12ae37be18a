#include <linx/rtnl/address.hpp>

#include "rtnl/encode_address.hpp"
#include "rtnl/names.hpp"
#include "rtnl/object_table.hpp"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <utility>

namespace linx::rtnl {

namespace {

constexpr std::uint32_t forever = std::numeric_limits<std::uint32_t>::max();

// What the kernel says of an address, and keeps to itself.
constexpr std::uint32_t told_flags =
    IFA_F_SECONDARY | IFA_F_DADFAILED | IFA_F_DEPRECATED | IFA_F_TENTATIVE | IFA_F_PERMANENT;

// The address itself; its family and the length of the network around it stand in the header.
class own_address : public any_ip {
public:
  static void put(netlink::message_builder& m, std::uint16_t type, const net::interface_address& own)
  {
    put_ip(m, type, own.address());
  }
  template <class>
  static std::optional<net::interface_address> read(const netlink::attribute& a, const void* of)
  {
    const auto address = net::ip::from_bytes(a.payload());
    if (!address) return std::nullopt;
    return net::interface_address(*address, static_cast<const ifaddrmsg*>(of)->ifa_prefixlen);
  }
  static bool carries(const net::interface_address&) noexcept { return true; }
  static void write_header(void* of, const net::interface_address& own)
  {
    header<&ifaddrmsg::ifa_family>::write_header(of, own.family());
    header<&ifaddrmsg::ifa_prefixlen>::write_header(of, own.prefix());
  }
};

// The low byte of them stands in the header too, for programs of Linux 3.13 and older.
class address_flags : public u32 {
public:
  static void put(netlink::message_builder& m, std::uint16_t type, std::uint32_t flags)
  {
    m.put_u32(type, flags & ~told_flags);
  }
  static bool carries(std::uint32_t flags) noexcept { return (flags & ~told_flags) != 0; }
  static void read_header(const void* of, std::uint32_t& flags)
  {
    header<&ifaddrmsg::ifa_flags>::read_header(of, flags);
  }
};

using lifetime = number_or_none<std::uint32_t, forever>;
using valid_lifetime = part_of<&ifa_cacheinfo::ifa_valid, lifetime>;
using preferred_lifetime = part_of<&ifa_cacheinfo::ifa_prefered, lifetime>;

// The words of ip-address(8). What is secondary for IPv4 is temporary for IPv6.
constexpr std::pair<std::uint32_t, std::string_view> address_flag_names[] = {
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

void own_words(std::string& text, const address& a)
{
  text += std::to_string(a.link) + ": " + to_string(a.local);
}
void scope_words(std::string& text, const address& a)
{
  const auto name = scope_name(a.scope);
  text += " scope " + (name.empty() ? std::to_string(a.scope) : std::string(name));
}
void flag_words(std::string& text, const address& a)
{
  for (const auto& [bit, word] : address_flag_names)
    if ((a.flags & bit) != 0) text += ' ' + std::string(word);
}

// Of the peer and the lifetimes the encoder says more.
constexpr field<address> address_rows[] = {
    LINX_HEADER(&address::link, header<&ifaddrmsg::ifa_index>, ""),
    LINX_ROW(&address::local, IFA_LOCAL, own_address, "").says(own_words),
    LINX_ROW(&address::peer, IFA_ADDRESS, any_ip, "peer").observed(),
    LINX_ROW(&address::broadcast, IFA_BROADCAST, any_ip, "broadcast").to_add(),
    LINX_HEADER(&address::scope, header<&ifaddrmsg::ifa_scope>, "").says(scope_words),
    LINX_ROW(&address::label, IFA_LABEL, text, "label").to_add(),
    LINX_ROW(&address::metric, IFA_RT_PRIORITY, u32, "metric").to_add(),
    LINX_ROW(&address::flags, IFA_FLAGS, address_flags, "").to_add().says(flag_words),
    LINX_ROW(&address::protocol, IFA_PROTO, u8, "proto").to_add(),
    LINX_ROW(&address::valid, IFA_CACHEINFO, valid_lifetime, "valid").observed(),
    LINX_ROW(&address::preferred, IFA_CACHEINFO, preferred_lifetime, "preferred").observed()};

std::string describe_address(std::span<const std::byte> request)
{
  const auto a = address::decode(netlink::detail::first_message(request));
  if (!a) return {};
  return "address " + to_string(a->local) + " of link #" + std::to_string(a->link);
}

using addresses = object_table<ifaddrmsg, address_rows, describe_address>;

// What the kernel would take the first four bytes of.
result<> check(const address& a)
{
  const auto of_one_family = [&a](const std::optional<net::ip>& other) {
    return !other || other->family() == a.local.family();
  };
  if (of_one_family(a.peer) && of_one_family(a.broadcast)) return success();
  return error::argument("address " + to_string(a) + ": its parts are of different families");
}

result<netlink::message_builder> address_message(std::uint16_t type, std::uint16_t flags, const address& a,
                                                 sending why)
{
  BOOST_OUTCOME_TRYV(check(a));
  auto m = addresses::request(type, flags, a, why);
  // the other end, or the address once more
  put_ip(m, IFA_ADDRESS, a.peer ? *a.peer : a.local.address());
  return m;
}

std::uint32_t seconds_of(const std::optional<std::chrono::seconds>& time) noexcept
{
  return time ? static_cast<std::uint32_t>(time->count()) : forever;
}

} // namespace

constexpr netlink::attribute_names address_names = addresses::names;

std::optional<address> address::decode(const netlink::message_view& m)
{
  if (m.type() != RTM_NEWADDR && m.type() != RTM_DELADDR) return std::nullopt;
  const auto header = m.family_header<ifaddrmsg>();
  if (header.ifa_family != AF_INET && header.ifa_family != AF_INET6) return std::nullopt;

  address a;
  addresses::read(m, a);
  // IFA_LOCAL is the address and IFA_ADDRESS the network's, or the peer's; IPv6 mostly sends the latter alone
  const auto own = m.attributes_after<ifaddrmsg>().find(IFA_LOCAL);
  if (!own || !net::ip::from_bytes(own->payload())) {
    if (!a.peer) return std::nullopt;
    a.local = net::interface_address(*a.peer, header.ifa_prefixlen);
  }
  if (a.peer == a.local.address()) a.peer.reset();
  return a;
}

std::string to_string(const address& a)
{
  return addresses::words(a);
}

result<netlink::message_builder> encode_new(const address& a, std::uint16_t flags)
{
  BOOST_OUTCOME_TRY(auto m, address_message(RTM_NEWADDR, flags, a, sending::to_add));
  if (a.valid || a.preferred) {
    ifa_cacheinfo lifetimes{};
    lifetimes.ifa_valid = seconds_of(a.valid);
    lifetimes.ifa_prefered = seconds_of(a.preferred ? a.preferred : a.valid);
    m.put_struct(IFA_CACHEINFO, lifetimes);
  }
  return m;
}

result<netlink::message_builder> encode_remove(const address& a)
{
  return address_message(RTM_DELADDR, 0, a, sending::always);
}

result<netlink::message_builder> encode_get(std::uint32_t link, const net::ip& own)
{
  // inet6_rtm_valid_getaddr_req(): IPv4 has no such request
  if (own.is_v4())
    return error::argument("address " + to_string(own) + ": the kernel looks up IPv6 addresses only");
  ifaddrmsg header{};
  header.ifa_family = static_cast<std::uint8_t>(own.family());
  header.ifa_index = link;
  netlink::message_builder m(RTM_GETADDR, 0, header);
  m.set_names(address_names);
  put_ip(m, IFA_ADDRESS, own);
  return m;
}

netlink::message_builder encode_list(const address_filter& f)
{
  ifaddrmsg header{};
  if (f.family()) header.ifa_family = static_cast<std::uint8_t>(*f.family());
  header.ifa_index = f.link();
  netlink::message_builder m(RTM_GETADDR, 0, header);
  m.set_names(address_names);
  return m;
}

} // namespace linx::rtnl
