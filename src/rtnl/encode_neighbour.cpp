#include "rtnl/encode_neighbour.hpp"

#include "rtnl/names.hpp"
#include "rtnl/put.hpp"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

namespace linx::rtnl {

namespace {

using netlink::message_builder;

message_builder about(std::uint16_t type, std::uint16_t flags, ndmsg header, std::uint32_t link,
                      const net::ip& ip)
{
  header.ndm_family = static_cast<std::uint8_t>(ip.family());
  header.ndm_ifindex = static_cast<std::int32_t>(link);
  message_builder m(type, flags, header);
  m.set_names(neighbour_names);
  put_ip(m, NDA_DST, ip);
  return m;
}

} // namespace

message_builder encode_new(const neighbour& n, std::uint16_t flags)
{
  ndmsg header{};
  header.ndm_state = n.state;
  header.ndm_flags = n.flags & static_cast<std::uint8_t>(~NTF_OFFLOADED);
  auto m = about(RTM_NEWNEIGH, flags, header, n.link, n.address);
  if (n.link_address) put_mac(m, NDA_LLADDR, *n.link_address);
  if (n.extended_flags != 0) m.put_u32(NDA_FLAGS_EXT, n.extended_flags);
  if (n.protocol != 0) m.put_u8(NDA_PROTOCOL, n.protocol);
  return m;
}

message_builder encode_remove(const neighbour& n)
{
  ndmsg header{};
  header.ndm_flags = n.flags & NTF_PROXY;
  return about(RTM_DELNEIGH, 0, header, n.link, n.address);
}

message_builder encode_get_neighbour(std::uint32_t link, const net::ip& address)
{
  return about(RTM_GETNEIGH, 0, ndmsg{}, link, address);
}

message_builder encode_list(const neighbour_filter& f)
{
  ndmsg header{};
  if (f.family()) header.ndm_family = static_cast<std::uint8_t>(*f.family());
  if (f.only_proxies()) header.ndm_flags = NTF_PROXY;
  message_builder m(RTM_GETNEIGH, 0, header);
  m.set_names(neighbour_names);
  if (f.link() != 0) m.put_u32(NDA_IFINDEX, f.link());
  return m;
}

message_builder encode_list_neighbour_tables()
{
  return message_builder(RTM_GETNEIGHTBL, 0, ndtmsg{});
}

} // namespace linx::rtnl
