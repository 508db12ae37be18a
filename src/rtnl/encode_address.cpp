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

std::uint32_t seconds_of(const std::optional<std::chrono::seconds>& lifetime) noexcept
{
  return lifetime ? static_cast<std::uint32_t>(lifetime->count()) : forever;
}

} // namespace

message_builder encode_new(const address& a)
{
  auto m = address_message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, a);
  if (a.broadcast) put_ip(m, IFA_BROADCAST, *a.broadcast);
  if (!a.label.empty()) m.put_string(IFA_LABEL, a.label);
  if (a.flags != 0) m.put_u32(IFA_FLAGS, a.flags);
  if (a.valid || a.preferred) {
    ifa_cacheinfo lifetimes{};
    lifetimes.ifa_valid = seconds_of(a.valid);
    lifetimes.ifa_prefered = seconds_of(a.preferred ? a.preferred : a.valid);
    m.put_struct(IFA_CACHEINFO, lifetimes);
  }
  return m;
}

message_builder encode_remove(const address& a)
{
  return address_message(RTM_DELADDR, 0, a);
}

message_builder encode_list_addresses()
{
  message_builder m(RTM_GETADDR, 0, ifaddrmsg{});
  m.set_names(address_names);
  return m;
}

} // namespace linx::rtnl
