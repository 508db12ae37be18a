#include <linx/net/endpoint.hpp>

#include <charconv>

namespace linx::net {

namespace {

error refused(std::string_view text, const char* why)
{
  return error::argument("\"" + std::string(text.substr(0, 64)) + "\" is not an address with a port: " + why);
}

// A decimal number without sign and leading zeros.
template <class T>
std::optional<T> number(std::string_view text) noexcept
{
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  T value{};
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return value;
}

} // namespace

result<endpoint> endpoint::parse(std::string_view text)
{
  const bool bracketed = text.starts_with('[');
  const auto colon = bracketed ? text.find("]:") : text.find(':');
  if (colon == std::string_view::npos) return refused(text, bracketed ? "no ]:PORT" : "no :PORT");
  auto host = text.substr(bracketed ? 1 : 0, bracketed ? colon - 1 : colon);
  const auto port = number<std::uint16_t>(text.substr(colon + (bracketed ? 2 : 1)));
  if (!port)
    return refused(text, "the port is a decimal number up to 65535 (an IPv6 address takes brackets)");
  std::uint32_t scope = 0;
  if (const auto percent = host.find('%'); bracketed && percent != std::string_view::npos) {
    const auto index = number<std::uint32_t>(host.substr(percent + 1));
    if (!index || *index == 0) return refused(text, "the scope is the index of an interface");
    scope = *index;
    host = host.substr(0, percent);
  }
  BOOST_OUTCOME_TRY(const ip address, ip::parse(host));
  if (address.is_v6() != bracketed)
    return refused(text, "an IPv6 address takes brackets, an IPv4 address none");
  return endpoint(address, *port, scope);
}

std::string to_string(const endpoint& e)
{
  const std::string port = ":" + std::to_string(e.port());
  if (e.address().is_v4()) return to_string(e.address()) + port;
  const std::string scope = e.scope() == 0 ? std::string() : "%" + std::to_string(e.scope());
  return "[" + to_string(e.address()) + scope + "]" + port;
}

} // namespace linx::net
