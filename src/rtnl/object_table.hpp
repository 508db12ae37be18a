// What follows from the rows of an object: requests about it, its value, its words, the names of its
// attributes.
#pragma once

#include "rtnl/fields.hpp"

#include "netlink/name_tables.hpp"

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
    for (const auto& row : Rows)
      if (row.goes <= why && row.type != 0 && row.how) row.put(m, one);
    m.append(one.rest.bytes());
    return m;
  }

  static void read(const netlink::message_view& m, object& one)
  {
    const auto header = m.family_header<Header>();
    for (const auto& row : Rows)
      if (row.how && row.how->read_header) row.how->read_header(&header, row.place(one));
    for (const auto a : m.attributes_after<Header>()) {
      const std::size_t type = a.type();
      std::size_t n = type < first.size() ? first[type] : size;
      if (type == 0) continue;
      if constexpr (requires { one.rest; })
        if (n == size) one.rest.add(a);
      for (; n < size && Rows[n].type == type; ++n)
        if (Rows[n].how) Rows[n].read(a, &header, one);
    }
  }

  // What has a word, or says more than one.
  static void print(std::string& text, const object& one)
  {
    for (const auto& row : Rows) {
      if (row.words)
        row.words(text, one);
      else if (!row.word.empty())
        row.print(text, one);
    }
    if constexpr (requires { one.rest; })
      if (!one.rest.empty()) text += ' ' + to_string(one.rest);
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
