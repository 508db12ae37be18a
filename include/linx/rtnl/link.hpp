/// Network interfaces as the kernel lists them.
#pragma once

#include <linx/net/link_address.hpp>
#include <linx/netlink/message.hpp>
#include <linx/rtnl/link_data.hpp>
#include <linx/rtnl/xdp.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace linx::rtnl {

/// IFLA_OPERSTATE, RFC 2863; the numbers are those of linux/if.h (IF_OPER_*).
enum class oper_state : std::uint8_t { unknown, not_present, down, lower_layer_down, testing, dormant, up };

LINX_API std::string_view to_string(oper_state) noexcept;

/// What becomes of the operational state when the carrier comes (IFLA_LINKMODE).
enum class link_mode : std::uint8_t { straight, dormant, testing };

/// How IPv6 makes the addresses of a link (IFLA_INET6_ADDR_GEN_MODE); the numbers are those of
/// linux/if_link.h.
enum class address_generation : std::uint8_t { eui64, none, stable_privacy, random };

/// "eui64", "none", "stable_secret", "random"
LINX_API std::string_view to_string(address_generation) noexcept;

/// An interface as RTM_NEWLINK describes it. What the kernel did not send has its default value.
///
/// The kernel says more of a link than has members here: counters, what each family thinks of it, what the
/// hardware can do. That is left out, and nothing is lost by it: a link is changed by a `link_change`, of
/// which only what is named is sent. What its kind says and linx does not know is in `data`, for kinds that
/// linx does not know.
class LINX_API link {
public:
  link() = default;

  /// Decodes RTM_NEWLINK and RTM_DELLINK; nothing for any other message.
  static std::optional<link> decode(const netlink::message_view&);

  bool is_up() const noexcept;       ///< IFF_UP: set up by the administrator
  bool has_carrier() const noexcept; ///< IFF_LOWER_UP: the medium is there
  bool is_loopback() const noexcept; ///< IFF_LOOPBACK
  /// Whether that is its name or one of its alternative names.
  bool is_called(std::string_view text) const noexcept;

  std::uint32_t index = 0;
  std::string name;
  std::string kind;        ///< "veth", "bridge"; empty for a physical device and for lo
  std::uint16_t type = 0;  ///< ARPHRD_*
  std::uint32_t flags = 0; ///< IFF_*
  std::uint32_t mtu = 0;   ///< bytes
  std::uint32_t tx_queue_length = 0;
  std::uint32_t group = 0;
  oper_state state = oper_state::unknown;
  link_mode mode = link_mode::straight;
  std::string qdisc; ///< kind of the root: "noqueue"
  std::optional<net::link_address> address;
  std::optional<net::link_address> broadcast;
  std::optional<std::uint32_t> master;     ///< index of the bridge or bond that it belongs to
  std::optional<std::uint32_t> lower;      ///< IFLA_LINK: index of the other end or of the device below
  std::optional<std::int32_t> lower_netns; ///< IFLA_LINK_NETNSID: `lower` is an index in that namespace
  std::string alias;
  std::vector<std::string> alternative_names;
  link_data data; ///< what the kind says (IFLA_INFO_DATA)
  port_data port; ///< what the master's kind says of this port (IFLA_INFO_SLAVE_DATA)
  std::optional<xdp_state> xdp;
  std::optional<net::link_address> permanent_address; ///< the hardware's own, Linux 5.6
  std::uint32_t min_mtu = 0;                          ///< bytes, Linux 4.19
  std::uint32_t max_mtu = 0;                          ///< 0: no limit
  std::uint32_t promiscuity = 0;                      ///< how many want it promiscuous
  std::uint32_t all_multicast = 0;                    ///< how many want all multicast, Linux 6.9
  std::uint32_t tx_queues = 0;
  std::uint32_t rx_queues = 0;
  std::uint32_t gso_max_size = 0; ///< bytes
  std::uint32_t gso_max_segments = 0;
  std::uint32_t gro_max_size = 0; ///< bytes, Linux 5.19
  std::uint32_t tso_max_size = 0; ///< bytes, Linux 5.18
  std::uint32_t tso_max_segments = 0;
  std::optional<bool> carrier;
  std::uint32_t carrier_changes = 0;
  bool protocol_down = false;
  std::optional<address_generation> ipv6_addresses; ///< nothing where the link has no IPv6

  /// By all but the qdisc and what IPv6 does, of whose changes the kernel tells nothing with the link.
  friend LINX_API bool operator==(const link&, const link&) noexcept;
};

/// "2: v0@5: <BROADCAST,UP,LOWER_UP> mtu 1500 state up kind veth address 02:00:00:00:00:01"
LINX_API std::string to_string(const link&);

/// Names an interface by index, by name, or by an alternative name (Linux 5.5, up to 127 bytes). A name is
/// looked up by the kernel, or where a request takes none, by a request of its own. Index 0 is none.
class link_id {
public:
  link_id(std::uint32_t index) noexcept : index_(index) {}
  link_id(std::string name) noexcept : name_(std::move(name)) {}
  link_id(std::string_view name) : name_(name) {}
  link_id(const char* name) : name_(name) {}
  link_id(const link& l) noexcept : index_(l.index) {}

  std::uint32_t index() const noexcept { return index_; } ///< 0: by name
  const std::string& name() const noexcept { return name_; }

  friend bool operator==(const link_id&, const link_id&) = default;

private:
  std::uint32_t index_ = 0;
  std::string name_;
};

/// "eth0" or "#2".
LINX_API std::string to_string(const link_id&);

} // namespace linx::rtnl
