// WireGuard's messages.
#pragma once

#include <linx/genl/device.hpp>
#include <linx/genl/family.hpp>
#include <linx/genl/wireguard_device.hpp>

namespace linx::genl::wireguard {

netlink::message_builder encode_get(const family&, const genl::device&);

// One request, or several where one would be longer than `limit` bytes.
result<std::vector<netlink::message_builder>> encode_set(const family&, const genl::device&,
                                                         const device_change&, std::size_t limit = 32 * 1024);

// Puts a device together that comes in several messages.
class device_assembler {
public:
  void absorb(const netlink::message_view&);
  const device& value() const noexcept { return device_; }
  device take() noexcept { return std::move(device_); }

private:
  void add_peer(peer);

  device device_;
};

} // namespace linx::genl::wireguard
