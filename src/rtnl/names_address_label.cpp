#include "netlink/name_tables.hpp"
#include "rtnl/names.hpp"

#include <linx/rtnl/address_label.hpp>

#include <linux/if_addrlabel.h>

namespace linx::rtnl {

namespace {

using netlink::attribute_names;
using entry = attribute_names::entry;

std::string describe_label(std::span<const std::byte> request)
{
  const auto m = netlink::detail::first_message(request);
  const auto address = m.attributes_after<ifaddrlblmsg>().find(IFAL_ADDRESS);
  const auto ip = address ? net::ip::from_bytes(address->payload()) : std::nullopt;
  if (!ip) return "address label";
  return "address label of " + to_string(*ip) + "/" +
         std::to_string(m.family_header<ifaddrlblmsg>().ifal_prefixlen);
}

constexpr entry label_entries[] = {LINX_NAME(IFAL_ADDRESS), LINX_NAME(IFAL_LABEL)};

} // namespace

constexpr attribute_names address_label_names(sizeof(ifaddrlblmsg), label_entries, describe_label);

} // namespace linx::rtnl
