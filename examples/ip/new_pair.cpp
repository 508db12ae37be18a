#include "new_pair.hpp"

#include "clauses.hpp"
#include "names.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>

namespace ip_tool {

using linx::error;
using linx::result;
using linx::success;
using linx::netlink::message_builder;

namespace {

template <auto Number>
result<> read_number(words& w, const link_names&, pair_end& end)
{
  BOOST_OUTCOME_TRY(end.*Number, w.number("number", INT32_MAX));
  return success();
}

result<> read_name(words& w, const link_names&, pair_end& end)
{
  BOOST_OUTCOME_TRY(end.name, w.next("name of the peer"));
  return success();
}

constexpr clause<pair_end> end_clauses[] = {
    {"name", &read_name},
    {"dev", &read_name, "name"},
    {"index", &read_number<&pair_end::index>},
    {"mtu", &read_number<&pair_end::mtu>},
    {"numtxqueues", &read_number<&pair_end::tx_queues>},
    {"numrxqueues", &read_number<&pair_end::rx_queues>},
    {"address",
     [](words& w, const link_names&, pair_end& end) -> result<> {
       BOOST_OUTCOME_TRY(end.address, w.link_address());
       return success();
     }},
    {"up",
     [](words&, const link_names&, pair_end& end) -> result<> {
       end.is_up = true;
       return success();
     }},
    {"netns", [](words& w, const link_names&, pair_end& end) -> result<> {
       BOOST_OUTCOME_TRY(const auto name, w.next("network namespace"));
       BOOST_OUTCOME_TRY(end.where, net_namespace(name));
       return success();
     }}};

ifinfomsg header_of(const pair_end& end)
{
  ifinfomsg header{};
  header.ifi_index = static_cast<int>(end.index);
  if (end.is_up) header.ifi_flags = header.ifi_change = IFF_UP;
  return header;
}

void put_end(message_builder& m, const pair_end& end)
{
  if (!end.name.empty()) m.put_string(IFLA_IFNAME, end.name);
  if (end.tx_queues != 0) m.put_u32(IFLA_NUM_TX_QUEUES, end.tx_queues);
  if (end.rx_queues != 0) m.put_u32(IFLA_NUM_RX_QUEUES, end.rx_queues);
  if (end.mtu != 0) m.put_u32(IFLA_MTU, end.mtu);
  if (end.address) m.put(IFLA_ADDRESS, std::as_bytes(end.address->bytes()));
  if (end.where) m.put_u32(IFLA_NET_NS_FD, static_cast<std::uint32_t>(end.where->fd()));
}

} // namespace

result<pair_end> read_peer(words& w, const link_names& links)
{
  pair_end end;
  if (w.empty()) return end;
  if (!w.take("peer")) return error::argument("\"" + std::string(w.peek()) + "\" is no option of veth: peer");
  said before;
  BOOST_OUTCOME_TRYV(read_clauses(end_clauses, w, links, before, end, "name"));
  return end;
}

message_builder encode_pair(const pair_end& own, const pair_end& peer)
{
  message_builder m(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, header_of(own));
  put_end(m, own);
  {
    const auto info = m.nested(IFLA_LINKINFO);
    m.put_string(IFLA_INFO_KIND, "veth");
    const auto data = m.nested(IFLA_INFO_DATA);
    // a whole link message: a header, and attributes after it
    const auto inside = m.unmarked_nested(VETH_INFO_PEER);
    const auto header = header_of(peer);
    m.append(std::as_bytes(std::span(&header, 1)));
    put_end(m, peer);
  }
  return m;
}

} // namespace ip_tool
