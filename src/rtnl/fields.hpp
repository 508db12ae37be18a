// Tables: a row for each attribute says what it is called, how it is written and read, and which member holds
// it. Encoder, decoder, error messages and printing all work from the rows.
#pragma once

#include "rtnl/wires.hpp"

#include <linx/netlink/attribute_names.hpp>
#include <linx/rtnl/rare.hpp>

#include <algorithm>

namespace linx::rtnl {

// What can be done with a member of one type in one wire form: one set of functions for all such members,
// whatever they are called. `header` points to the fixed header in front of the attributes, if there is one.
class form {
public:
  bool (*has_value)(const void* member);
  void (*put)(netlink::message_builder&, std::uint16_t type, const void* member);
  void (*read)(const netlink::attribute&, const void* header, void* member);
  void (*print)(std::string&, std::string_view word, const void* member);
  bool (*equal)(const void* member, const void* other);
  // null: the member does not stand in the header
  void (*write_header)(void* header, const void* member);
  void (*read_header)(const void* header, void* member);
};

// In which requests a member stands.
enum class sending : std::uint8_t {
  always,
  to_add, // it does not say which one is meant
  never,  // only the kernel writes it
};

template <class Object>
class field {
public:
  using object = Object;

  std::uint16_t type;         // 0: it stands in the header alone
  std::string_view attribute; // "IFLA_VXLAN_ID"
  std::string_view word;      // "id"; of an object also empty: it is not printed, or is so by `words`
  const form* how;            // null: the attribute has a name here, and is written and read by hand
  const void* (*member)(const Object&) noexcept;
  sending goes = sending::always;
  // it changes without a word of the kernel's, and does not count when two are compared
  bool is_fleeting = false;
  // null: it is sent whenever the member has a value
  bool (*condition)(const Object&) = nullptr;
  const netlink::attribute_names* inside = nullptr; // of a nest
  // What is printed in place of a word and the value; null: these.
  void (*words)(std::string&, const Object&) = nullptr;

  // Of the options of links. Takes away what `there` has already, and says whether something is left.
  bool (*leave_unmet)(void* want, const void* there) = nullptr;
  // the kernel sets it when the link is made, and never again
  bool is_fixed = false;

  constexpr field to_add() const noexcept { return with(&field::goes, sending::to_add); }
  constexpr field observed() const noexcept { return with(&field::goes, sending::never); }
  constexpr field fleeting() const noexcept { return observed().with(&field::is_fleeting, true); }
  constexpr field when(bool (*holds)(const Object&)) const noexcept { return with(&field::condition, holds); }
  constexpr field says(void (*words)(std::string&, const Object&)) const noexcept
  {
    return with(&field::words, words);
  }
  constexpr field nest(const netlink::attribute_names& names) const noexcept
  {
    return with(&field::inside, &names);
  }

  bool is_there(const Object& one) const
  {
    return condition != nullptr ? condition(one) : how->has_value(member(one));
  }
  void put(netlink::message_builder& m, const Object& one) const
  {
    if (goes != sending::never && is_there(one)) how->put(m, type, member(one));
  }
  void read(const netlink::attribute& a, const void* header, Object& one) const
  {
    how->read(a, header, place(one));
  }
  void print(std::string& text, const Object& one) const
  {
    if (is_there(one)) how->print(text, word, member(one));
  }
  bool differs(Object& want, const Object& there) const { return leave_unmet(place(want), member(there)); }
  // Where the member is; what `member` finds in a value that can be changed can be changed too.
  void* place(Object& one) const { return const_cast<void*>(member(one)); }

private:
  template <class T>
  constexpr field with(T field::*column, T value) const noexcept
  {
    field copy = *this;
    copy.*column = value;
    return copy;
  }
};

namespace detail {

// What is inside a member that may have nothing inside.
template <class T>
class content {
public:
  using type = T;
  static bool is_there(const T& member) noexcept
  {
    if constexpr (requires { member.empty(); })
      return !member.empty();
    else
      return !(member == T());
  }
  static const T& of(const T& member) noexcept { return member; }
};
template <class T>
class content<std::optional<T>> {
public:
  using type = T;
  static bool is_there(const std::optional<T>& member) noexcept { return member.has_value(); }
  static const T& of(const std::optional<T>& member) noexcept { return *member; }
};
template <class T>
class content<rare<T>> {
public:
  using type = T;
  static bool is_there(const rare<T>& member) noexcept { return member.has_value(); }
  static const T& of(const rare<T>& member) noexcept { return *member; }
};

template <class Member, class Wire>
class member_form {
  using inside = content<Member>;
  using value = typename inside::type;
  static const Member& own(const void* member) noexcept { return *static_cast<const Member*>(member); }
  static Member& own(void* member) noexcept { return *static_cast<Member*>(member); }

  static constexpr bool is_put = requires(netlink::message_builder & m, const value& v)
  {
    Wire::put(m, std::uint16_t(), v);
  };
  static constexpr bool is_in_header = requires(void* header, const value& v)
  {
    Wire::write_header(header, v);
  };
  static constexpr bool is_header_read = requires(const void* header, Member& member)
  {
    Wire::read_header(header, member);
  };

  static bool has_value(const void* member)
  {
    if (!inside::is_there(own(member))) return false;
    if constexpr (is_put)
      return Wire::carries(inside::of(own(member)));
    else
      return true;
  }
  static void put(netlink::message_builder& m, std::uint16_t type, const void* member)
  {
    if constexpr (is_put) Wire::put(m, type, inside::of(own(member)));
  }
  static void read(const netlink::attribute& a, [[maybe_unused]] const void* header, void* member)
  {
    if constexpr (requires { Wire::read_into(a, own(member)); }) {
      Wire::read_into(a, own(member));
    } else if constexpr (requires { Wire::template read<value>(a, header); }) {
      if (auto got = Wire::template read<value>(a, header)) own(member) = *std::move(got);
    } else if constexpr (requires { Wire::template read<value>(a); }) {
      if (auto got = Wire::template read<value>(a)) own(member) = *std::move(got);
    }
  }
  static void print(std::string& text, std::string_view word, const void* member)
  {
    text += ' ';
    text += word;
    text += ' ';
    if constexpr (requires { Wire::words(inside::of(own(member))); })
      text += Wire::words(inside::of(own(member)));
    else
      text += in_words(inside::of(own(member)));
  }
  static bool equal(const void* member, const void* other) { return own(member) == own(other); }
  static void write_header(void* header, const void* member)
  {
    if constexpr (is_in_header)
      if (inside::is_there(own(member))) Wire::write_header(header, inside::of(own(member)));
  }
  static void read_header(const void* header, void* member)
  {
    if constexpr (is_header_read) Wire::read_header(header, own(member));
  }

public:
  static constexpr form functions{&has_value,
                                  &put,
                                  &read,
                                  &print,
                                  &equal,
                                  is_in_header ? &write_header : nullptr,
                                  is_header_read ? &read_header : nullptr};
};

template <class Object, auto Member>
const void* place_of(const Object& one) noexcept
{
  return &(one.*Member);
}
template <class Object, auto Member>
using type_of = std::remove_cvref_t<decltype(std::declval<const Object&>().*Member)>;

template <class Object, class Member>
Object object_of(Member Object::*);

class exact_values {};

// The kernel leaves out many attributes that are 0 or off.
template <class Wire = exact_values, class T>
bool is_met(const std::optional<T>& want, const std::optional<T>& there) noexcept
{
  if (!want) return true;
  if constexpr (requires { Wire::makes(*want, *want); })
    return Wire::makes(*want, there.value_or(T()));
  else
    return *want == there.value_or(T());
}
// The kernel lists in an order of its own.
template <class Wire = exact_values, class T>
bool is_met(const std::vector<T>& want, const std::vector<T>& there) noexcept
{
  return want.empty() || std::is_permutation(want.begin(), want.end(), there.begin(), there.end());
}

template <class Member, class Wire = exact_values>
bool leave_unmet(void* want, const void* there)
{
  auto& member = *static_cast<Member*>(want);
  if (is_met<Wire>(member, *static_cast<const Member*>(there))) member = {};
  return content<Member>::is_there(member);
}
// What only the kernel writes is not to be had.
template <class Member>
bool leave_nothing(void* want, const void*)
{
  *static_cast<Member*>(want) = {};
  return false;
}

} // namespace detail

// A row of an object.
template <auto Member, class Wire, class Object = decltype(detail::object_of(Member))>
constexpr field<Object> row(std::uint16_t type, std::string_view attribute, std::string_view word)
{
  return {type, attribute, word, &detail::member_form<detail::type_of<Object, Member>, Wire>::functions,
          &detail::place_of<Object, Member>};
}

// Rows of the options of a link.
template <class Kind, auto Member, class Wire>
constexpr field<Kind> sent(std::uint16_t type, std::string_view attribute, std::string_view word)
{
  auto one = row<Member, Wire, Kind>(type, attribute, word);
  one.leave_unmet = &detail::leave_unmet<detail::type_of<Kind, Member>, Wire>;
  return one;
}
template <class Kind, auto Member, class Wire>
constexpr field<Kind> fixed(std::uint16_t type, std::string_view attribute, std::string_view word)
{
  auto one = sent<Kind, Member, Wire>(type, attribute, word);
  one.is_fixed = true;
  return one;
}
template <class Kind, auto Member, class Wire>
constexpr field<Kind> only_observed(std::uint16_t type, std::string_view attribute, std::string_view word)
{
  auto one = row<Member, Wire, Kind>(type, attribute, word).observed();
  one.leave_unmet = &detail::leave_nothing<detail::type_of<Kind, Member>>;
  return one;
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
class bits_form {
  static const Kind& own(const void* kind) noexcept { return *static_cast<const Kind*>(kind); }

  static bool has_value(const void* kind)
  {
    return std::ranges::any_of(Bits, [kind](const auto& b) { return (own(kind).*b.member).has_value(); });
  }
  static void put(netlink::message_builder& m, std::uint16_t type, const void* kind)
  {
    masked_bits all;
    for (const auto& b : Bits) all.set(b.value, own(kind).*b.member);
    m.put_struct(type, all);
  }
  static void read(const netlink::attribute& a, const void*, void* kind)
  {
    const auto all = a.as_struct<masked_bits>();
    for (const auto& b : Bits) all.get(b.value, static_cast<Kind*>(kind)->*b.member);
  }
  static void print(std::string& text, std::string_view, const void* kind)
  {
    for (const auto& b : Bits) {
      const auto& on = own(kind).*b.member;
      if (on) text += ' ' + std::string(b.word) + ' ' + in_words(*on);
    }
  }

  static bool equal(const void* kind, const void* other)
  {
    return std::ranges::all_of(Bits,
                               [=](const auto& b) { return own(kind).*b.member == own(other).*b.member; });
  }

public:
  static constexpr form functions{&has_value, &put, &read, &print, &equal, nullptr, nullptr};

  static bool leave_unmet(void* want, const void* there)
  {
    for (const auto& b : Bits) {
      auto& member = static_cast<Kind*>(want)->*b.member;
      if (detail::is_met(member, own(there).*b.member)) member = {};
    }
    return has_value(want);
  }
};

template <class Kind, const auto& Bits>
constexpr field<Kind> switches(std::uint16_t type, std::string_view attribute)
{
  using it = bits_form<Kind, Bits>;
  field<Kind> one{
      type, attribute, {}, &it::functions, [](const Kind& kind) noexcept -> const void* { return &kind; }};
  one.leave_unmet = &it::leave_unmet;
  return one;
}

} // namespace linx::rtnl

// A row of a table of options: LINX_SENT(vxlan, id, IFLA_VXLAN_ID, u32).
#define LINX_SENT(kind, member, attribute, wire)                                                             \
  sent<kind, &kind::member, wire>(attribute, #attribute, #member)
#define LINX_FIXED(kind, member, attribute, wire)                                                            \
  fixed<kind, &kind::member, wire>(attribute, #attribute, #member)
#define LINX_OBSERVED(kind, member, attribute, wire)                                                         \
  only_observed<kind, &kind::member, wire>(attribute, #attribute, #member)
