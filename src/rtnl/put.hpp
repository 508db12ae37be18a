// Attributes that hold values of more than one kind of request.
#pragma once

#include <linx/net/ip.hpp>
#include <linx/net/link_address.hpp>
#include <linx/netlink/message_builder.hpp>
#include <linx/rtnl/encapsulation.hpp>

#include <cstring>

namespace linx::rtnl {

inline void put_ip(netlink::message_builder& m, std::uint16_t type, const net::ip& address)
{
  const auto bytes = address.bytes();
  if (bytes.size() != sizeof(std::uint32_t)) return m.put(type, std::as_bytes(bytes));
  std::uint32_t whole; // of a length that the compiler knows: a few instructions
  std::memcpy(&whole, bytes.data(), sizeof whole);
  m.put_u32(type, whole);
}

inline void put_mac(netlink::message_builder& m, std::uint16_t type, const net::mac& address)
{
  m.put(type, std::as_bytes(address.bytes()));
}

inline void put_link_address(netlink::message_builder& m, std::uint16_t type,
                             const net::link_address& address)
{
  m.put(type, std::as_bytes(address.bytes()));
}

} // namespace linx::rtnl
