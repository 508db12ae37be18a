/// Pairs of interfaces.
#pragma once

#include <linx/net/mac.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace linx::ns {
class handle;
}

namespace linx::rtnl {

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

} // namespace linx::rtnl
