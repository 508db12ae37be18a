/// Network interfaces: as the kernel lists them, and what is asked of it.
#pragma once

#include <linx/net/mac.hpp>
#include <linx/netlink/message.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace linx::ns {
class handle;
}

namespace linx::rtnl {

/// IFLA_OPERSTATE, RFC 2863; the numbers are those of linux/if.h (IF_OPER_*).
enum class oper_state : std::uint8_t { unknown, not_present, down, lower_layer_down, testing, dormant, up };

LINX_API std::string_view to_string(oper_state) noexcept;

/// An interface as RTM_NEWLINK describes it. What the kernel did not send has its default value.
class LINX_API link {
public:
  link() = default;

  /// Decodes RTM_NEWLINK and RTM_DELLINK; nothing for any other message.
  static std::optional<link> decode(const netlink::message_view&);

  bool is_up() const noexcept;       ///< IFF_UP: set up by the administrator
  bool has_carrier() const noexcept; ///< IFF_LOWER_UP: the medium is there
  bool is_loopback() const noexcept; ///< IFF_LOOPBACK

  std::uint32_t index = 0;
  std::string name;
  std::string kind;        ///< "veth", "bridge"; empty for a physical device and for lo
  std::uint16_t type = 0;  ///< ARPHRD_*
  std::uint32_t flags = 0; ///< IFF_*
  std::uint32_t mtu = 0;   ///< bytes
  std::uint32_t tx_queue_length = 0;
  std::uint32_t group = 0;
  oper_state state = oper_state::unknown;
  std::optional<net::mac> address;
  std::optional<net::mac> broadcast;
  std::optional<std::uint32_t> master;     ///< index of the bridge or bond that it belongs to
  std::optional<std::uint32_t> lower;      ///< IFLA_LINK: index of the other end or of the device below
  std::optional<std::int32_t> lower_netns; ///< IFLA_LINK_NETNSID: `lower` is an index in that namespace
  std::string alias;
  std::vector<std::string> alternative_names;

  friend bool operator==(const link&, const link&) = default;
};

/// "2: v0@5: <BROADCAST,UP,LOWER_UP> mtu 1500 state up kind veth address 02:00:00:00:00:01"
LINX_API std::string to_string(const link&);

/// Names an interface by index or by name. A name is looked up by the kernel, or where a request takes none,
/// by a request of its own.
class link_id {
public:
  link_id(std::uint32_t index) noexcept : index_(index) {}
  link_id(std::string name) noexcept : name_(std::move(name)) {}
  link_id(std::string_view name) : name_(name) {}
  link_id(const char* name) : name_(name) {}
  link_id(const link& l) noexcept : index_(l.index) {}

  std::uint32_t index() const noexcept { return index_; } ///< 0: by name
  const std::string& name() const noexcept { return name_; }

private:
  std::uint32_t index_ = 0;
  std::string name_;
};

/// "eth0" or "#2".
LINX_API std::string to_string(const link_id&);

/// A pair of interfaces, each of which receives what the other sends.
class veth {
public:
  /// Names are 1 to 15 bytes without '/' and white space (dev_valid_name in the kernel); others are refused
  /// before anything is sent.
  veth(std::string name, std::string peer) noexcept : name_(std::move(name)), peer_(std::move(peer)) {}

  /// The peer is born in another network namespace, under its final name; it is never in this one. `net` is
  /// borrowed until the verb has completed.
  LINX_API veth& peer_in(const ns::handle& net) &;
  veth&& peer_in(const ns::handle& net) && { return std::move(peer_in(net)); }
  /// Both ends; bytes.
  veth& mtu(std::uint32_t bytes) & noexcept
  {
    mtu_ = bytes;
    return *this;
  }
  veth&& mtu(std::uint32_t bytes) && noexcept { return std::move(mtu(bytes)); }
  veth& address(const net::mac& own, const net::mac& peer) & noexcept
  {
    own_address_ = own;
    peer_address_ = peer;
    return *this;
  }
  veth&& address(const net::mac& own, const net::mac& peer) && noexcept
  {
    return std::move(address(own, peer));
  }

  const std::string& name() const noexcept { return name_; }
  const std::string& peer() const noexcept { return peer_; }
  int peer_namespace() const noexcept
  {
    return peer_namespace_;
  } ///< a descriptor, -1: the same as the first end
  std::optional<std::uint32_t> mtu() const noexcept { return mtu_; }
  const std::optional<net::mac>& own_address() const noexcept { return own_address_; }
  const std::optional<net::mac>& peer_address() const noexcept { return peer_address_; }

private:
  std::string name_;
  std::string peer_;
  int peer_namespace_ = -1;
  std::optional<std::uint32_t> mtu_;
  std::optional<net::mac> own_address_;
  std::optional<net::mac> peer_address_;
};

/// Changes of one interface, made by one request. What is not named stays as it is. The kernel makes them one
/// after the other and stops at the first that it refuses.
class link_change {
public:
  link_change& up() noexcept { return set_flags(true); }
  link_change& down() noexcept { return set_flags(false); }
  link_change& mtu(std::uint32_t bytes) noexcept
  {
    mtu_ = bytes;
    return *this;
  }
  link_change& name(std::string new_name) noexcept
  {
    name_ = std::move(new_name);
    return *this;
  }
  link_change& address(const net::mac& value) noexcept
  {
    address_ = value;
    return *this;
  }
  link_change& alias(std::string text) noexcept
  {
    alias_ = std::move(text);
    return *this;
  }
  link_change& tx_queue_length(std::uint32_t packets) noexcept
  {
    tx_queue_length_ = packets;
    return *this;
  }
  /// Index of a bridge or bond; 0 takes it out.
  link_change& master(std::uint32_t index) noexcept
  {
    master_ = index;
    return *this;
  }
  /// Moves it to another network namespace, where it loses its addresses and is down. `net` is borrowed until
  /// the verb has completed.
  LINX_API link_change& move_to(const ns::handle& net) noexcept;

  std::optional<bool> is_up() const noexcept { return up_; }
  std::optional<std::uint32_t> mtu() const noexcept { return mtu_; }
  const std::optional<std::string>& name() const noexcept { return name_; }
  const std::optional<net::mac>& address() const noexcept { return address_; }
  const std::optional<std::string>& alias() const noexcept { return alias_; }
  std::optional<std::uint32_t> tx_queue_length() const noexcept { return tx_queue_length_; }
  std::optional<std::uint32_t> master() const noexcept { return master_; }
  int target_namespace() const noexcept { return target_namespace_; } ///< a descriptor, -1: stays

private:
  link_change& set_flags(bool up) noexcept
  {
    up_ = up;
    return *this;
  }

  std::optional<bool> up_;
  std::optional<std::uint32_t> mtu_;
  std::optional<std::string> name_;
  std::optional<net::mac> address_;
  std::optional<std::string> alias_;
  std::optional<std::uint32_t> tx_queue_length_;
  std::optional<std::uint32_t> master_;
  int target_namespace_ = -1;
};

} // namespace linx::rtnl
