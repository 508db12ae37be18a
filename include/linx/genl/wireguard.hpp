/// WireGuard interfaces, by the generic netlink family "wireguard".
#pragma once

#include <linx/genl/connection.hpp>
#include <linx/genl/device.hpp>
#include <linx/genl/wireguard_device.hpp>

namespace linx::genl::wireguard {

/// What wg(8) does. A cheap handle over a `genl::connection`, whose lifetimes, cancellation and concurrency
/// hold for every verb. The interface itself is made by rtnetlink, kind "wireguard".
///
/// Errors: `stage::kernel` with the attribute: ENODEV; EOPNOTSUPP if the device is no WireGuard interface;
/// EPERM without CAP_NET_ADMIN in the user namespace that owns the network namespace; EADDRINUSE for the
/// port.
/// Source: linux/wireguard.h; Linux 5.6.
class LINX_API connection {
public:
  /// Looks the family up; the module is loaded by the first interface.
  /// Errors: as `genl::connection::family`.
  static task<connection> open(genl::connection transport);

  /// The device with all its peers, however many messages they take; read again if it changed meanwhile, and
  /// `errc::dump_interrupted` if it never held still.
  task<device> get(genl::device which) const;

  /// Makes the change. It is carried out message by message, 32 KiB each (some 250 peers), and is no
  /// transaction: what was sent before an error or a cancel stays. Peers are not removed by an error of a
  /// later message.
  ///
  /// Errors: stage `argument` for a keepalive beyond 65535 s, before anything is sent.
  task<> set(genl::device which, device_change change) const;

  const genl::connection& transport() const noexcept { return transport_; }

private:
  connection(genl::connection transport, std::shared_ptr<const genl::family> f) noexcept
      : transport_(std::move(transport)), family_(std::move(f))
  {}

  genl::connection transport_;
  std::shared_ptr<const genl::family> family_;
};

} // namespace linx::genl::wireguard
