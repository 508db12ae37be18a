// The options of a kind of link as tables: ip(8)'s word for each, how its value is read, and how ip -j shows
// it.
#pragma once

#include "clauses.hpp"
#include "objects.hpp"
#include "words.hpp"

#include <linx/rtnl/link_kinds.hpp>

#include <algorithm>
#include <chrono>
#include <span>

namespace ip_tool {

/// Where an option is read from.
class option_words {
public:
  words& rest; ///< behind the option's own word
  const link_names& links;
  std::string_view word;
  bool on; ///< of a flag: false for "noNAME"
};

/// A row of a table.
template <class Kind>
class option {
public:
  using kind = Kind;

  std::string_view word; ///< "": it is only shown
  std::string_view key;
  bool is_flag = false; ///< it takes no value, and with "no" before it it is off
  linx::result<> (*read)(Kind&, option_words) = nullptr;
  void (*show)(json&, std::string_view key, const Kind&,
               const link_names&) = nullptr; ///< null: it is only read
};

/// `option: "x" is not EXPECTED`.
linx::error not_expected(std::string_view option, std::string_view word, std::string_view expected);

// Formats: what a value looks like. `read` gives nothing for a word that cannot be one; what `show` discards
// is not shown.

inline json nothing()
{
  return json(json::value_t::discarded);
}

template <std::uint32_t Largest = UINT32_MAX>
class number {
public:
  static std::string expected() { return "a number up to " + std::to_string(Largest); }
  template <class T>
  static std::optional<T> read(std::string_view word, const link_names&)
  {
    const auto value = number_of(word, Largest);
    return value ? std::optional<T>(static_cast<T>(*value)) : std::nullopt;
  }
  template <class T>
  static json show(const T& value, const link_names&)
  {
    return static_cast<std::uint32_t>(value);
  }
};
using small_number = number<UINT8_MAX>;
using port_number = number<UINT16_MAX>;

/// "0x8", and "0" for 0.
template <std::uint32_t Largest = UINT32_MAX>
class hexadecimal : public number<Largest> {
public:
  template <class T>
  static json show(const T& value, const link_names&)
  {
    return hex(static_cast<std::uint32_t>(value));
  }
};

class signed_number {
public:
  static std::string expected() { return "a number, which may be negative"; }
  template <class T>
  static std::optional<T> read(std::string_view word, const link_names&)
  {
    const bool is_negative = word.starts_with('-');
    const auto value = number_of(word.substr(is_negative ? 1 : 0), INT32_MAX);
    if (!value) return std::nullopt;
    return is_negative ? -static_cast<T>(*value) : static_cast<T>(*value);
  }
  static json show(std::int32_t value, const link_names&) { return value; }
};

/// A switch, shown as true and false.
class on_off {
public:
  static std::string expected() { return "on or off"; }
  template <class>
  static std::optional<bool> read(std::string_view word, const link_names&)
  {
    if (word == "on" || word == "1") return true;
    if (word == "off" || word == "0") return false;
    return std::nullopt;
  }
  static json show(bool on, const link_names&) { return on; }
};

/// A switch, shown as 1 and 0.
class switch_number : public on_off {
public:
  static json show(bool on, const link_names&) { return on ? 1 : 0; }
};

/// A time in units of 1/Hertz seconds.
template <int Hertz>
class time_in {
public:
  static std::string expected() { return "a time in units of 1/" + std::to_string(Hertz) + " s"; }
  template <class T>
  static std::optional<T> read(std::string_view word, const link_names&)
  {
    const auto value = number_of(word, UINT32_MAX);
    return value ? std::optional(std::chrono::duration_cast<T>(units(*value))) : std::nullopt;
  }
  template <class T>
  static json show(const T& time, const link_names&)
  {
    return std::chrono::duration_cast<units>(time).count();
  }

private:
  using units = std::chrono::duration<std::int64_t, std::ratio<1, Hertz>>;
};
using centiseconds = time_in<100>;
using milliseconds = time_in<1000>;
using seconds = time_in<1>;

class ip_address {
public:
  static std::string expected() { return "an address"; }
  template <class>
  static std::optional<linx::net::ip> read(std::string_view word, const link_names&)
  {
    const auto address = linx::net::ip::parse(word);
    return address ? std::optional(address.value()) : std::nullopt;
  }
  static json show(const linx::net::ip& address, const link_names&) { return to_string(address); }
};

class hardware_address {
public:
  static std::string expected() { return "a link-layer address"; }
  template <class>
  static std::optional<linx::net::mac> read(std::string_view word, const link_names&)
  {
    const auto address = linx::net::mac::parse(word);
    return address ? std::optional(address.value()) : std::nullopt;
  }
  static json show(const linx::net::mac& address, const link_names&) { return to_string(address); }
};

class device {
public:
  static std::string expected() { return "an interface"; }
  template <class>
  static std::optional<std::uint32_t> read(std::string_view word, const link_names& links)
  {
    return links.index_of(word);
  }
  static json show(std::uint32_t index, const link_names& links)
  {
    return index == 0 ? nothing() : json(links.of(index));
  }
};

/// A number and the word for it.
class choice {
public:
  std::uint32_t value;
  std::string_view word;
};

/// One of a table of words, or its number.
template <const auto& Choices>
class one_of {
public:
  static std::string expected()
  {
    std::string all;
    for (const auto& each : Choices) all += (all.empty() ? "" : ", ") + std::string(each.word);
    return "one of " + all;
  }
  template <class T>
  static std::optional<T> read(std::string_view word, const link_names&)
  {
    const auto value = number_of(word);
    for (const auto& each : Choices)
      if (each.word == word || each.value == value) return static_cast<T>(each.value);
    return std::nullopt;
  }
  template <class T>
  static json show(const T& value, const link_names&)
  {
    for (const auto& each : Choices)
      if (each.value == static_cast<std::uint32_t>(value)) return each.word;
    return static_cast<std::uint32_t>(value);
  }
};

/// Several, with commas between them.
template <class Format>
class list_of {
public:
  static std::string expected() { return Format::expected() + ", or several with commas between them"; }
  template <class List>
  static std::optional<List> read(std::string_view word, const link_names& links)
  {
    List all;
    for (std::size_t begin = 0; begin <= word.size();) {
      const auto end = std::min(word.find(',', begin), word.size());
      auto one = Format::template read<typename List::value_type>(word.substr(begin, end - begin), links);
      if (!one) return std::nullopt;
      all.push_back(*std::move(one));
      begin = end + 1;
    }
    return all;
  }
  template <class T>
  static json show(const std::vector<T>& all, const link_names& links)
  {
    json list = json::array();
    for (const auto& one : all) list.push_back(Format::show(one, links));
    return list;
  }
};

/// What is 0, off or unspecified is not worth a word.
template <class Format>
class unless_zero : public Format {
public:
  template <class T>
  static json show(const T& value, const link_names& links)
  {
    return value == T() ? nothing() : Format::show(value, links);
  }
};

/// "inherit", too: to the kernel a number of its own.
template <class Format, std::uint32_t Inherited>
class or_inherit : public Format {
public:
  static std::string expected() { return Format::expected() + ", or inherit"; }
  template <class T>
  static std::optional<T> read(std::string_view word, const link_names& links)
  {
    return word == "inherit" ? T(Inherited) : Format::template read<T>(word, links);
  }
};

/// The lowest bit of a type of service means that of the packet inside.
using service = or_inherit<unless_zero<hexadecimal<UINT8_MAX>>, 1>;

// Rows. Where the member is one of a base of the table's kind, the row has to name the `Kind`.

namespace detail {

template <class T>
class member_of;
template <class Class, class Member>
class member_of<Member Class::*> {
public:
  using owner = Class;
};
template <auto Member>
using owner_of = typename member_of<decltype(Member)>::owner;

template <class T>
const T* held(const std::optional<T>& member) noexcept
{
  return member ? &*member : nullptr;
}
template <class T>
const std::vector<T>* held(const std::vector<T>& member) noexcept
{
  return member.empty() ? nullptr : &member;
}

} // namespace detail

template <auto Member, class Format, class Kind = detail::owner_of<Member>>
linx::result<> read_member(Kind& kind, option_words at)
{
  auto& member = kind.*Member;
  using value = std::remove_cvref_t<decltype(*detail::held(member))>;
  BOOST_OUTCOME_TRY(const auto word, at.rest.next("value of " + std::string(at.word)));
  auto read = Format::template read<value>(word, at.links);
  if (!read) return not_expected(at.word, word, Format::expected());
  member = *std::move(read);
  return linx::success();
}

template <auto Member, class Kind = detail::owner_of<Member>>
linx::result<> read_flag(Kind& kind, option_words at)
{
  kind.*Member = at.on;
  return linx::success();
}

template <auto Member, class Format, class Kind = detail::owner_of<Member>>
void show_member(json& j, std::string_view key, const Kind& kind, const link_names& links)
{
  const auto* const value = detail::held(kind.*Member);
  if (value == nullptr) return;
  if (json shown = Format::show(*value, links); !shown.is_discarded()) j[std::string(key)] = std::move(shown);
}

/// "WORD VALUE"; with an empty key a second word for what another row shows.
template <auto Member, class Format, class Kind = detail::owner_of<Member>>
constexpr option<Kind> valued(std::string_view word, std::string_view key)
{
  return {word, key, false, &read_member<Member, Format, Kind>,
          key.empty() ? nullptr : &show_member<Member, Format, Kind>};
}
template <auto Member, class Format, class Kind = detail::owner_of<Member>>
constexpr option<Kind> valued(std::string_view word)
{
  return valued<Member, Format, Kind>(word, word);
}

/// "WORD" or "noWORD"
template <auto Member, class Format = on_off, class Kind = detail::owner_of<Member>>
constexpr option<Kind> flagged(std::string_view word, std::string_view key)
{
  return {word, key, true, &read_flag<Member, Kind>, &show_member<Member, Format, Kind>};
}
template <auto Member, class Format = on_off, class Kind = detail::owner_of<Member>>
constexpr option<Kind> flagged(std::string_view word)
{
  return flagged<Member, Format, Kind>(word, word);
}

/// Turns one bit on or off, and leaves the others.
template <class T>
void set_bit(std::optional<T>& flags, std::type_identity_t<T> bit, bool on)
{
  const auto others = static_cast<T>(flags.value_or(0) & ~bit);
  flags = on ? static_cast<T>(others | bit) : others;
}

template <auto Flags, auto Bit, class Kind = detail::owner_of<Flags>>
linx::result<> read_bit(Kind& kind, option_words at)
{
  set_bit(kind.*Flags, Bit, at.on);
  return linx::success();
}

template <auto Flags, auto Bit, class Kind = detail::owner_of<Flags>>
void show_bit(json& j, std::string_view key, const Kind& kind, const link_names&)
{
  if (((kind.*Flags).value_or(0) & Bit) != 0) j[std::string(key)] = true;
}

/// "WORD" or "noWORD" for a bit; with an empty key it is not shown.
template <auto Flags, auto Bit, class Kind = detail::owner_of<Flags>>
constexpr option<Kind> flag_bit(std::string_view word, std::string_view key)
{
  return {word, key, true, &read_bit<Flags, Bit, Kind>, key.empty() ? nullptr : &show_bit<Flags, Bit, Kind>};
}
template <auto Flags, auto Bit, class Kind = detail::owner_of<Flags>>
constexpr option<Kind> flag_bit(std::string_view word)
{
  return flag_bit<Flags, Bit, Kind>(word, word);
}

/// Only the kernel says it.
template <auto Member, class Format>
constexpr option<detail::owner_of<Member>> shown(std::string_view key)
{
  return {"", key, false, nullptr, &show_member<Member, Format>};
}

// Tables.

/// Takes options for as long as the next word is one.
template <class Kind>
linx::result<> read_options(std::span<const option<Kind>> options, Kind& kind, words& rest,
                            const link_names& links)
{
  said before;
  for (;;) {
    const auto found = std::ranges::find_if(options, [&rest](const auto& each) {
      if (each.word.empty() || each.read == nullptr) return false;
      const auto word = rest.peek();
      return word == each.word || (each.is_flag && word.starts_with("no") && word.substr(2) == each.word);
    });
    if (found == options.end()) return linx::success();
    const bool on = rest.peek() == found->word;
    BOOST_OUTCOME_TRYV(before.note(found->word, found->word));
    (void)rest.next(found->word);
    BOOST_OUTCOME_TRYV(found->read(kind, option_words{rest, links, found->word, on}));
  }
}

template <class Kind>
json show_options(std::span<const option<Kind>> options, const Kind& kind, const link_names& links)
{
  json j = json::object();
  for (const auto& each : options)
    if (each.show != nullptr) each.show(j, each.key, kind, links);
  return j;
}

} // namespace ip_tool
