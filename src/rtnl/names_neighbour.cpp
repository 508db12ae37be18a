#include "netlink/name_tables.hpp"
#include "rtnl/names.hpp"

#include <linx/rtnl/neighbour.hpp>

#include <linux/neighbour.h>

namespace linx::rtnl {

namespace {

using netlink::attribute_names;
using entry = attribute_names::entry;

std::string describe_neighbour(std::span<const std::byte> request)
{
  const auto m = netlink::detail::first_message(request);
  const auto address = m.attributes_after<ndmsg>().find(NDA_DST);
  const auto ip = address ? net::ip::from_bytes(address->payload()) : std::nullopt;
  const auto header = m.family_header<ndmsg>();
  std::string text = (header.ndm_flags & NTF_PROXY) != 0 ? "proxy" : "neighbour";
  if (ip) text += " " + to_string(*ip);
  if (header.ndm_ifindex != 0) text += " dev #" + std::to_string(header.ndm_ifindex);
  return text;
}

constexpr entry neighbour_entries[] = {
    LINX_NAME(NDA_DST),       LINX_NAME(NDA_LLADDR), LINX_NAME(NDA_IFINDEX),
    LINX_NAME(NDA_MASTER),    LINX_NAME(NDA_VLAN),   LINX_NAME(NDA_PROTOCOL),
    LINX_NAME(NDA_FLAGS_EXT), LINX_NAME(NDA_PROBES), LINX_NAME(NDA_CACHEINFO)};

} // namespace

constexpr attribute_names neighbour_names(sizeof(ndmsg), neighbour_entries, describe_neighbour);

} // namespace linx::rtnl
