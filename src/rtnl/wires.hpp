// Wires: how a value stands in an attribute, and how it reads to a person. `put` writes it, `read` gives
// nothing for a payload that cannot be one, `carries` is false for a value that another attribute of the
// table carries. One whose values the kernel rounds or replaces says by `makes` whether a value that is there
// is what it makes of another.
#pragma once

#include "rtnl/put.hpp"

#include <linx/netlink/message.hpp>
#include <linx/rtnl/rare.hpp>
#include <linx/rtnl/realms.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace linx::rtnl {

// The member in words, for to_string.
inline std::string in_words(bool on)
{
  return on ? "on" : "off";
}
inline std::string in_words(std::chrono::milliseconds time)
{
  return std::to_string(time.count()) + " ms";
}
inline std::string in_words(std::chrono::seconds time)
{
  return std::to_string(time.count()) + " s";
}
template <class T>
std::string in_words(const T& value)
{
  if constexpr (std::is_arithmetic_v<T>)
    return std::to_string(value);
  else if constexpr (std::is_same_v<T, std::string>)
    return value;
  else if constexpr (requires { to_string(value); })
    return std::string(to_string(value));
  else
    return std::to_string(static_cast<std::underlying_type_t<T>>(value));
}
template <class T>
std::string in_words(const std::vector<T>& values)
{
  std::string text;
  for (const T& one : values) text += (text.empty() ? "" : ",") + in_words(one);
  return text;
}

template <class Raw, bool Network = false>
class number_wire {
public:
  template <class T>
  static void put(netlink::message_builder& m, std::uint16_t type, const T& value)
  {
    const auto raw = static_cast<Raw>(value);
    m.put_struct(type, Network ? swapped(raw) : raw);
  }
  template <class T>
  static std::optional<T> read(const netlink::attribute& a)
  {
    const auto raw = a.as<Raw>();
    if (!raw) return std::nullopt;
    return static_cast<T>(Network ? swapped(*raw) : *raw);
  }
  template <class T>
  static bool carries(const T&) noexcept
  {
    return true;
  }

private:
  static Raw swapped(Raw value) noexcept
  {
    return static_cast<Raw>(netlink::network_order(static_cast<std::make_unsigned_t<Raw>>(value)));
  }
};
using u8 = number_wire<std::uint8_t>;
using u16 = number_wire<std::uint16_t>;
using u32 = number_wire<std::uint32_t>;
using u64 = number_wire<std::uint64_t>;
using s32 = number_wire<std::int32_t>;
using be16 = number_wire<std::uint16_t, true>;
using be32 = number_wire<std::uint32_t, true>;
using be64 = number_wire<std::uint64_t, true>;

// An attribute that says yes by being there. The kernel tells of some of them with a byte, which may be 0
// (IFLA_VXLAN_TTL_INHERIT).
class flag {
public:
  static void put(netlink::message_builder& m, std::uint16_t type, bool on)
  {
    if (on) m.put_flag(type);
  }
  template <class>
  static std::optional<bool> read(const netlink::attribute& a)
  {
    return a.as<std::uint8_t>().value_or(1) != 0;
  }
  static bool carries(bool) noexcept { return true; }
};

// Times in units of 1/Hertz seconds; USER_HZ is 100 everywhere.
template <class Raw, int Hertz>
class time_wire {
public:
  template <class T>
  static void put(netlink::message_builder& m, std::uint16_t type, const T& time)
  {
    using units = std::chrono::duration<std::int64_t, std::ratio<1, Hertz>>;
    m.put_struct(type, static_cast<Raw>(std::chrono::duration_cast<units>(time).count()));
  }
  template <class T>
  static std::optional<T> read(const netlink::attribute& a)
  {
    const auto raw = a.as<Raw>();
    if (!raw) return std::nullopt;
    // Not by duration_cast: the kernel's 64-bit counts need not fit into a product.
    constexpr std::uint64_t factor = T::period::den / (static_cast<std::uint64_t>(Hertz) * T::period::num);
    constexpr auto longest = static_cast<std::uint64_t>(T::max().count()) / factor;
    if (std::uint64_t(*raw) > longest) return T::max();
    return T(static_cast<typename T::rep>(std::uint64_t(*raw) * factor));
  }
  template <class T>
  static bool carries(const T&) noexcept
  {
    return true;
  }
};
// The kernel counts in jiffies of its own, up to ten of which are in a tick, and may lose one on the way.
template <class Raw>
class tick_wire : public time_wire<Raw, 100> {
public:
  template <class T>
  static bool makes(const T& of, const T& there)
  {
    return std::chrono::abs(of - there) <= std::chrono::milliseconds(10);
  }
};
// 0 asks for the kernel's default, which is one of these.
template <class Wire, auto... Defaults>
class or_default : public Wire {
public:
  template <class T>
  static bool makes(const T& of, const T& there)
  {
    return of == there || (of == T() && ((there == T(Defaults)) || ...));
  }
};
// Taken for the sake of old programs, and forgotten.
template <class Wire>
class forgotten : public Wire {
public:
  template <class T>
  static bool makes(const T&, const T&)
  {
    return true;
  }
};
using ticks32 = tick_wire<std::uint32_t>;
using ticks64 = tick_wire<std::uint64_t>;
using millis32 = time_wire<std::uint32_t, 1000>;
using seconds32 = time_wire<std::uint32_t, 1>;

// An address of either family, or of one only where the family has an attribute of its own.
template <int Only = 0>
class ip_wire {
public:
  static void put(netlink::message_builder& m, std::uint16_t type, const net::ip& address)
  {
    put_ip(m, type, address);
  }
  template <class>
  static std::optional<net::ip> read(const netlink::attribute& a)
  {
    const auto address = net::ip::from_bytes(a.payload());
    return address && carries(*address) ? address : std::nullopt;
  }
  static bool carries(const net::ip& address) noexcept
  {
    return Only == 0 || static_cast<int>(address.family()) == Only;
  }
};
using any_ip = ip_wire<>;
using ip4 = ip_wire<static_cast<int>(net::family::v4)>;
using ip6 = ip_wire<static_cast<int>(net::family::v6)>;

// A string, with its end.
class text {
public:
  static void put(netlink::message_builder& m, std::uint16_t type, const std::string& value)
  {
    m.put_string(type, value);
  }
  template <class>
  static std::optional<std::string> read(const netlink::attribute& a)
  {
    return std::string(a.as_string());
  }
  static bool carries(const std::string&) noexcept { return true; }
};

class mac48 {
public:
  static void put(netlink::message_builder& m, std::uint16_t type, const net::mac& address)
  {
    put_mac(m, type, address);
  }
  template <class>
  static std::optional<net::mac> read(const netlink::attribute& a)
  {
    return net::mac::from_bytes(a.payload());
  }
  static bool carries(const net::mac&) noexcept { return true; }
};

class any_link_address {
public:
  static void put(netlink::message_builder& m, std::uint16_t type, const net::link_address& address)
  {
    put_link_address(m, type, address);
  }
  template <class>
  static std::optional<net::link_address> read(const netlink::attribute& a)
  {
    return net::link_address::from_bytes(a.payload());
  }
  static bool carries(const net::link_address&) noexcept { return true; }
};

// Attributes numbered from 0, one for each element.
template <class Wire>
class list_of {
public:
  template <class T>
  static void put(netlink::message_builder& m, std::uint16_t type, const std::vector<T>& values)
  {
    const auto nest = m.nested(type);
    std::uint16_t number = 0;
    for (const T& one : values) Wire::put(m, number++, one);
  }
  template <class List>
  static std::optional<List> read(const netlink::attribute& a)
  {
    List values;
    for (const auto one : a.nested()) {
      if (auto value = Wire::template read<typename List::value_type>(one))
        values.push_back(*std::move(value));
    }
    return values;
  }
  template <class T>
  static bool carries(const T&) noexcept
  {
    return true;
  }
};

// A number of which `None` says that there is none.
template <class Raw, Raw None>
class number_or_none : public number_wire<Raw> {
public:
  template <class T>
  static std::optional<T> read(const netlink::attribute& a)
  {
    const auto raw = a.as<Raw>();
    return raw && *raw != None ? std::optional<T>(static_cast<T>(*raw)) : std::nullopt;
  }
};

inline std::string hex_words(std::uint64_t number)
{
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  do text.insert(text.begin(), digits[number & 15]);
  while ((number >>= 4) != 0);
  return "0x" + text;
}

// A wire whose number reads "0x10".
template <class Wire>
class in_hex : public Wire {
public:
  template <class T>
  static std::string words(const T& value)
  {
    return hex_words(static_cast<std::uint64_t>(value));
  }
};

class realms_wire {
public:
  static void put(netlink::message_builder& m, std::uint16_t type, const realms& both)
  {
    m.put_u32(type, both.number());
  }
  template <class>
  static std::optional<realms> read(const netlink::attribute& a)
  {
    const auto both = a.as<std::uint32_t>();
    return both ? std::optional(realms::from_number(*both)) : std::nullopt;
  }
  static bool carries(const realms&) noexcept { return true; }
};

// A lightweight tunnel is two attributes, its type and its own attributes.
class encap_type {
public:
  static void put(netlink::message_builder& m, std::uint16_t type, const encapsulation& e)
  {
    m.put_u16(type, e.type);
  }
  static void read_into(const netlink::attribute& a, rare<encapsulation>& e)
  {
    e.get_or_make().type = a.as<std::uint16_t>().value_or(0);
  }
  static bool carries(const encapsulation&) noexcept { return true; }
};
class encap_content {
public:
  static void put(netlink::message_builder& m, std::uint16_t type, const encapsulation& e)
  {
    const auto inside = m.nested(type); // newer tunnels insist on the mark
    m.append(e.bytes);
  }
  static void read_into(const netlink::attribute& a, rare<encapsulation>& e)
  {
    e.get_or_make().bytes.assign(a.payload().begin(), a.payload().end());
  }
  static bool carries(const encapsulation&) noexcept { return true; }
};

// A structure of two numbers, the first and the last.
template <class Struct>
class range_wire {
public:
  template <class T>
  static void put(netlink::message_builder& m, std::uint16_t type, const T& range)
  {
    m.put_struct(type, Struct{range.first, range.last});
  }
  template <class T>
  static std::optional<T> read(const netlink::attribute& a)
  {
    const auto range = a.as_struct<Struct>();
    return T(range.start, range.end);
  }
  template <class T>
  static bool carries(const T&) noexcept
  {
    return true;
  }
  template <class T>
  static std::string words(const T& range)
  {
    const auto first = std::to_string(range.first);
    return range.first == range.last ? first : first + '-' + std::to_string(range.last);
  }
};

// One number of a structure that is only read.
template <auto Field, class Raw = u32>
class part_of;
template <class Struct, class Number, Number Struct::*Field, class Unit>
class part_of<Field, Unit> {
public:
  template <class T>
  static std::optional<T> read(const netlink::attribute& a)
  {
    const Number number = a.as_struct<Struct>().*Field;
    return Unit::template read<T>(netlink::attribute(0, std::as_bytes(std::span(&number, 1))));
  }
};

} // namespace linx::rtnl
