#include "rtnl/encode_address.hpp"

#include "rtnl/names.hpp"
#include "rtnl/put.hpp"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <limits>

namespace linx::rtnl {

namespace {

using netlink::message_builder;

constexpr std::uint32_t forever = std::numeric_limits<std::uint32_t>::max();

message_builder address_message(std::uint16_t type, std::uint16_t flags, const address& a)
{
  ifaddrmsg header{};
  header.ifa_family = static_cast<std::uint8_t>(a.local.family());
  header.ifa_prefixlen = static_cast<std::uint8_t>(a.local.prefix());
  header.ifa_scope = a.scope;
  header.ifa_index = a.link;
  message_builder m(type, flags, header);
  m.set_names(address_names);
  put_ip(m, IFA_LOCAL, a.local.address());
  put_ip(m, IFA_ADDRESS, a.peer ? *a.peer : a.local.address());
  return m;
}

// What the kernel says of an address, and keeps to itself.
constexpr std::uint32_t state_flags =
    IFA_F_SECONDARY | IFA_F_DADFAILED | IFA_F_DEPRECATED | IFA_F_TENTATIVE | IFA_F_PERMANENT;

// What the kernel would take the first four bytes of.
result<> check(const address& a)
{
  const auto of_one_family = [&a](const std::optional<net::ip>& other) {
    return !other || other->family() == a.local.family();
  };
  if (of_one_family(a.peer) && of_one_family(a.broadcast)) return success();
  return error::argument("address " + to_string(a) + ": its parts are of different families");
}

std::uint32_t seconds_of(const std::optional<std::chrono::seconds>& lifetime) noexcept
{
  return lifetime ? static_cast<std::uint32_t>(lifetime->count()) : forever;
}

} // namespace

result<message_builder> encode_new(const address& a, std::uint16_t flags)
{
  BOOST_OUTCOME_TRYV(check(a));
  auto m = address_message(RTM_NEWADDR, flags, a);
  if (a.broadcast) put_ip(m, IFA_BROADCAST, *a.broadcast);
  if (!a.label.empty()) m.put_string(IFA_LABEL, a.label);
  if (const auto wanted = a.flags & ~state_flags; wanted != 0) m.put_u32(IFA_FLAGS, wanted);
  if (a.metric != 0) m.put_u32(IFA_RT_PRIORITY, a.metric);
  if (a.protocol != 0) m.put_u8(IFA_PROTO, a.protocol);
  if (a.valid || a.preferred) {
    ifa_cacheinfo lifetimes{};
    lifetimes.ifa_valid = seconds_of(a.valid);
    lifetimes.ifa_prefered = seconds_of(a.preferred ? a.preferred : a.valid);
    m.put_struct(IFA_CACHEINFO, lifetimes);
  }
  return m;
}

result<message_builder> encode_remove(const address& a)
{
  BOOST_OUTCOME_TRYV(check(a));
  return address_message(RTM_DELADDR, 0, a);
}

result<message_builder> encode_get(std::uint32_t link, const net::ip& own)
{
  // inet6_rtm_valid_getaddr_req(): IPv4 has no such request
  if (own.is_v4())
    return error::argument("address " + to_string(own) + ": the kernel looks up IPv6 addresses only");
  ifaddrmsg header{};
  header.ifa_family = static_cast<std::uint8_t>(own.family());
  header.ifa_index = link;
  message_builder m(RTM_GETADDR, 0, header);
  m.set_names(address_names);
  put_ip(m, IFA_ADDRESS, own);
  return m;
}

message_builder encode_list(const address_filter& f)
{
  ifaddrmsg header{};
  if (f.family()) header.ifa_family = static_cast<std::uint8_t>(*f.family());
  header.ifa_index = f.link();
  message_builder m(RTM_GETADDR, 0, header);
  m.set_names(address_names);
  return m;
}

} // namespace linx::rtnl
