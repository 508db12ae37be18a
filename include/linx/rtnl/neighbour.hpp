/// Neighbours: which link-layer address an IP address has on a link.
#pragma once

#include <linx/net/link_address.hpp>
#include <linx/netlink/message.hpp>
#include <linx/rtnl/other_attributes.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace linx::rtnl {

/// A neighbour of an IP address, or an address that is answered for (proxy), as RTM_NEWNEIGH describes it.
///
///     neighbour(2, "10.0.0.7"_ip).at("02:00:00:00:00:07"_mac)             permanent
///     neighbour(2, "10.0.0.8"_ip).proxy()
///
/// Forwarding entries of bridges and vxlan are not these.
/// Source: rtnetlink(7), linux/neighbour.h.
class LINX_API neighbour {
public:
  neighbour() = default;
  /// On the link with that index. Permanent, unless `in_state` says otherwise.
  neighbour(std::uint32_t link_index, const net::ip& ip) noexcept : link(link_index), address(ip) {}

  neighbour& at(const net::link_address& physical) & { return link_address = physical, *this; }
  neighbour&& at(const net::link_address& physical) && { return std::move(at(physical)); }
  /// NUD_REACHABLE, NUD_STALE, NUD_NOARP, ...
  neighbour& in_state(std::uint16_t nud) & { return state = nud, *this; }
  neighbour&& in_state(std::uint16_t nud) && { return std::move(in_state(nud)); }
  /// This machine answers for the address (NTF_PROXY).
  neighbour& proxy() & { return flags |= 0x08, state = 0, *this; }
  neighbour&& proxy() && { return std::move(proxy()); }
  /// It forwards packets (NTF_ROUTER, IPv6).
  neighbour& router() & { return flags |= 0x80, *this; }
  neighbour&& router() && { return std::move(router()); }
  /// Learned by a control plane, which keeps the kernel from collecting it (NTF_EXT_LEARNED, Linux 4.11).
  neighbour& external() & { return flags |= 0x10, *this; }
  neighbour&& external() && { return std::move(external()); }
  /// Resolved, and kept resolved, by the kernel (NTF_EXT_MANAGED, Linux 5.16). It has no address of its own
  /// to say.
  neighbour& managed() & { return extended_flags |= 0x01, state = 0, *this; }
  neighbour&& managed() && { return std::move(managed()); }

  bool is_proxy() const noexcept { return (flags & 0x08) != 0; }

  /// Decodes RTM_NEWNEIGH and RTM_DELNEIGH; nothing for any other message, nor for a family that is not IP.
  static std::optional<neighbour> decode(const netlink::message_view&);

  std::uint32_t link = 0; ///< index; 0 for a proxy of all links
  net::ip address;
  std::optional<net::link_address> link_address;
  std::uint16_t state = 0x80;       ///< NUD_*; NUD_PERMANENT
  std::uint8_t flags = 0;           ///< NTF_*
  std::uint32_t extended_flags = 0; ///< NTF_EXT_*, Linux 5.16
  std::uint8_t protocol = 0;        ///< who made it, RTPROT_*, Linux 5.2
  std::uint8_t type = 0;            ///< RTN_*, as the kernel found it
  std::uint32_t probes = 0;         ///< sent since it was last confirmed
  std::uint32_t references = 0;
  std::chrono::milliseconds used{};      ///< since then
  std::chrono::milliseconds confirmed{}; ///< since then
  std::chrono::milliseconds updated{};   ///< since then
  other_attributes rest;                 ///< what linx does not know of it

  /// By all but probes, references and the times, which change by themselves.
  friend LINX_API bool operator==(const neighbour&, const neighbour&) noexcept;
};

/// "10.0.0.7 dev 2 lladdr 02:00:00:00:00:07 permanent"
LINX_API std::string to_string(const neighbour&);
/// The names of the states (NUD_*): "reachable", "none" for 0.
LINX_API std::string neighbour_state_name(std::uint16_t state);

/// Which neighbours are listed or flushed; all that is named has to fit. The kernel filters by family and
/// link, the rest happens here.
class LINX_API neighbour_filter {
public:
  neighbour_filter() noexcept = default;
  neighbour_filter(net::family which) noexcept : family_(which) {}

  neighbour_filter& family(net::family which) noexcept { return family_ = which, *this; }
  neighbour_filter& link(std::uint32_t index) noexcept { return link_ = index, *this; }
  /// Those in one of these states (NUD_* bits). By default all; a flush spares permanent and noarp entries
  /// unless they are named, as ip(8) does.
  neighbour_filter& states(std::uint16_t nud) noexcept { return states_ = nud, *this; }
  /// Those that have all of these flags (NTF_* bits).
  neighbour_filter& flags(std::uint8_t ntf) noexcept { return flags_ = ntf, *this; }
  neighbour_filter& protocol(std::uint8_t number) noexcept { return protocol_ = number, *this; }
  /// The addresses that this machine answers for, instead of its neighbours.
  neighbour_filter& proxies() noexcept { return proxies_ = true, *this; }

  std::optional<net::family> family() const noexcept { return family_; }
  std::uint32_t link() const noexcept { return link_; }
  std::optional<std::uint16_t> states() const noexcept { return states_; }
  bool only_proxies() const noexcept { return proxies_; }
  bool matches(const neighbour&) const noexcept;

private:
  std::optional<net::family> family_;
  std::uint32_t link_ = 0;
  std::optional<std::uint16_t> states_;
  std::uint8_t flags_ = 0;
  std::optional<std::uint8_t> protocol_;
  bool proxies_ = false;
};

} // namespace linx::rtnl
