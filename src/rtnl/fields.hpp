// One table for each kind of link: what each attribute is called, how it is written and read, and the member
// that holds it. Encoder, decoder, error messages and printing all work from it.
#pragma once

#include "rtnl/put.hpp"

#include <linx/netlink/attribute_names.hpp>
#include <linx/netlink/message.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace linx::rtnl {

template <class Kind>
class field {
public:
  std::uint16_t type;
  std::string_view attribute; // "IFLA_VXLAN_ID"
  std::string_view word;      // "id"
  // writes the attribute if the member has a value; null for what only the kernel writes
  void (*put)(netlink::message_builder&, std::uint16_t type, const Kind&);
  void (*read)(const netlink::attribute&, Kind&);
  void (*print)(std::string&, std::string_view word, const Kind&);
  // takes away what `there` has already, and says whether something is left
  bool (*leave_unmet)(Kind& want, const Kind& there);
  // the kernel sets it when the link is made, and never again
  bool is_fixed = false;
};

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
  else
    return std::string(to_string(value));
}
template <class T>
std::string in_words(const std::vector<T>& values)
{
  std::string text;
  for (const T& one : values) text += (text.empty() ? "" : ",") + in_words(one);
  return text;
}

// Wires: how a value stands in an attribute. `put` writes it, `read` gives nothing for a payload that cannot
// be one, `carries` is false for a value that another attribute of the table carries.

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
using s32 = number_wire<std::int32_t>;
using be16 = number_wire<std::uint16_t, true>;
using be32 = number_wire<std::uint32_t, true>;

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
using ticks32 = time_wire<std::uint32_t, 100>;
using ticks64 = time_wire<std::uint64_t, 100>;
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

namespace detail {

template <class T>
bool has_value(const std::optional<T>& member) noexcept
{
  return member.has_value();
}
template <class T>
bool has_value(const std::vector<T>& member) noexcept
{
  return !member.empty();
}
template <class T>
const T& value_of(const std::optional<T>& member) noexcept
{
  return *member;
}
template <class T>
const std::vector<T>& value_of(const std::vector<T>& member) noexcept
{
  return member;
}

// The kernel leaves out many attributes that are 0 or off.
template <class T>
bool is_met(const std::optional<T>& want, const std::optional<T>& there) noexcept
{
  return !want || *want == there.value_or(T());
}
// The kernel lists in an order of its own.
template <class T>
bool is_met(const std::vector<T>& want, const std::vector<T>& there) noexcept
{
  return want.empty() || std::is_permutation(want.begin(), want.end(), there.begin(), there.end());
}

template <class Kind, auto Member>
bool leave_unmet(Kind& want, const Kind& there)
{
  auto& member = want.*Member;
  if (is_met(member, there.*Member)) member = {};
  return has_value(member);
}
// What only the kernel writes is not to be had.
template <class Kind, auto Member>
bool leave_nothing(Kind& want, const Kind&)
{
  want.*Member = {};
  return false;
}

} // namespace detail

template <class Kind, auto Member, class Wire>
class member_field {
public:
  static void put(netlink::message_builder& m, std::uint16_t type, const Kind& kind)
  {
    const auto& member = kind.*Member;
    if (detail::has_value(member) && Wire::carries(detail::value_of(member)))
      Wire::put(m, type, detail::value_of(member));
  }
  static void read(const netlink::attribute& a, Kind& kind)
  {
    auto& member = kind.*Member;
    using value = std::remove_cvref_t<decltype(detail::value_of(member))>;
    if (auto got = Wire::template read<value>(a)) member = *std::move(got);
  }
  static void print(std::string& text, std::string_view word, const Kind& kind)
  {
    const auto& member = kind.*Member;
    if (!detail::has_value(member) || !Wire::carries(detail::value_of(member))) return;
    text += ' ';
    text += word;
    text += ' ';
    text += in_words(detail::value_of(member));
  }
};

template <class Kind, auto Member, class Wire>
constexpr field<Kind> sent(std::uint16_t type, std::string_view attribute, std::string_view word)
{
  using it = member_field<Kind, Member, Wire>;
  return {type, attribute, word, &it::put, &it::read, &it::print, &detail::leave_unmet<Kind, Member>};
}
template <class Kind, auto Member, class Wire>
constexpr field<Kind> fixed(std::uint16_t type, std::string_view attribute, std::string_view word)
{
  auto row = sent<Kind, Member, Wire>(type, attribute, word);
  row.is_fixed = true;
  return row;
}
// What only the kernel writes.
template <class Kind, auto Member, class Wire>
constexpr field<Kind> observed(std::uint16_t type, std::string_view attribute, std::string_view word)
{
  using it = member_field<Kind, Member, Wire>;
  return {type, attribute, word, nullptr, &it::read, &it::print, &detail::leave_nothing<Kind, Member>};
}

// Several switches in one attribute: struct { u32 value; u32 mask }, of which the kernel changes what the
// mask names.
class masked_bits {
public:
  std::uint32_t value = 0;
  std::uint32_t mask = 0;

  void set(std::uint32_t bit, const std::optional<bool>& on) noexcept
  {
    if (!on) return;
    mask |= bit;
    if (*on) value |= bit;
  }
  void get(std::uint32_t bit, std::optional<bool>& on) const noexcept
  {
    if ((mask & bit) != 0) on = (value & bit) != 0;
  }
};

// A mapping between std::optional<bool> members and bits of one attribute.
template <class Kind>
class bit {
public:
  std::uint32_t value;
  std::optional<bool> Kind::*member;
  std::string_view word;
};

template <class Kind, const auto& Bits>
class bits_field {
public:
  static void put(netlink::message_builder& m, std::uint16_t type, const Kind& kind)
  {
    masked_bits all;
    for (const auto& b : Bits) all.set(b.value, kind.*b.member);
    if (all.mask != 0) m.put_struct(type, all);
  }
  static void read(const netlink::attribute& a, Kind& kind)
  {
    const auto all = a.as_struct<masked_bits>();
    for (const auto& b : Bits) all.get(b.value, kind.*b.member);
  }
  static void print(std::string& text, std::string_view, const Kind& kind)
  {
    for (const auto& b : Bits) {
      const auto& on = kind.*b.member;
      if (on) text += ' ' + std::string(b.word) + ' ' + in_words(*on);
    }
  }
  static bool leave_unmet(Kind& want, const Kind& there)
  {
    bool is_left = false;
    for (const auto& b : Bits) {
      if (detail::is_met(want.*b.member, there.*b.member)) want.*b.member = {};
      is_left |= (want.*b.member).has_value();
    }
    return is_left;
  }
};

template <class Kind, const auto& Bits>
constexpr field<Kind> switches(std::uint16_t type, std::string_view attribute)
{
  using it = bits_field<Kind, Bits>;
  return {type, attribute, {}, &it::put, &it::read, &it::print, &it::leave_unmet};
}

} // namespace linx::rtnl

// A row of a table: LINX_SENT(vxlan, id, IFLA_VXLAN_ID, u32).
#define LINX_SENT(kind, member, attribute, wire)                                                             \
  sent<kind, &kind::member, wire>(attribute, #attribute, #member)
#define LINX_FIXED(kind, member, attribute, wire)                                                            \
  fixed<kind, &kind::member, wire>(attribute, #attribute, #member)
#define LINX_OBSERVED(kind, member, attribute, wire)                                                         \
  observed<kind, &kind::member, wire>(attribute, #attribute, #member)
