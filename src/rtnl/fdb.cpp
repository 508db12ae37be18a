#include <linx/rtnl/fdb.hpp>

#include "rtnl/encode_bridge.hpp"
#include "rtnl/names.hpp"
#include "rtnl/object_table.hpp"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace linx::rtnl {

namespace {

using fdb_used = part_of<&nda_cacheinfo::ndm_used, ticks32>;
using fdb_updated = part_of<&nda_cacheinfo::ndm_updated, ticks32>;

void address_words(std::string& text, const fdb_entry& e)
{
  text += to_string(e.address);
}
void state_words(std::string& text, const fdb_entry& e)
{
  if ((e.flags & NTF_SELF) != 0) text += " self";
  if ((e.flags & NTF_EXT_LEARNED) != 0) text += " extern_learn";
  if ((e.flags & NTF_STICKY) != 0) text += " sticky";
  if ((e.flags & NTF_OFFLOADED) != 0) text += " offload";
  if (e.is_permanent())
    text += " permanent";
  else if (e.is_static())
    text += " static";
}
bool is_always_sent(const fdb_entry&)
{
  return true; // all zeros are an address as well
}

constexpr field<fdb_entry> fdb_rows[] = {
    LINX_ROW(&fdb_entry::address, NDA_LLADDR, mac48, "").when(is_always_sent).says(address_words),
    LINX_HEADER(&fdb_entry::link, header<&ndmsg::ndm_ifindex>, "dev"),
    LINX_ROW(&fdb_entry::destination, NDA_DST, any_ip, "dst"),
    LINX_ROW(&fdb_entry::nexthop, NDA_NH_ID, u32, "nhid"),
    LINX_ROW(&fdb_entry::port, NDA_PORT, be16, "port"),
    LINX_ROW(&fdb_entry::vni, NDA_VNI, u32, "vni"),
    LINX_ROW(&fdb_entry::source_vni, NDA_SRC_VNI, u32, "src_vni"),
    LINX_ROW(&fdb_entry::via, NDA_IFINDEX, u32, "via"),
    LINX_ROW(&fdb_entry::vlan, NDA_VLAN, u16, "vlan"),
    LINX_ROW(&fdb_entry::bridge, NDA_MASTER, u32, "master").observed(),
    LINX_HEADER(&fdb_entry::flags, header<&ndmsg::ndm_flags>, ""),
    LINX_HEADER(&fdb_entry::state, header<&ndmsg::ndm_state>, "").says(state_words),
    LINX_ROW(&fdb_entry::extended_flags, NDA_FLAGS_EXT, u32, ""),
    LINX_ROW(&fdb_entry::used, NDA_CACHEINFO, fdb_used, "").observed(),
    LINX_ROW(&fdb_entry::updated, NDA_CACHEINFO, fdb_updated, "").observed(),
    LINX_BY_HAND(fdb_entry, NDA_NDM_STATE_MASK), // of a flush
    LINX_BY_HAND(fdb_entry, NDA_NDM_FLAGS_MASK)};

std::string describe_fdb(std::span<const std::byte> request)
{
  const auto m = netlink::detail::first_message(request);
  const auto e = fdb_entry::decode(m);
  if (!e) return "FDB";
  // a flush names no address
  const bool one = m.attributes_after<ndmsg>().find(NDA_LLADDR).has_value();
  return one ? "FDB entry " + to_string(*e) : "FDB of link #" + std::to_string(e->link);
}

using fdb_table = object_table<ndmsg, fdb_rows, describe_fdb>;

ndmsg of_bridges() noexcept
{
  ndmsg header{};
  header.ndm_family = AF_BRIDGE;
  return header;
}

bool is_of_device(const fdb_entry& e) noexcept
{
  return e.destination || e.nexthop || e.vni || e.source_vni;
}

} // namespace

constexpr netlink::attribute_names fdb_names = fdb_table::names;

std::optional<fdb_entry> fdb_entry::decode(const netlink::message_view& m)
{
  if (m.type() != RTM_NEWNEIGH && m.type() != RTM_DELNEIGH) return std::nullopt;
  if (m.family_header<ndmsg>().ndm_family != AF_BRIDGE) return std::nullopt;
  fdb_entry e;
  fdb_table::read(m, e);
  return e;
}

std::string to_string(const fdb_entry& e)
{
  return fdb_table::words(e);
}

result<netlink::message_builder> encode_fdb(std::uint16_t type, std::uint16_t flags, const fdb_entry& entry)
{
  if (entry.link == 0) return error::argument("FDB entry " + to_string(entry) + ": it needs a link");
  if (entry.destination && entry.nexthop) {
    return error::argument("FDB entry " + to_string(entry) + ": a destination or a nexthop object, not both");
  }
  auto one = entry;
  if ((one.flags & (NTF_SELF | NTF_MASTER)) == 0) one.flags |= is_of_device(one) ? NTF_SELF : NTF_MASTER;
  return fdb_table::request(type, flags, one, sending::to_add, of_bridges());
}

netlink::message_builder encode_list_fdb(std::uint32_t bridge, std::uint32_t port)
{
  auto header = of_bridges();
  header.ndm_ifindex = static_cast<int>(port);
  netlink::message_builder m(RTM_GETNEIGH, 0, header);
  m.set_names(fdb_names);
  if (bridge != 0) m.put_u32(NDA_MASTER, bridge);
  return m;
}

netlink::message_builder encode_flush_fdb(std::uint32_t link, const fdb_flush& which)
{
  constexpr std::uint16_t bulk = 0x200; // NLM_F_BULK, linux/netlink.h of 5.19
  auto header = of_bridges();
  header.ndm_ifindex = static_cast<int>(link);
  header.ndm_state = which.state();
  header.ndm_flags = which.is_self() ? NTF_SELF : NTF_MASTER;
  netlink::message_builder m(RTM_DELNEIGH, bulk, header);
  m.set_names(fdb_names);
  if (which.vlan()) m.put_u16(NDA_VLAN, *which.vlan());
  if (which.state_mask() != 0) m.put_u16(NDA_NDM_STATE_MASK, which.state_mask());
  return m;
}

} // namespace linx::rtnl
