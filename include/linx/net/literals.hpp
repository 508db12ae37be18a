/// Addresses as literals. A wrong one does not compile.
#pragma once

#include <linx/net/detail/parse.hpp>

namespace linx::net {

namespace detail {

// A throw is no constant expression, so the compiler stops here; nothing is ever thrown.
template <class T>
consteval T checked(const parsed<T>& outcome)
{
  if (outcome.fault) throw outcome.fault;
  return outcome.value;
}

} // namespace detail

/// `using namespace linx::net::literals;`
inline namespace literals {

/// "10.0.0.1"_ip, "2001:db8::1"_ip
consteval ip operator""_ip(const char* text, std::size_t size)
{
  return detail::checked(detail::parse_ip({text, size}));
}

/// "10.0.0.0/24"_subnet
consteval subnet operator""_subnet(const char* text, std::size_t size)
{
  return detail::checked(detail::parse_subnet({text, size}));
}

/// "10.0.0.1/24"_ifaddr
consteval interface_address operator""_ifaddr(const char* text, std::size_t size)
{
  return detail::checked(detail::parse_with_prefix({text, size}));
}

/// "02:00:00:00:00:01"_mac
consteval mac operator""_mac(const char* text, std::size_t size)
{
  return detail::checked(detail::parse_mac({text, size}));
}

} // namespace literals

} // namespace linx::net
