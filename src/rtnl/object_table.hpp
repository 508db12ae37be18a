// What follows from the rows of an object: requests about it, its value, its words, the names of its
// attributes.
#pragma once

#include "netlink/name_tables.hpp"
#include "rtnl/fields.hpp"
#include "rtnl/header_wires.hpp"

#include <array>
#include <limits>

namespace linx::rtnl {

namespace detail {

// Where the rows of each attribute begin, by its type; behind the last for one that has none.
template <const auto& Rows>
constexpr auto places() noexcept
{
  constexpr std::size_t size = std::size(Rows);
  static_assert(size < std::numeric_limits<std::uint8_t>::max());
  constexpr std::size_t largest = std::ranges::max(Rows, {}, [](const auto& row) { return row.type; }).type;
  std::array<std::uint8_t, largest + 1> first{};
  first.fill(size);
  for (std::size_t n = size; n-- > 0;) first[Rows[n].type] = n;
  return first;
}

template <const auto& Rows>
constexpr auto row_names() noexcept
{
  using entry = netlink::attribute_names::entry;
  return []<std::size_t... I>(std::index_sequence<I...>)
  {
    return std::array<entry, sizeof...(I)>{entry(Rows[I].type, Rows[I].attribute, Rows[I].inside)...};
  }
  (std::make_index_sequence<std::size(Rows)>());
}

} // namespace detail

// `Rows` are the rows of one object in the order in which they are sent and printed; those of one attribute
// stand together. `Header` is the structure in front of the attributes. The object has a member `rest`, if it
// is ever sent, for attributes that have no row.
template <class Header, const auto& Rows, netlink::attribute_names::describer Describe>
class object_table {
  static constexpr std::size_t size = std::size(Rows);
  static constexpr auto first = detail::places<Rows>();
  static constexpr auto entries = detail::row_names<Rows>();

public:
  using object = typename std::remove_cvref_t<decltype(Rows[0])>::object;

  static constexpr netlink::attribute_names names{sizeof(Header), entries, Describe};

  // Adds one, with all that it says, or names it, with what says which one is meant. `header` has what no row
  // has.
  static netlink::message_builder request(std::uint16_t type, std::uint16_t flags, const object& one,
                                          sending why = sending::always, Header header = {})
  {
    for (const auto& row : Rows)
      if (row.goes <= why && row.how && row.how->write_header)
        row.how->write_header(&header, row.member(one));
    netlink::message_builder m(type, flags, header);
    m.set_names(names);
    put(m, one, why);
    return m;
  }

  // The attributes alone.
  static void put(netlink::message_builder& m, const object& one, sending why)
  {
    for (const auto& row : Rows)
      if (row.goes <= why && row.type != 0 && row.how) row.put(m, one);
    m.append(one.rest.bytes());
  }

  static void read(const netlink::message_view& m, object& one)
  {
    const auto header = m.family_header<Header>();
    for (const auto& row : Rows)
      if (row.how && row.how->read_header) row.how->read_header(&header, row.place(one));
    for (const auto a : m.attributes_after<Header>()) read(a, header, one);
  }

  // One attribute.
  static void read(const netlink::attribute& a, const Header& header, object& one)
  {
    const std::size_t type = a.type();
    std::size_t n = type < first.size() ? first[type] : size;
    if constexpr (requires { one.rest; })
      if (n == size && type != 0) one.rest.add(a);
    for (; type != 0 && n < size && Rows[n].type == type; ++n)
      if (Rows[n].how) Rows[n].read(a, &header, one);
  }

  // But for what is fleeting.
  static bool equal(const object& a, const object& b)
  {
    for (const auto& row : Rows)
      if (row.how && !row.is_fleeting && !row.how->equal(row.member(a), row.member(b))) return false;
    if constexpr (requires { a.rest; }) return a.rest == b.rest;
    return true;
  }

  // What has a word, or says more than one, and what has no row.
  static std::string words(const object& one)
  {
    std::string text;
    for (const auto& row : Rows) {
      if (row.words)
        row.words(text, one);
      else if (!row.word.empty())
        row.print(text, one);
    }
    if constexpr (requires { one.rest; })
      if (!one.rest.empty()) text += ' ' + to_string(one.rest);
    // each word has a space in front
    if (text.starts_with(' ')) text.erase(0, 1);
    return text;
  }
};

} // namespace linx::rtnl

// A row of an object: LINX_ROW(&rule::input, FRA_IIFNAME, text, "iif").
#define LINX_ROW(member, attribute, wire, word) row<member, wire>(attribute, #attribute, word)
// One that stands in the header: LINX_HEADER(&rule::tos, header<&fib_rule_hdr::tos>, "tos").
#define LINX_HEADER(member, wire, word) row<member, wire>(0, {}, word)
// An attribute that is written and read by hand, or of no interest.
#define LINX_BY_HAND(object, attribute)                                                                      \
  field<object>                                                                                              \
  {                                                                                                          \
    attribute, #attribute, {}, nullptr, nullptr                                                              \
  }
