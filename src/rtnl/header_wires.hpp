// Wires of members that stand in the fixed header of a message, or have to do with it. `Field` and its like
// are members of its structure.
#pragma once

#include "rtnl/wires.hpp"

#include <linx/net/subnet.hpp>

namespace linx::rtnl {

template <auto Field, auto Mask = ~0u>
class header;
template <class Struct, class Number, Number Struct::*Field, auto Mask>
class header<Field, Mask> {
public:
  template <class T>
  static void write_header(void* of, const T& value)
  {
    static_cast<Struct*>(of)->*Field |= static_cast<Number>(static_cast<std::uint32_t>(value) & Mask);
  }
  template <class T>
  static void read_header(const void* of, T& value)
  {
    value = static_cast<T>(static_cast<std::uint32_t>(static_cast<const Struct*>(of)->*Field) & Mask);
  }
};

// An address, whose family stands in the header.
template <auto Family>
class any_ip_of : public any_ip {
public:
  static void write_header(void* of, const net::ip& address)
  {
    header<Family>::write_header(of, address.family());
  }
};

// A switch among the flags of the header.
template <auto Field, std::uint32_t Bit>
class header_bit {
public:
  static void write_header(void* of, bool on)
  {
    if (on) header<Field>::write_header(of, Bit);
  }
  static void read_header(const void* of, bool& on)
  {
    std::uint32_t all = 0;
    header<Field>::read_header(of, all);
    on = (all & Bit) != 0;
  }
};

// A network: its address in the attribute, its length in the header.
template <auto Length>
class network {
public:
  static void put(netlink::message_builder& m, std::uint16_t type, const net::subnet& network)
  {
    put_ip(m, type, network.address());
  }
  template <class>
  static std::optional<net::subnet> read(const netlink::attribute& a, const void* of)
  {
    const auto address = net::ip::from_bytes(a.payload());
    if (!address) return std::nullopt;
    std::uint8_t length = 0;
    header<Length>::read_header(of, length);
    return net::subnet(*address, length);
  }
  static bool carries(const net::subnet&) noexcept { return true; }
  static void write_header(void* of, const net::subnet& network)
  {
    header<Length>::write_header(of, network.prefix());
  }
};

// The same, but a default one is no attribute.
template <auto Length>
class prefix : public network<Length> {
public:
  static bool carries(const net::subnet& network) noexcept { return !network.is_default(); }
};

// A number whose field in the header is too narrow for it: that is 0 then, and an attribute has it.
template <auto Narrow>
class wide_number : public u32 {
public:
  static bool carries(std::uint32_t number) noexcept { return number >= 256; }
  static void write_header(void* of, std::uint32_t number)
  {
    if (!carries(number)) header<Narrow>::write_header(of, number);
  }
  static void read_header(const void* of, std::uint32_t& number) { header<Narrow>::read_header(of, number); }
};

} // namespace linx::rtnl
