#include <linx/rtnl/qdisc.hpp>

#include "rtnl/qdisc_options.hpp"

#include <linux/gen_stats.h>
#include <linux/if_ether.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

namespace linx::rtnl {

namespace {

using netlink::attribute;

// TCA_KIND comes before TCA_OPTIONS in what the kernel sends, but nothing promises that.
class kind_and_options {
public:
  explicit kind_and_options(const netlink::attributes& all) noexcept
  {
    for (const auto a : all) {
      if (a.type() == TCA_KIND) kind = a.as_string();
      if (a.type() == TCA_OPTIONS) options = a;
    }
  }
  std::string_view kind;
  attribute options;
};

} // namespace

tc_statistics tc_statistics::decode(const netlink::attributes& all)
{
  tc_statistics s;
  std::optional<std::uint64_t> wide;
  for (const auto a : all) {
    switch (a.type()) {
    case TCA_STATS_BASIC: {
      const auto basic = a.as_struct<gnet_stats_basic>();
      s.bytes = basic.bytes;
      s.packets = basic.packets;
      break;
    }
    case TCA_STATS_PKT64:
      wide = a.as<std::uint64_t>();
      break;
    case TCA_STATS_QUEUE: {
      const auto queue = a.as_struct<gnet_stats_queue>();
      s.drops = queue.drops;
      s.overlimits = queue.overlimits;
      s.requeues = queue.requeues;
      s.queue_length = queue.qlen;
      s.backlog = queue.backlog;
      break;
    }
    case TCA_STATS_RATE_EST: {
      const auto rate = a.as_struct<gnet_stats_rate_est>();
      if (s.bytes_per_second == 0) s.bytes_per_second = rate.bps;
      if (s.packets_per_second == 0) s.packets_per_second = rate.pps;
      break;
    }
    case TCA_STATS_RATE_EST64: {
      const auto rate = a.as_struct<gnet_stats_rate_est64>();
      s.bytes_per_second = rate.bps;
      s.packets_per_second = rate.pps;
      break;
    }
    default:
      break;
    }
  }
  if (wide) s.packets = *wide;
  return s;
}

qdisc::qdisc(std::uint32_t link_index, qdisc_options which)
    : link(link_index), kind(kind_of(which)), options(std::move(which))
{
  if (std::holds_alternative<ingress>(options) || std::holds_alternative<clsact>(options)) {
    parent = tc_handle::ingress();
    handle = tc_handle(0xffff, 0);
  }
}

std::optional<qdisc> qdisc::decode(const netlink::message_view& m)
{
  if (m.type() != RTM_NEWQDISC && m.type() != RTM_DELQDISC) return std::nullopt;
  const auto header = m.family_header<tcmsg>();
  const auto all = m.attributes_after<tcmsg>();
  const kind_and_options what(all);
  qdisc q;
  q.link = static_cast<std::uint32_t>(header.tcm_ifindex);
  q.handle = tc_handle(header.tcm_handle);
  q.parent = tc_handle(header.tcm_parent);
  q.kind = what.kind;
  q.options = decode_qdisc_options(what.kind, what.options);
  for (const auto a : all) {
    switch (a.type()) {
    case TCA_INGRESS_BLOCK:
      q.ingress_block = a.as<std::uint32_t>();
      break;
    case TCA_EGRESS_BLOCK:
      q.egress_block = a.as<std::uint32_t>();
      break;
    case TCA_HW_OFFLOAD:
      q.offloaded = a.as<std::uint8_t>().value_or(0) != 0;
      break;
    case TCA_STATS2:
      q.statistics = tc_statistics::decode(a.nested());
      break;
    default:
      break;
    }
  }
  return q;
}

traffic_class::traffic_class(std::uint32_t link_index, tc_handle own, tc_handle above, class_options which)
    : link(link_index), handle(own), parent(above), kind(kind_of(which)), options(std::move(which))
{}

std::optional<traffic_class> traffic_class::decode(const netlink::message_view& m)
{
  if (m.type() != RTM_NEWTCLASS && m.type() != RTM_DELTCLASS) return std::nullopt;
  const auto header = m.family_header<tcmsg>();
  const auto all = m.attributes_after<tcmsg>();
  const kind_and_options what(all);
  traffic_class c;
  c.link = static_cast<std::uint32_t>(header.tcm_ifindex);
  c.handle = tc_handle(header.tcm_handle);
  c.parent = tc_handle(header.tcm_parent);
  c.leaf = tc_handle(header.tcm_info);
  c.kind = what.kind;
  c.options = decode_class_options(what.kind, what.options);
  if (const auto statistics = all.find(TCA_STATS2))
    c.statistics = tc_statistics::decode(statistics->nested());
  return c;
}

std::optional<filter> filter::decode(const netlink::message_view& m)
{
  if (m.type() != RTM_NEWTFILTER && m.type() != RTM_DELTFILTER) return std::nullopt;
  const auto header = m.family_header<tcmsg>();
  const auto all = m.attributes_after<tcmsg>();
  const kind_and_options what(all);
  filter f;
  if (header.tcm_ifindex == static_cast<int>(TCM_IFINDEX_MAGIC_BLOCK)) {
    f.block = header.tcm_parent; // tcm_block_index, the same word
  } else {
    f.link = static_cast<std::uint32_t>(header.tcm_ifindex);
    f.parent = tc_handle(header.tcm_parent);
  }
  f.handle = header.tcm_handle;
  f.priority = static_cast<std::uint16_t>(header.tcm_info >> 16);
  f.protocol = netlink::network_order(static_cast<std::uint16_t>(header.tcm_info));
  f.kind = what.kind;
  f.options.assign(what.options.payload().begin(), what.options.payload().end());
  if (const auto chain = all.find(TCA_CHAIN)) f.chain = chain->as<std::uint32_t>().value_or(0);
  return f;
}

} // namespace linx::rtnl
