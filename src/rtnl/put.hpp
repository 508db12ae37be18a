// Attributes that hold a value type of room net.
#pragma once

#include <linx/net/ip.hpp>
#include <linx/net/mac.hpp>
#include <linx/netlink/message_builder.hpp>

namespace linx::rtnl {

inline void put_ip(netlink::message_builder& m, std::uint16_t type, const net::ip& address)
{
  m.put(type, std::as_bytes(address.bytes()));
}

inline void put_mac(netlink::message_builder& m, std::uint16_t type, const net::mac& address)
{
  m.put(type, std::as_bytes(address.bytes()));
}

} // namespace linx::rtnl
