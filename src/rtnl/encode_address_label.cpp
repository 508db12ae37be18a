#include "rtnl/encode_address_label.hpp"

#include "rtnl/names.hpp"
#include "rtnl/put.hpp"

#include <linux/if_addrlabel.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace linx::rtnl {

namespace {

using netlink::message_builder;

result<message_builder> label_message(std::uint16_t type, std::uint16_t flags, const net::subnet& prefix,
                                      std::uint32_t link)
{
  if (prefix.family() != net::family::v6)
    return error::argument("address label of " + to_string(prefix) + ": only IPv6 prefixes have labels");
  ifaddrlblmsg header{};
  header.ifal_family = AF_INET6;
  header.ifal_prefixlen = static_cast<std::uint8_t>(prefix.prefix());
  header.ifal_index = link;
  message_builder m(type, flags, header);
  m.set_names(address_label_names);
  put_ip(m, IFAL_ADDRESS, prefix.address());
  return m;
}

} // namespace

result<message_builder> encode_new(const address_label& l, std::uint16_t flags)
{
  BOOST_OUTCOME_TRY(auto m, label_message(RTM_NEWADDRLABEL, flags, l.prefix, l.link));
  m.put_u32(IFAL_LABEL, l.label);
  return m;
}

result<message_builder> encode_remove(const address_label& l)
{
  // which label it is does not matter, but ip6addrlbl_newdel() wants one
  BOOST_OUTCOME_TRY(auto m, label_message(RTM_DELADDRLABEL, 0, l.prefix, l.link));
  m.put_u32(IFAL_LABEL, l.label);
  return m;
}

result<message_builder> encode_get_label(const net::ip& address)
{
  return label_message(RTM_GETADDRLABEL, 0, net::subnet(address, address.bits()), 0);
}

message_builder encode_list_labels()
{
  ifaddrlblmsg header{};
  header.ifal_family = AF_INET6;
  message_builder m(RTM_GETADDRLABEL, 0, header);
  m.set_names(address_label_names);
  return m;
}

} // namespace linx::rtnl
