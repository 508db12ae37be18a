/// Settings of network devices, by the generic netlink family "ethtool".
#pragma once

#include <linx/genl/connection.hpp>
#include <linx/genl/ethtool_link.hpp>
#include <linx/genl/ethtool_settings.hpp>
#include <linx/genl/ethtool_statistics.hpp>
#include <linx/netlink/notification.hpp>

#include <variant>

namespace linx::genl::ethtool {

/// What ethtool(8) asks of a device. A cheap handle over a `genl::connection`, whose lifetimes, cancellation
/// and concurrency hold for every verb.
///
/// Values are read whole, changed, and given back: a setting that is not empty is sent, whatever it was
/// before.
///
/// Errors: `stage::kernel` with the kernel's sentence and the attribute: EOPNOTSUPP where the driver does not
/// have the setting; ENODEV; EPERM without CAP_NET_ADMIN in the user namespace that owns the network
/// namespace.
/// Source: linux/ethtool_netlink.h, Documentation/networking/ethtool-netlink.rst; Linux 5.6 and newer.
class LINX_API connection {
public:
  /// Looks the family up.
  /// Errors: as `genl::connection::family`.
  static task<connection> open(genl::connection transport);

  task<rings> get_rings(device d) const;
  task<> set_rings(device d, rings wanted) const;
  task<channels> get_channels(device d) const;
  task<> set_channels(device d, channels wanted) const;
  task<coalescing> get_coalescing(device d) const;
  task<> set_coalescing(device d, coalescing wanted) const;

  task<features> get_features(device d) const;
  /// Switches features by name, those that are not named stay: "rx-checksum", "tx-tcp-segmentation". The
  /// kernel does what it can; what it did not do is told and is no error.
  /// Errors: EINVAL for a name that the kernel does not know.
  task<features_outcome> set_features(device d, std::map<std::string, bool> switches) const;

  task<link_modes> get_link_modes(device d) const;
  task<> set_link_modes(device d, link_modes_change change) const;
  task<link_state> get_link_state(device d) const;

  task<statistics> get_statistics(device d) const;

  /// The names of a string set, ETH_SS_* of linux/ethtool.h, by index: of the kernel, or of a device where
  /// the set is the driver's.
  task<std::vector<std::string>> strings(std::uint32_t set) const;
  task<std::vector<std::string>> strings(device d, std::uint32_t set) const;

  const genl::connection& transport() const noexcept { return transport_; }
  const genl::family& family() const noexcept { return *family_; }

private:
  connection(genl::connection transport, std::shared_ptr<const genl::family> f) noexcept
      : transport_(std::move(transport)), family_(std::move(f))
  {}

  genl::connection transport_;
  std::shared_ptr<const genl::family> family_;
};

/// A notification that has no type of its own here.
class other_change {
public:
  other_change() = default;

  std::uint8_t command = 0; ///< ETHTOOL_MSG_*_NTF
  genl::device device;

  friend bool operator==(const other_change&, const other_change&) = default;
};

/// What changed. Each value is all of the new settings.
using event = std::variant<features, link_modes, rings, channels, coalescing, other_change, netlink::lost>;

/// "features v0: on: ...", "lost: the receive buffer was full"
LINX_API std::string to_string(const event&);

/// Opens monitors of the group "monitor". See `netlink::monitor` for lifetimes, cancellation and what `lost`
/// means.
class LINX_API monitor {
public:
  monitor() = delete;

  /// Listens in the calling thread's network namespace, or in another one: the one that `c` is in. Names of
  /// bits, which notifications lack, are asked for on `c` first.
  ///
  /// Errors: as `connection::strings` and `netlink::monitor::open`.
  static task<stream<event>> open(connection c);
  static task<stream<event>> open(connection c, ns::handle net);
};

} // namespace linx::genl::ethtool
