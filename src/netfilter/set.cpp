#include <linx/netfilter/set.hpp>

#include "netfilter/print_value.hpp"
#include "netfilter/quote.hpp"

#include <linux/netfilter/nf_tables.h>

#include <algorithm>
#include <array>

namespace linx::netfilter {

static_assert(static_cast<int>(set_flag::interval) == NFT_SET_INTERVAL &&
              static_cast<int>(set_flag::map) == NFT_SET_MAP &&
              static_cast<int>(set_flag::concat) == NFT_SET_CONCAT &&
              static_cast<int>(set_flag::expr) == NFT_SET_EXPR);

namespace {

std::uint32_t bytes_of(key_type type) noexcept
{
  switch (type) {
  case key_type::ipv4_addr:
  case key_type::mark:
    return 4;
  case key_type::ipv6_addr:
  case key_type::ifname:
    return 16;
  case key_type::ether_addr:
    return 6;
  case key_type::inet_proto:
    return 1;
  case key_type::inet_service:
    return 2;
  }
  return 0;
}

/// The first key behind `key`, nothing if it is the last one.
data successor(const data& key)
{
  std::array<std::byte, data::max_size> bytes{};
  std::ranges::copy(key.bytes(), bytes.begin());
  for (std::size_t i = key.size(); i-- > 0;) {
    bytes[i] = static_cast<std::byte>(std::to_integer<unsigned>(bytes[i]) + 1);
    if (bytes[i] != std::byte{}) return data(std::span(bytes).first(key.size()));
  }
  return data();
}

} // namespace

set::set(const netfilter::table& in, std::string name, key_type type)
    : set(in.family(), in.name(), std::move(name), static_cast<std::uint32_t>(type), bytes_of(type))
{}

set::set(netfilter::family of, std::string table, std::string name, std::uint32_t type,
         std::uint32_t key_bytes)
    : family_(of), type_(type), key_bytes_(key_bytes), table_(std::move(table)), name_(std::move(name))
{}

set& set::timeout(std::chrono::milliseconds default_age)
{
  timeout_ = default_age;
  return add(set_flag::timeout);
}

set& set::size(std::uint32_t elements) noexcept
{
  size_ = elements;
  return *this;
}

set& set::comment(std::string text)
{
  comment_ = std::move(text);
  return *this;
}

set& set::flags(std::uint32_t bits) noexcept
{
  flags_ = bits;
  return *this;
}

set& set::handle(std::uint64_t number) noexcept
{
  handle_ = number;
  return *this;
}

set& set::data_type(std::uint32_t type, std::uint32_t bytes) noexcept
{
  data_type_ = type;
  data_bytes_ = bytes;
  return *this;
}

element& element::ends_interval() noexcept
{
  interval_end_ = true;
  return *this;
}

element& element::catch_all() noexcept
{
  catch_all_ = true;
  return *this;
}

element& element::key_end(data last) noexcept
{
  key_end_ = last;
  return *this;
}

element& element::timeout(std::chrono::milliseconds age) noexcept
{
  timeout_ = age;
  return *this;
}

element& element::expires_in(std::chrono::milliseconds left) noexcept
{
  expires_in_ = left;
  return *this;
}

element& element::comment(std::string text)
{
  comment_ = std::move(text);
  return *this;
}

elements::elements(const netfilter::set& of)
    : family_(of.family()),
      type_(of.type()),
      key_bytes_(of.key_bytes()),
      interval_(of.has(set_flag::interval)),
      table_(of.table()),
      set_(of.name())
{}

elements& elements::type(std::uint32_t of_keys) noexcept
{
  type_ = of_keys;
  return *this;
}

elements& elements::add(element one)
{
  if (key_bytes_ != 0 && one.key().size() != key_bytes_ && !one.is_catch_all() && fault_.empty())
    fault_ = "a key of " + std::to_string(one.key().size()) + " bytes in a set whose keys have " +
             std::to_string(key_bytes_);
  list_.push_back(std::move(one));
  return *this;
}

elements& elements::add(const net::ip& address)
{
  const data key(std::as_bytes(address.bytes()));
  return add_range(key, key);
}

elements& elements::add(const net::subnet& prefix)
{
  const net::ip& first = prefix.address();
  const net::ip last = prefix.last();
  return add_range(data(std::as_bytes(first.bytes())), data(std::as_bytes(last.bytes())));
}

elements& elements::add(std::uint16_t port)
{
  return add_range(data::network(port, 2), data::network(port, 2));
}

elements& elements::add(std::uint16_t first, std::uint16_t last)
{
  if (first > last && fault_.empty())
    fault_ = "the port range " + std::to_string(first) + "-" + std::to_string(last) + " is empty";
  return add_range(data::network(first, 2), data::network(last, 2));
}

elements& elements::add_range(data first, data last)
{
  if (!interval_) {
    if (!(first == last) && fault_.empty()) fault_ = "a range in a set that is not an interval set";
    return add(element(first));
  }
  add(element(first));
  // a range up to the very last key has no end element: there is no key behind it
  if (const data end = successor(last); !end.empty()) {
    element behind(end);
    behind.ends_interval();
    add(std::move(behind));
  }
  return *this;
}

std::string to_string(const set& s)
{
  std::string text = s.has(set_flag::map) ? "map " : "set ";
  text.append(to_string(s.family()))
      .append(" ")
      .append(detail::word(s.table()))
      .append(" ")
      .append(detail::word(s.name()));
  text.append(" { type ").append(detail::type_name(s.type()));
  if (s.has(set_flag::map))
    text.append(" : ").append(s.data_type() == NFT_DATA_VERDICT ? "verdict"
                                                                : detail::type_name(s.data_type()));
  text += ";";
  std::string flags;
  const auto flag = [&](set_flag f, std::string_view word) {
    if (s.has(f)) flags.append(flags.empty() ? "" : ",").append(word);
  };
  flag(set_flag::constant, "constant");
  flag(set_flag::interval, "interval");
  flag(set_flag::timeout, "timeout");
  flag(set_flag::eval, "dynamic");
  if (!flags.empty()) text.append(" flags ").append(flags).append(";");
  if (s.timeout().count() != 0)
    text.append(" timeout ").append(std::to_string(s.timeout().count())).append("ms;");
  if (s.size() != 0) text.append(" size ").append(std::to_string(s.size())).append(";");
  if (!s.comment().empty()) text.append(" comment ").append(detail::quoted(s.comment())).append(";");
  return text += " }";
}

} // namespace linx::netfilter
