#include <linx/rtnl/address_label.hpp>

#include "rtnl/encode_address_label.hpp"
#include "rtnl/names.hpp"
#include "rtnl/object_table.hpp"

#include <linux/if_addrlabel.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace linx::rtnl {

namespace {

bool is_said(const address_label&)
{
  return true; // ::/0 and 0 are said as well, and ip6addrlbl_newdel() wants a label of one that goes
}

constexpr field<address_label> label_rows[] = {
    LINX_ROW(&address_label::prefix, IFAL_ADDRESS, network<&ifaddrlblmsg::ifal_prefixlen>, "prefix")
        .when(is_said),
    LINX_HEADER(&address_label::link, header<&ifaddrlblmsg::ifal_index>, "dev"),
    LINX_ROW(&address_label::label, IFAL_LABEL, u32, "label").when(is_said)};

std::string describe_label(std::span<const std::byte> request)
{
  const auto m = netlink::detail::first_message(request);
  const auto address = m.attributes_after<ifaddrlblmsg>().find(IFAL_ADDRESS);
  const auto ip = address ? net::ip::from_bytes(address->payload()) : std::nullopt;
  if (!ip) return "address label";
  return "address label of " + to_string(*ip) + "/" +
         std::to_string(m.family_header<ifaddrlblmsg>().ifal_prefixlen);
}

using labels = object_table<ifaddrlblmsg, label_rows, describe_label>;

ifaddrlblmsg of_v6() noexcept
{
  ifaddrlblmsg header{};
  header.ifal_family = AF_INET6;
  return header;
}

result<> check(const net::subnet& prefix)
{
  if (prefix.family() == net::family::v6) return success();
  return error::argument("address label of " + to_string(prefix) + ": only IPv6 prefixes have labels");
}

result<netlink::message_builder> label_message(std::uint16_t type, std::uint16_t flags,
                                               const address_label& l)
{
  BOOST_OUTCOME_TRYV(check(l.prefix));
  return labels::request(type, flags, l, sending::to_add, of_v6());
}

netlink::message_builder query(ifaddrlblmsg header)
{
  netlink::message_builder m(RTM_GETADDRLABEL, 0, header);
  m.set_names(address_label_names);
  return m;
}

} // namespace

constexpr netlink::attribute_names address_label_names = labels::names;

std::optional<address_label> address_label::decode(const netlink::message_view& m)
{
  if (m.type() != RTM_NEWADDRLABEL && m.type() != RTM_DELADDRLABEL) return std::nullopt;
  if (m.family_header<ifaddrlblmsg>().ifal_family != AF_INET6) return std::nullopt;
  const auto address = m.attributes_after<ifaddrlblmsg>().find(IFAL_ADDRESS);
  if (!address || !net::ip::from_bytes(address->payload())) return std::nullopt;
  address_label l;
  labels::read(m, l);
  return l;
}

std::string to_string(const address_label& l)
{
  return labels::words(l);
}

result<netlink::message_builder> encode_new(const address_label& l, std::uint16_t flags)
{
  return label_message(RTM_NEWADDRLABEL, flags, l);
}

result<netlink::message_builder> encode_remove(const address_label& l)
{
  return label_message(RTM_DELADDRLABEL, 0, l);
}

result<netlink::message_builder> encode_get_label(const net::ip& address)
{
  const net::subnet host(address, address.bits());
  BOOST_OUTCOME_TRYV(check(host));
  auto header = of_v6();
  header.ifal_prefixlen = static_cast<std::uint8_t>(host.prefix());
  auto m = query(header);
  put_ip(m, IFAL_ADDRESS, address);
  return m;
}

netlink::message_builder encode_list_labels()
{
  return query(of_v6());
}

} // namespace linx::rtnl
