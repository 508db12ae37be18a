/// Which routes are meant, and which route a packet would take.
#pragma once

#include <linx/rtnl/route.hpp>

namespace linx::rtnl {

/// Which routes are listed or flushed; all that is named has to fit. The kernel filters by family, table,
/// protocol, type and output (Linux 4.20), the rest happens here.
class LINX_API route_filter {
public:
  /// Both families.
  route_filter() noexcept = default;
  route_filter(net::family which) noexcept : family_(which) {}

  route_filter& family(net::family which) noexcept { return family_ = which, *this; }
  /// A table that is not there is an empty one.
  route_filter& table(std::uint32_t number) noexcept { return table_ = number, *this; }
  route_filter& protocol(std::uint8_t number) noexcept { return protocol_ = number, *this; }
  route_filter& type(route_type which) noexcept { return type_ = which, *this; }
  /// Out of that interface, one of several ways included.
  route_filter& dev(std::uint32_t link_index) noexcept { return dev_ = link_index, *this; }
  route_filter& via(const net::ip& gateway) noexcept { return via_ = gateway, *this; }
  route_filter& scope(std::uint8_t rt_scope) noexcept { return scope_ = rt_scope, *this; }
  route_filter& metric(std::uint32_t number) noexcept { return metric_ = number, *this; }
  /// To exactly that network.
  route_filter& to(const net::subnet& network) noexcept { return to_ = network, *this; }
  /// To networks inside that one, itself included.
  route_filter& within(const net::subnet& network) noexcept { return within_ = network, *this; }
  /// Cached routes (RTM_F_CLONED): what IPv6 learned from redirects and path MTU, instead of the table.
  route_filter& cached() noexcept { return cached_ = true, *this; }

  std::optional<net::family> family() const noexcept { return family_; }
  std::optional<std::uint32_t> table() const noexcept { return table_; }
  std::optional<std::uint8_t> protocol() const noexcept { return protocol_; }
  std::optional<route_type> type() const noexcept { return type_; }
  std::uint32_t dev() const noexcept { return dev_; }
  bool only_cached() const noexcept { return cached_; }
  bool matches(const route&) const noexcept;
  /// Whether `matches` is true of every route of that family, or of both.
  bool is_by_family_alone() const noexcept;

private:
  std::optional<net::family> family_;
  std::optional<std::uint32_t> table_;
  std::optional<std::uint8_t> protocol_;
  std::optional<route_type> type_;
  std::uint32_t dev_ = 0;
  std::optional<net::ip> via_;
  std::optional<std::uint8_t> scope_;
  std::optional<std::uint32_t> metric_;
  std::optional<net::subnet> to_;
  std::optional<net::subnet> within_;
  bool cached_ = false;
};

/// A packet that a route is looked up for.
class LINX_API route_query {
public:
  route_query(const net::ip& destination) noexcept : to_(destination) {}

  route_query& from(const net::ip& source) noexcept { return from_ = source, *this; }
  /// Came in by an interface, by index: the route of a packet that is forwarded or taken in.
  route_query& in(std::uint32_t link_index) noexcept { return in_ = link_index, *this; }
  /// Of a socket that is bound to an interface, by index.
  route_query& out(std::uint32_t link_index) noexcept { return out_ = link_index, *this; }
  route_query& mark(std::uint32_t value) noexcept { return mark_ = value, *this; }
  route_query& uid(std::uint32_t user) noexcept { return uid_ = user, *this; }
  route_query& tos(std::uint8_t value) noexcept { return tos_ = value, *this; }
  /// What rules and multipath look at: IPPROTO_* and ports (Linux 4.17).
  route_query& ip_protocol(std::uint8_t number) noexcept { return ip_protocol_ = number, *this; }
  route_query& ports(std::uint16_t source, std::uint16_t destination) noexcept
  {
    return source_port_ = source, destination_port_ = destination, *this;
  }
  /// Answers with the route of the table that matched, as a listing shows it, and not with the one made of it
  /// for this packet (RTM_F_FIB_MATCH, Linux 4.13).
  route_query& fib_match() noexcept { return fib_match_ = true, *this; }

  const net::ip& to() const noexcept { return to_; }
  const std::optional<net::ip>& from() const noexcept { return from_; }
  std::uint32_t in() const noexcept { return in_; }
  std::uint32_t out() const noexcept { return out_; }
  std::optional<std::uint32_t> mark() const noexcept { return mark_; }
  std::optional<std::uint32_t> uid() const noexcept { return uid_; }
  std::uint8_t tos() const noexcept { return tos_; }
  std::optional<std::uint8_t> ip_protocol() const noexcept { return ip_protocol_; }
  std::uint16_t source_port() const noexcept { return source_port_; }
  std::uint16_t destination_port() const noexcept { return destination_port_; }
  bool only_fib_match() const noexcept { return fib_match_; }

private:
  net::ip to_;
  std::optional<net::ip> from_;
  std::uint32_t in_ = 0;
  std::uint32_t out_ = 0;
  std::optional<std::uint32_t> mark_;
  std::optional<std::uint32_t> uid_;
  std::uint8_t tos_ = 0;
  std::optional<std::uint8_t> ip_protocol_;
  std::uint16_t source_port_ = 0;
  std::uint16_t destination_port_ = 0;
  bool fib_match_ = false;
};

} // namespace linx::rtnl
