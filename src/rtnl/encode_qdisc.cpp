#include "rtnl/encode_qdisc.hpp"

#include "netlink/name_tables.hpp"
#include "rtnl/qdisc_options.hpp"

#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace linx::rtnl {

namespace {

using netlink::attribute_names;
using netlink::message_builder;
using entry = attribute_names::entry;

std::string describe(std::span<const std::byte> request)
{
  const auto m = netlink::detail::first_message(request);
  const auto header = m.family_header<tcmsg>();
  const auto kind = m.attributes_after<tcmsg>().find(TCA_KIND);
  const bool is_class = m.type() == RTM_NEWTCLASS || m.type() == RTM_DELTCLASS;
  std::string text = is_class ? "class " : "qdisc ";
  if (kind) text += std::string(kind->as_string()) + ' ';
  if (header.tcm_handle != 0) text += to_string(tc_handle(header.tcm_handle)) + ' ';
  text += "of link #" + std::to_string(header.tcm_ifindex);
  if (header.tcm_parent != 0) text += " parent " + to_string(tc_handle(header.tcm_parent));
  return text;
}

constexpr entry entries[] = {LINX_NAME(TCA_KIND),          LINX_NAME(TCA_OPTIONS),
                             LINX_NAME(TCA_RATE),          LINX_NAME(TCA_STAB),
                             LINX_NAME(TCA_CHAIN),         LINX_NAME(TCA_DUMP_INVISIBLE),
                             LINX_NAME(TCA_INGRESS_BLOCK), LINX_NAME(TCA_EGRESS_BLOCK)};
constexpr attribute_names names(sizeof(tcmsg), entries, describe);

message_builder about(std::uint16_t type, std::uint16_t flags, std::uint32_t link, tc_handle handle,
                      tc_handle parent)
{
  tcmsg header{};
  header.tcm_family = AF_UNSPEC;
  header.tcm_ifindex = static_cast<int>(link);
  header.tcm_handle = handle.raw();
  header.tcm_parent = parent.raw();
  message_builder m(type, flags, header);
  m.set_names(names);
  return m;
}

} // namespace

result<message_builder> encode_new(const qdisc& q, std::uint16_t flags)
{
  auto m = about(RTM_NEWQDISC, flags, q.link, q.handle, q.parent);
  m.put_string(TCA_KIND, q.kind);
  if (q.ingress_block) m.put_u32(TCA_INGRESS_BLOCK, *q.ingress_block);
  if (q.egress_block) m.put_u32(TCA_EGRESS_BLOCK, *q.egress_block);
  BOOST_OUTCOME_TRYV(put_qdisc_options(m, q.options));
  return m;
}

message_builder encode_remove(const qdisc& q)
{
  return about(RTM_DELQDISC, 0, q.link, q.handle, q.parent);
}

result<message_builder> encode_new(const traffic_class& c, std::uint16_t flags)
{
  auto m = about(RTM_NEWTCLASS, flags, c.link, c.handle, c.parent);
  m.put_string(TCA_KIND, c.kind);
  BOOST_OUTCOME_TRYV(put_class_options(m, c.options));
  return m;
}

message_builder encode_remove(const traffic_class& c)
{
  return about(RTM_DELTCLASS, 0, c.link, c.handle, c.parent);
}

message_builder encode_list_qdiscs(std::uint32_t link_index)
{
  auto m = about(RTM_GETQDISC, 0, link_index, tc_handle(), tc_handle());
  m.put_flag(TCA_DUMP_INVISIBLE); // those that the kernel made by itself as well
  return m;
}

message_builder encode_list_classes(std::uint32_t link_index)
{
  return about(RTM_GETTCLASS, 0, link_index, tc_handle(), tc_handle());
}

message_builder encode_list_filters(std::uint32_t link_index, tc_handle parent)
{
  return about(RTM_GETTFILTER, 0, link_index, tc_handle(), parent);
}

message_builder encode_get_statistics(std::uint32_t link_index)
{
  if_stats_msg header{};
  header.ifindex = link_index;
  header.filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64) |
                       IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_XSTATS) |
                       IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_XSTATS_SLAVE) |
                       IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_OFFLOAD_XSTATS);
  return message_builder(RTM_GETSTATS, 0, header);
}

} // namespace linx::rtnl
