#include "rtnl/kind_codec.hpp"

namespace linx::rtnl {

namespace {

constexpr std::uint16_t IFLA_MACVLAN_BC_CUTOFF = IFLA_MACVLAN_BC_QUEUE_LEN_USED + 1; // linux/if_link.h of 6.4

// Written as a command that sets the whole list, read as the list.
class source_list : public list_of<mac48> {
public:
  static void put(netlink::message_builder& m, std::uint16_t type, const std::vector<net::mac>& sources)
  {
    m.put_u32(IFLA_MACVLAN_MACADDR_MODE, MACVLAN_MACADDR_SET);
    const auto nest = m.nested(type);
    for (const auto& address : sources) put_mac(m, IFLA_MACVLAN_MACADDR, address);
  }
};

template <class Kind>
constexpr field<Kind> macvlan_rows[] = {
    sent<Kind, &Kind::mode, u32>(IFLA_MACVLAN_MODE, "IFLA_MACVLAN_MODE", "mode"),
    sent<Kind, &Kind::flags, u16>(IFLA_MACVLAN_FLAGS, "IFLA_MACVLAN_FLAGS", "flags"),
    sent<Kind, &Kind::broadcast_queue_length, u32>(IFLA_MACVLAN_BC_QUEUE_LEN, "IFLA_MACVLAN_BC_QUEUE_LEN",
                                                   "broadcast_queue_length"),
    sent<Kind, &Kind::broadcast_cutoff, s32>(IFLA_MACVLAN_BC_CUTOFF, "IFLA_MACVLAN_BC_CUTOFF",
                                             "broadcast_cutoff"),
    only_observed<Kind, &Kind::broadcast_queue_length_used, u32>(
        IFLA_MACVLAN_BC_QUEUE_LEN_USED, "IFLA_MACVLAN_BC_QUEUE_LEN_USED", "broadcast_queue_length_used"),
    sent<Kind, &Kind::sources, source_list>(IFLA_MACVLAN_MACADDR_DATA, "IFLA_MACVLAN_MACADDR_DATA",
                                            "sources")};

template <class Kind>
constexpr field<Kind> ipvlan_rows[] = {
    sent<Kind, &Kind::mode, u16>(IFLA_IPVLAN_MODE, "IFLA_IPVLAN_MODE", "mode"),
    sent<Kind, &Kind::flags, u16>(IFLA_IPVLAN_FLAGS, "IFLA_IPVLAN_FLAGS", "flags")};

} // namespace

std::string_view to_string(macvlan_mode mode) noexcept
{
  switch (mode) {
  case macvlan_mode::private_:
    return "private";
  case macvlan_mode::vepa:
    return "vepa";
  case macvlan_mode::bridge:
    return "bridge";
  case macvlan_mode::passthru:
    return "passthru";
  case macvlan_mode::source:
    return "source";
  }
  return "unknown";
}

std::string_view to_string(ipvlan_mode mode) noexcept
{
  constexpr std::string_view names[] = {"l2", "l3", "l3s"};
  const auto n = static_cast<std::size_t>(mode);
  return n < std::size(names) ? names[n] : "unknown";
}

constexpr kind_codec macvlan_codec = detail::codec<kind_data, macvlan, macvlan_rows<macvlan>>("macvlan");
constexpr kind_codec macvtap_codec = detail::codec<kind_data, macvtap, macvlan_rows<macvtap>>("macvtap");
constexpr kind_codec ipvlan_codec = detail::codec<kind_data, ipvlan, ipvlan_rows<ipvlan>>("ipvlan");
constexpr kind_codec ipvtap_codec = detail::codec<kind_data, ipvtap, ipvlan_rows<ipvtap>>("ipvtap");

} // namespace linx::rtnl
