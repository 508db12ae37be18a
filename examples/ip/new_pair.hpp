// A pair of veth interfaces as `link add NAME type veth peer NAME` makes it.
#pragma once

#include "words.hpp"

#include <linx/netlink/message_builder.hpp>
#include <linx/ns/handle.hpp>

#include <optional>

namespace ip_tool {

/// What is asked of one end when it is born. Without a name the kernel chooses one.
class pair_end {
public:
  std::string name;
  std::uint32_t index = 0;
  std::uint32_t tx_queues = 0;
  std::uint32_t rx_queues = 0;
  std::uint32_t mtu = 0;
  std::optional<linx::net::link_address> address;
  bool is_up = false;
  std::optional<linx::ns::handle> where;
};

/// "peer name NAME mtu N ...", or nothing. Errors: stage `argument`.
linx::result<pair_end> read_peer(words&, const link_names&);

/// RTM_NEWLINK of both. Borrows the namespaces.
linx::netlink::message_builder encode_pair(const pair_end& own, const pair_end& peer);

} // namespace ip_tool
