// What the tables of attribute names are written with.
#pragma once

#include <linx/netlink/attribute_names.hpp>
#include <linx/netlink/message.hpp>

#define LINX_NAME(attribute) ::linx::netlink::attribute_names::entry(attribute, #attribute)
#define LINX_NEST(attribute, table) ::linx::netlink::attribute_names::entry(attribute, #attribute, &table)

namespace linx::netlink::detail {

inline message_view first_message(std::span<const std::byte> request) noexcept
{
  const auto at = messages(request).begin();
  return at == messages::iterator() ? message_view() : *at;
}

} // namespace linx::netlink::detail
