// The parsers of addresses. They are constexpr, so that literals are checked by the compiler with the same
// code that reads text at run time.
#pragma once

#include <linx/net/link_address.hpp>
#include <linx/net/mac.hpp>
#include <linx/net/subnet.hpp>

namespace linx::net::detail {

// A value, or why there is none.
template <class T>
struct parsed {
  T value{};
  const char* fault = nullptr;
};

constexpr int hex_digit(char c) noexcept
{
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// A decimal number from 0 to `most` that takes the whole text.
constexpr parsed<unsigned> parse_decimal(std::string_view text, unsigned most) noexcept
{
  if (text.empty()) return {0, "a number is missing"};
  if (text.size() > 1 && text[0] == '0') return {0, "a number has a leading zero"};
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return {0, "a number has a character that is no digit"};
    value = value * 10 + static_cast<unsigned>(c - '0');
    if (value > most) return {0, "a number is too large"};
  }
  return {value, nullptr};
}

constexpr parsed<std::array<std::uint8_t, 4>> parse_v4(std::string_view text) noexcept
{
  parsed<std::array<std::uint8_t, 4>> out;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto dot = text.find('.');
    if ((dot == text.npos) != (i == 3)) {
      out.fault = "an IPv4 address has four numbers";
      return out;
    }
    const auto number = parse_decimal(text.substr(0, dot), 255);
    if (number.fault) {
      out.fault = number.fault;
      return out;
    }
    out.value[i] = static_cast<std::uint8_t>(number.value);
    if (i < 3) text.remove_prefix(dot + 1);
  }
  return out;
}

// Groups of hexadecimal digits, joined by single colons; the last one may be an IPv4 address if `v4_last`.
struct groups {
  std::array<std::uint8_t, 16> bytes{};
  std::size_t size = 0;
  const char* fault = nullptr;
};

constexpr groups parse_groups(std::string_view text, bool v4_last) noexcept
{
  groups out;
  while (!text.empty()) {
    const auto colon = text.find(':');
    const auto group = text.substr(0, colon);
    const bool last = colon == text.npos;
    if (last && v4_last && group.find('.') != group.npos) {
      const auto tail = parse_v4(group);
      out.fault = tail.fault;
      if (!out.fault && out.size > 12) out.fault = "an IPv6 address has eight groups";
      if (out.fault) return out;
      for (const auto byte : tail.value) out.bytes[out.size++] = byte;
      return out;
    }
    if (group.empty())
      out.fault = "a group is missing";
    else if (group.size() > 4)
      out.fault = "a group has more than four digits";
    else if (out.size > 14)
      out.fault = "an IPv6 address has eight groups";
    unsigned value = 0;
    for (const char c : group) {
      const int digit = hex_digit(c);
      if (digit < 0) out.fault = "a character that is no hexadecimal digit";
      value = value * 16 + static_cast<unsigned>(digit);
    }
    if (out.fault) return out;
    out.bytes[out.size++] = static_cast<std::uint8_t>(value >> 8);
    out.bytes[out.size++] = static_cast<std::uint8_t>(value & 0xff);
    if (last) return out;
    text.remove_prefix(colon + 1);
    if (text.empty()) out.fault = "a colon at the end";
  }
  return out;
}

constexpr parsed<ip> parse_v6(std::string_view text) noexcept
{
  const auto gap = text.find("::");
  const auto head = parse_groups(text.substr(0, gap), gap == text.npos);
  if (head.fault) return {{}, head.fault};
  if (gap == text.npos) {
    if (head.size != 16) return {{}, "an IPv6 address has eight groups"};
    return {ip(head.bytes), nullptr};
  }
  const auto tail = parse_groups(text.substr(gap + 2), true);
  if (tail.fault) return {{}, tail.fault};
  // RFC 4291 2.2: "::" stands for one or more groups of zeros
  if (head.size + tail.size > 14) return {{}, "\"::\" stands for no group"};
  auto bytes = head.bytes;
  for (std::size_t i = 0; i < tail.size; ++i) bytes[16 - tail.size + i] = tail.bytes[i];
  return {ip(bytes), nullptr};
}

constexpr parsed<ip> parse_ip(std::string_view text) noexcept
{
  if (text.empty()) return {{}, "it is empty"};
  if (text.find('%') != text.npos) return {{}, "a zone is not part of an address"};
  if (text.find('/') != text.npos) return {{}, "a prefix is not part of an address"};
  if (text.find(':') != text.npos) return parse_v6(text);
  const auto v4 = parse_v4(text);
  if (v4.fault) return {{}, v4.fault};
  return {ip(v4.value), nullptr};
}

constexpr parsed<interface_address> parse_with_prefix(std::string_view text) noexcept
{
  const auto slash = text.find('/');
  if (slash == text.npos) return {{}, "the prefix length is missing"};
  const auto address = parse_ip(text.substr(0, slash));
  if (address.fault) return {{}, address.fault};
  const auto prefix = parse_decimal(text.substr(slash + 1), address.value.bits());
  if (prefix.fault) return {{}, prefix.fault};
  return {interface_address(address.value, prefix.value), nullptr};
}

constexpr parsed<subnet> parse_subnet(std::string_view text) noexcept
{
  const auto both = parse_with_prefix(text);
  if (both.fault) return {{}, both.fault};
  if (both.value.network().address() != both.value.address()) return {{}, "the address has host bits set"};
  return {both.value.network(), nullptr};
}

constexpr parsed<mac> parse_mac(std::string_view text) noexcept
{
  std::array<std::uint8_t, 6> bytes{};
  if (text.size() != 17) return {{}, "a MAC address has six pairs of hexadecimal digits"};
  for (std::size_t i = 0; i < 6; ++i) {
    const int high = hex_digit(text[i * 3]);
    const int low = hex_digit(text[i * 3 + 1]);
    if (high < 0 || low < 0) return {{}, "a character that is no hexadecimal digit"};
    if (i < 5 && text[i * 3 + 2] != ':') return {{}, "the pairs are joined by colons"};
    bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return {mac(bytes), nullptr};
}

constexpr parsed<link_address> parse_link_address(std::string_view text) noexcept
{
  std::array<std::byte, link_address::max_size> bytes{};
  const std::size_t size = (text.size() + 1) / 3;
  if (size == 0 || size > bytes.size() || text.size() != size * 3 - 1)
    return {{}, "a link-layer address has from 1 to 32 pairs of hexadecimal digits"};
  for (std::size_t i = 0; i < size; ++i) {
    const int high = hex_digit(text[i * 3]);
    const int low = hex_digit(text[i * 3 + 1]);
    if (high < 0 || low < 0) return {{}, "a character that is no hexadecimal digit"};
    if (i + 1 < size && text[i * 3 + 2] != ':') return {{}, "the pairs are joined by colons"};
    bytes[i] = static_cast<std::byte>(high * 16 + low);
  }
  return {*link_address::from_bytes(std::span(bytes).first(size)), nullptr};
}

} // namespace linx::net::detail
