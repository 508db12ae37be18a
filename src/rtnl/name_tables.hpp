// What the tables of attribute names are written with.
#pragma once

#include "rtnl/names.hpp"

#include <linx/netlink/message.hpp>

#define LINX_NAME(attribute) netlink::attribute_names::entry(attribute, #attribute)
#define LINX_NEST(attribute, table) netlink::attribute_names::entry(attribute, #attribute, &table)

namespace linx::rtnl {

inline netlink::message_view first_message(std::span<const std::byte> request)
{
  const auto at = netlink::messages(request).begin();
  return at == netlink::messages::iterator() ? netlink::message_view() : *at;
}

} // namespace linx::rtnl
