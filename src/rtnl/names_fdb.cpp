#include "netlink/name_tables.hpp"
#include "rtnl/names.hpp"

#include <linx/rtnl/fdb.hpp>

#include <linux/neighbour.h>

namespace linx::rtnl {

namespace {

using netlink::attribute_names;

std::string describe_fdb(std::span<const std::byte> request)
{
  const auto e = fdb_entry::decode(netlink::detail::first_message(request));
  if (!e) return "FDB";
  // a flush names no address
  const bool one =
      netlink::detail::first_message(request).attributes_after<ndmsg>().find(NDA_LLADDR).has_value();
  return one ? "FDB entry " + to_string(*e) : "FDB of link #" + std::to_string(e->link);
}

constexpr attribute_names::entry fdb_entries[] = {LINX_NAME(NDA_DST),
                                                  LINX_NAME(NDA_LLADDR),
                                                  LINX_NAME(NDA_VLAN),
                                                  LINX_NAME(NDA_PORT),
                                                  LINX_NAME(NDA_VNI),
                                                  LINX_NAME(NDA_IFINDEX),
                                                  LINX_NAME(NDA_MASTER),
                                                  LINX_NAME(NDA_SRC_VNI),
                                                  LINX_NAME(NDA_NH_ID),
                                                  LINX_NAME(NDA_FLAGS_EXT),
                                                  LINX_NAME(NDA_NDM_STATE_MASK),
                                                  LINX_NAME(NDA_NDM_FLAGS_MASK)};

} // namespace

constexpr attribute_names fdb_names(sizeof(ndmsg), fdb_entries, describe_fdb);

} // namespace linx::rtnl
