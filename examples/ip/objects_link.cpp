#include "objects.hpp"

#include "kinds.hpp"

#include <linx/rtnl/link_flags.hpp>

#include <linux/if_addr.h>
#include <net/if.h>

#include <algorithm>
#include <cctype>

namespace ip_tool {

namespace rtnl = linx::rtnl;

namespace {

class flag_word {
public:
  constexpr flag_word(std::uint32_t bit, std::string_view word) noexcept : bit_(bit), word_(word) {}
  constexpr std::uint32_t bit() const noexcept { return bit_; }
  constexpr std::string_view word() const noexcept { return word_; }

private:
  std::uint32_t bit_;
  std::string_view word_;
};

constexpr flag_word address_flags[] = {{IFA_F_DADFAILED, "dadfailed"}, {IFA_F_DEPRECATED, "deprecated"},
                                       {IFA_F_HOMEADDRESS, "home"},    {IFA_F_MANAGETEMPADDR, "mngtmpaddr"},
                                       {IFA_F_NODAD, "nodad"},         {IFA_F_OPTIMISTIC, "optimistic"},
                                       {IFA_F_TENTATIVE, "tentative"}, {IFA_F_NOPREFIXROUTE, "noprefixroute"},
                                       {IFA_F_MCAUTOJOIN, "autojoin"}};

std::string upper(std::string_view text)
{
  std::string all(text);
  // ip(8) writes IF_OPER_LOWERLAYERDOWN and IF_OPER_NOTPRESENT without a break
  std::erase(all, '_');
  std::ranges::transform(all, all.begin(), [](unsigned char c) { return std::toupper(c); });
  return all;
}

std::string link_mode_name(rtnl::link_mode mode)
{
  if (mode == rtnl::link_mode::straight) return "DEFAULT";
  if (mode == rtnl::link_mode::dormant) return "DORMANT";
  return std::to_string(static_cast<unsigned>(mode));
}

/// The kind and its options, and those of the master's kind.
json kinds_of(const rtnl::link& l, const link_names& links)
{
  json j = json::object();
  if (!l.kind.empty()) j["info_kind"] = l.kind;
  if (json data = show_kind(l.data, links); !data.empty()) j["info_data"] = std::move(data);
  const auto master = kind_name(l.port);
  if (!master.empty()) j["info_slave_kind"] = master;
  if (json data = show_kind(l.port, links); !data.empty()) j["info_slave_data"] = std::move(data);
  return j;
}

std::uint64_t seconds_or_forever(const std::optional<std::chrono::seconds>& time)
{
  return time ? static_cast<std::uint64_t>(time->count()) : 0xffffffffu;
}

} // namespace

json to_json(const rtnl::link& l, const link_names& links)
{
  json j;
  j["ifindex"] = l.index;
  if (l.lower) {
    if (l.lower_netns)
      j["link_index"] = *l.lower;
    else if (*l.lower != 0)
      j["link"] = links.of(*l.lower);
  }
  j["ifname"] = l.name;
  j["flags"] = rtnl::link_flag_names(l.flags);
  if (l.lower && *l.lower != 0 && !l.lower_netns && links.is_down(*l.lower)) j["flags"].push_back("M-DOWN");
  if ((l.flags & IFF_UP) != 0 && (l.flags & IFF_RUNNING) == 0)
    j["flags"].insert(j["flags"].begin(), "NO-CARRIER");
  j["mtu"] = l.mtu;
  if (!l.qdisc.empty()) j["qdisc"] = l.qdisc;
  if (l.master) j["master"] = links.of(*l.master);
  j["operstate"] = upper(to_string(l.state));
  j["linkmode"] = link_mode_name(l.mode);
  j["group"] = group_name(l.group);
  if (l.tx_queue_length != 0) j["txqlen"] = l.tx_queue_length;
  j["link_type"] = link_type_name(l.type);
  if (l.address) j["address"] = link_address_name(*l.address, l.type);
  if (l.broadcast && (l.flags & IFF_POINTOPOINT) != 0) j["link_pointtopoint"] = true;
  if (l.broadcast) j["broadcast"] = link_address_name(*l.broadcast, l.type);
  if (l.lower_netns) j["link_netnsid"] = *l.lower_netns;
  if (l.permanent_address && l.permanent_address != l.address)
    j["permaddr"] = link_address_name(*l.permanent_address, l.type);
  j["promiscuity"] = l.promiscuity;
  j["allmulti"] = l.all_multicast;
  j["min_mtu"] = l.min_mtu;
  j["max_mtu"] = l.max_mtu;
  if (json kinds = kinds_of(l, links); !kinds.empty()) j["linkinfo"] = std::move(kinds);
  if (l.ipv6_addresses) j["inet6_addr_gen_mode"] = to_string(*l.ipv6_addresses);
  j["num_tx_queues"] = l.tx_queues;
  j["num_rx_queues"] = l.rx_queues;
  j["gso_max_size"] = l.gso_max_size;
  j["gso_max_segs"] = l.gso_max_segments;
  j["tso_max_size"] = l.tso_max_size;
  j["tso_max_segs"] = l.tso_max_segments;
  j["gro_max_size"] = l.gro_max_size;
  if (l.protocol_down) j["proto_down"] = true;
  if (!l.alias.empty()) j["ifalias"] = l.alias;
  if (!l.alternative_names.empty()) j["altnames"] = l.alternative_names;
  return j;
}

json to_json(const rtnl::address& a, const link_names&)
{
  const bool is_v4 = a.local.address().is_v4();
  json j;
  j["family"] = is_v4 ? "inet" : "inet6";
  j["local"] = to_string(a.local.address());
  if (a.peer) j["address"] = to_string(*a.peer);
  j["prefixlen"] = a.local.prefix();
  if (a.metric != 0) j["metric"] = a.metric;
  if (a.broadcast) j["broadcast"] = to_string(*a.broadcast);
  j["scope"] = scope_name(a.scope);
  if ((a.flags & IFA_F_SECONDARY) != 0) j[is_v4 ? "secondary" : "temporary"] = true;
  if ((a.flags & IFA_F_PERMANENT) == 0) j["dynamic"] = true;
  for (const auto& flag : address_flags)
    if ((a.flags & flag.bit()) != 0) j[std::string(flag.word())] = true;
  if (!a.label.empty()) j["label"] = a.label;
  j["valid_life_time"] = seconds_or_forever(a.valid);
  j["preferred_life_time"] = seconds_or_forever(a.preferred);
  return j;
}

json to_json(const rtnl::qdisc& q, const link_names& links)
{
  json j;
  j["kind"] = q.kind;
  j["handle"] = to_string(q.handle);
  j["dev"] = links.of(q.link);
  if (q.parent == rtnl::tc_handle::root())
    j["root"] = true;
  else
    j["parent"] = to_string(q.parent);
  return j;
}

json to_json(const rtnl::link_statistics& s, const link_names& links)
{
  const auto& t = s.total;
  json rx{{"bytes", t.rx_bytes},
          {"packets", t.rx_packets},
          {"errors", t.rx_errors},
          {"dropped", t.rx_dropped},
          {"over_errors", t.rx_over_errors},
          {"multicast", t.multicast},
          {"length_errors", t.rx_length_errors},
          {"crc_errors", t.rx_crc_errors},
          {"frame_errors", t.rx_frame_errors},
          {"fifo_errors", t.rx_fifo_errors},
          {"missed_errors", t.rx_missed_errors}};
  json tx{{"bytes", t.tx_bytes},
          {"packets", t.tx_packets},
          {"errors", t.tx_errors},
          {"dropped", t.tx_dropped},
          {"carrier_errors", t.tx_carrier_errors},
          {"collisions", t.collisions},
          {"aborted_errors", t.tx_aborted_errors},
          {"fifo_errors", t.tx_fifo_errors},
          {"window_errors", t.tx_window_errors},
          {"heartbeat_errors", t.tx_heartbeat_errors}};
  json j;
  j["ifindex"] = s.link;
  j["ifname"] = links.of(s.link);
  j["stats64"]["rx"] = std::move(rx);
  j["stats64"]["tx"] = std::move(tx);
  return j;
}

} // namespace ip_tool
