// Settings as tables: which attribute is which member.
#pragma once

#include "genl/ethtool_request.hpp"

#include <optional>
#include <string_view>

namespace linx::genl::ethtool {

// One attribute of a value of type T: a number of 8 or 32 bits, or a switch.
template <class T>
class field {
public:
  using number = std::optional<std::uint32_t> T::*;
  using toggle = std::optional<bool> T::*;

  constexpr field(std::uint16_t t, std::string_view n, number m, bool is_settable = true,
                  bool is_byte = false) noexcept
      : type(t), name(n), as_number(m), settable(is_settable), byte(is_byte)
  {}
  constexpr field(std::uint16_t t, std::string_view n, toggle m) noexcept
      : type(t), name(n), as_toggle(m), byte(true)
  {}

  std::uint16_t type;
  std::string_view name;
  number as_number = nullptr;
  toggle as_toggle = nullptr;
  bool settable = true;
  bool byte = false;
};

template <class T, std::size_t N>
T read_fields(const netlink::message_view& m, const field<T> (&fields)[N])
{
  T value;
  for (const auto a : m.attributes_after<genlmsghdr>()) {
    if (a.type() == 1) value.device = read_device(a);
    for (const auto& f : fields) {
      if (f.type != a.type()) continue;
      std::optional<std::uint32_t> number = a.as<std::uint32_t>();
      if (f.byte) number = a.as<std::uint8_t>();
      if (f.as_number)
        value.*f.as_number = number;
      else if (number)
        value.*f.as_toggle = *number != 0;
    }
  }
  return value;
}

template <class T, std::size_t N>
void write_fields(netlink::message_builder& request, const T& value, const field<T> (&fields)[N])
{
  for (const auto& f : fields) {
    std::optional<std::uint32_t> number;
    if (f.as_number)
      number = value.*f.as_number;
    else if (value.*f.as_toggle)
      number = *(value.*f.as_toggle) ? 1 : 0;
    if (!number || !f.settable) continue;
    if (f.byte)
      request.put_u8(f.type, static_cast<std::uint8_t>(*number));
    else
      request.put_u32(f.type, *number);
  }
}

template <class T, std::size_t N>
std::string print_fields(const T& value, const field<T> (&fields)[N])
{
  std::string text = to_string(value.device) + ":";
  for (const auto& f : fields) {
    if (f.as_number && value.*f.as_number)
      text += " " + std::string(f.name) + " " + std::to_string(*(value.*f.as_number));
    else if (f.as_toggle && value.*f.as_toggle)
      text += " " + std::string(f.name) + (*(value.*f.as_toggle) ? " on" : " off");
  }
  return text;
}

} // namespace linx::genl::ethtool
