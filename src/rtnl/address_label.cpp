#include <linx/rtnl/address_label.hpp>

#include <linux/if_addrlabel.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace linx::rtnl {

std::optional<address_label> address_label::decode(const netlink::message_view& m)
{
  if (m.type() != RTM_NEWADDRLABEL && m.type() != RTM_DELADDRLABEL) return std::nullopt;
  const auto header = m.family_header<ifaddrlblmsg>();
  if (header.ifal_family != AF_INET6) return std::nullopt;

  address_label l;
  l.link = header.ifal_index;
  std::optional<net::ip> address;
  for (const auto a : m.attributes_after<ifaddrlblmsg>()) {
    if (a.type() == IFAL_ADDRESS) address = net::ip::from_bytes(a.payload());
    if (a.type() == IFAL_LABEL) l.label = a.as<std::uint32_t>().value_or(0);
  }
  if (!address) return std::nullopt;
  l.prefix = net::subnet(*address, header.ifal_prefixlen);
  return l;
}

std::string to_string(const address_label& l)
{
  std::string text = "prefix " + to_string(l.prefix);
  if (l.link != 0) text += " dev " + std::to_string(l.link);
  return text + " label " + std::to_string(l.label);
}

} // namespace linx::rtnl
