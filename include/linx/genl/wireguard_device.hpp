/// A WireGuard interface: as the kernel tells it, and what is asked of it.
#pragma once

#include <linx/genl/wireguard_key.hpp>
#include <linx/net/endpoint.hpp>
#include <linx/net/subnet.hpp>

#include <chrono>
#include <vector>

namespace linx::genl::wireguard {

/// A peer of a device.
class peer {
public:
  peer() = default;

  key public_key;
  std::optional<key> preshared_key;
  std::optional<net::endpoint> endpoint;
  std::chrono::seconds keepalive{}; ///< 0: off
  std::vector<net::subnet> allowed_ips;

  std::optional<std::chrono::sys_time<std::chrono::nanoseconds>> last_handshake; ///< none yet: empty
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
  std::uint32_t protocol_version = 0;

  friend bool operator==(const peer&, const peer&) = default;
};

/// A device as WG_CMD_GET_DEVICE describes it.
class device {
public:
  device() = default;

  std::uint32_t index = 0;
  std::string name;
  std::optional<key> private_key; ///< told to CAP_NET_ADMIN only
  std::optional<key> public_key;
  std::uint16_t listen_port = 0; ///< 0: not bound
  std::uint32_t fwmark = 0;      ///< 0: none
  std::vector<peer> peers;

  friend bool operator==(const device&, const device&) = default;
};

/// "wg0: public key ..., port 51820, 2 peers"; secrets are not printed.
LINX_API std::string to_string(const device&);
/// "PUBLIC-KEY endpoint 192.0.2.1:51820 allowed 10.0.0.0/24 ..."; secrets are not printed.
LINX_API std::string to_string(const peer&);

/// What shall become of one peer. One that is not there is made, unless told otherwise.
class peer_change {
public:
  explicit peer_change(const key& public_key) noexcept : public_key_(public_key) {}

  /// Takes it away; all else of this change is not sent.
  peer_change& remove() noexcept
  {
    remove_ = true;
    return *this;
  }
  /// Changes it if it is there, and does not make it.
  peer_change& update_only() noexcept
  {
    update_only_ = true;
    return *this;
  }
  /// A zero key takes it away.
  peer_change& preshared_key(const key& k) noexcept
  {
    preshared_key_ = k;
    return *this;
  }
  peer_change& endpoint(const net::endpoint& e) noexcept
  {
    endpoint_ = e;
    return *this;
  }
  /// 1 to 65535 s; 0 turns it off.
  peer_change& keepalive(std::chrono::seconds interval) noexcept
  {
    keepalive_ = interval;
    return *this;
  }
  /// The addresses that follow are all that it has.
  peer_change& replace_allowed_ips() noexcept
  {
    replace_allowed_ips_ = true;
    return *this;
  }
  /// One more; a network that belongs to another peer moves to this one.
  peer_change& allow(const net::subnet& network)
  {
    allowed_ips_.push_back(network);
    return *this;
  }

  const key& public_key() const noexcept { return public_key_; }
  bool is_removal() const noexcept { return remove_; }
  bool is_update_only() const noexcept { return update_only_; }
  bool replaces_allowed_ips() const noexcept { return replace_allowed_ips_; }
  const std::optional<key>& preshared_key() const noexcept { return preshared_key_; }
  const std::optional<net::endpoint>& endpoint() const noexcept { return endpoint_; }
  std::optional<std::chrono::seconds> keepalive() const noexcept { return keepalive_; }
  const std::vector<net::subnet>& allowed_ips() const noexcept { return allowed_ips_; }

private:
  key public_key_;
  std::optional<key> preshared_key_;
  std::optional<net::endpoint> endpoint_;
  std::optional<std::chrono::seconds> keepalive_;
  std::vector<net::subnet> allowed_ips_;
  bool remove_ = false;
  bool update_only_ = false;
  bool replace_allowed_ips_ = false;
};

/// What shall become of a device; what is not named stays as it is.
class device_change {
public:
  /// A zero key takes it away.
  device_change& private_key(const key& k) noexcept
  {
    private_key_ = k;
    return *this;
  }
  /// 0: the kernel chooses one.
  device_change& listen_port(std::uint16_t port) noexcept
  {
    listen_port_ = port;
    return *this;
  }
  /// 0: none.
  device_change& fwmark(std::uint32_t mark) noexcept
  {
    fwmark_ = mark;
    return *this;
  }
  /// The peers that follow are all that it has.
  device_change& replace_peers() noexcept
  {
    replace_peers_ = true;
    return *this;
  }
  device_change& peer(peer_change change)
  {
    peers_.push_back(std::move(change));
    return *this;
  }

  /// What makes another device equal to this one: keys, port, mark, and these peers alone.
  LINX_API static device_change to_become(const device& wanted);

  const std::optional<key>& private_key() const noexcept { return private_key_; }
  std::optional<std::uint16_t> listen_port() const noexcept { return listen_port_; }
  std::optional<std::uint32_t> fwmark() const noexcept { return fwmark_; }
  bool replaces_peers() const noexcept { return replace_peers_; }
  const std::vector<peer_change>& peers() const noexcept { return peers_; }

private:
  std::optional<key> private_key_;
  std::optional<std::uint16_t> listen_port_;
  std::optional<std::uint32_t> fwmark_;
  bool replace_peers_ = false;
  std::vector<peer_change> peers_;
};

} // namespace linx::genl::wireguard
