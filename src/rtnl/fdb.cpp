#include <linx/rtnl/fdb.hpp>

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace linx::rtnl {

namespace {

// in clock ticks of userspace, of which there are 100 a second
std::chrono::milliseconds ticks(std::uint32_t count) noexcept
{
  return std::chrono::milliseconds(std::int64_t(count) * 10);
}

} // namespace

std::optional<fdb_entry> fdb_entry::decode(const netlink::message_view& m)
{
  if (m.type() != RTM_NEWNEIGH && m.type() != RTM_DELNEIGH) return std::nullopt;
  const auto header = m.family_header<ndmsg>();
  if (header.ndm_family != AF_BRIDGE) return std::nullopt;
  fdb_entry e;
  e.link = static_cast<std::uint32_t>(header.ndm_ifindex);
  e.state = header.ndm_state;
  e.flags = header.ndm_flags;
  for (const auto a : m.attributes_after<ndmsg>()) {
    switch (a.type()) {
    case NDA_LLADDR:
      e.address = net::mac::from_bytes(a.payload()).value_or(net::mac());
      break;
    case NDA_DST:
      e.destination = net::ip::from_bytes(a.payload());
      break;
    case NDA_VLAN:
      e.vlan = a.as<std::uint16_t>();
      break;
    case NDA_PORT:
      e.port = a.as_be<std::uint16_t>();
      break;
    case NDA_VNI:
      e.vni = a.as<std::uint32_t>();
      break;
    case NDA_SRC_VNI:
      e.source_vni = a.as<std::uint32_t>();
      break;
    case NDA_IFINDEX:
      e.via = a.as<std::uint32_t>();
      break;
    case NDA_MASTER:
      e.bridge = a.as<std::uint32_t>().value_or(0);
      break;
    case NDA_NH_ID:
      e.nexthop = a.as<std::uint32_t>();
      break;
    case NDA_FLAGS_EXT:
      e.extended_flags = a.as<std::uint32_t>().value_or(0);
      break;
    case NDA_CACHEINFO: {
      const auto cache = a.as_struct<nda_cacheinfo>();
      e.used = ticks(cache.ndm_used);
      e.updated = ticks(cache.ndm_updated);
      break;
    }
    default:
      break;
    }
  }
  return e;
}

std::string to_string(const fdb_entry& e)
{
  std::string text = to_string(e.address) + " dev " + std::to_string(e.link);
  if (e.destination) text += " dst " + to_string(*e.destination);
  if (e.nexthop) text += " nhid " + std::to_string(*e.nexthop);
  if (e.port) text += " port " + std::to_string(*e.port);
  if (e.vni) text += " vni " + std::to_string(*e.vni);
  if (e.source_vni) text += " src_vni " + std::to_string(*e.source_vni);
  if (e.via) text += " via " + std::to_string(*e.via);
  if (e.vlan) text += " vlan " + std::to_string(*e.vlan);
  if (e.bridge != 0) text += " master " + std::to_string(e.bridge);
  if ((e.flags & NTF_SELF) != 0) text += " self";
  if ((e.flags & NTF_EXT_LEARNED) != 0) text += " extern_learn";
  if ((e.flags & NTF_STICKY) != 0) text += " sticky";
  if ((e.flags & NTF_OFFLOADED) != 0) text += " offload";
  if (e.is_permanent())
    text += " permanent";
  else if (e.is_static())
    text += " static";
  return text;
}

} // namespace linx::rtnl
