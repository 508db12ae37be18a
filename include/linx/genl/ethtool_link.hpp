/// Features, link modes and the state of a link.
#pragma once

#include <linx/genl/device.hpp>
#include <linx/genl/ethtool_bitset.hpp>
#include <linx/netlink/message.hpp>

#include <map>
#include <optional>

namespace linx::genl::ethtool {

/// Offloads of a device (ETHTOOL_MSG_FEATURES_GET).
class LINX_API features {
public:
  features() = default;

  /// Decodes a reply or a notification; nothing for any other message.
  static std::optional<features> decode(const netlink::message_view&);

  genl::device device;
  bitset changeable; ///< HW: may be switched
  bitset wanted;     ///< was asked for
  bitset active;     ///< is on
  bitset fixed;      ///< NOCHANGE: can never be switched

  friend bool operator==(const features&, const features&) = default;
};

/// What became of a change of features (ETHTOOL_MSG_FEATURES_SET_REPLY).
class LINX_API features_outcome {
public:
  features_outcome() = default;
  static std::optional<features_outcome> decode(const netlink::message_view&);

  bitset refused; ///< asked for and not done: the value is what was asked for
  bitset changed; ///< the value is the new one; more than what was asked for, where features depend on others

  friend bool operator==(const features_outcome&, const features_outcome&) = default;
};

enum class duplex : std::uint8_t { half, full, unknown = 0xff };

LINX_API std::string_view to_string(duplex) noexcept;

/// Speed and modes (ETHTOOL_MSG_LINKMODES_GET).
class LINX_API link_modes {
public:
  link_modes() = default;

  /// Decodes a reply or a notification; nothing for any other message.
  static std::optional<link_modes> decode(const netlink::message_view&);

  genl::device device;
  std::optional<bool> autonegotiation;
  bitset ours;                        ///< the mask is what is supported, the value what is advertised
  bitset peer;                        ///< what the partner advertises
  std::optional<std::uint32_t> speed; ///< Mbit/s; empty: unknown
  ethtool::duplex duplex = ethtool::duplex::unknown;
  std::optional<std::uint32_t> lanes; ///< Linux 5.12

  friend bool operator==(const link_modes&, const link_modes&) = default;
};

/// A change of the link modes; what is not named stays as it is.
class link_modes_change {
public:
  link_modes_change& autonegotiation(bool on) noexcept
  {
    autonegotiation_ = on;
    return *this;
  }
  /// Mbit/s, where the device does not negotiate.
  link_modes_change& speed(std::uint32_t mbit_per_second) noexcept
  {
    speed_ = mbit_per_second;
    return *this;
  }
  link_modes_change& duplex(ethtool::duplex d) noexcept
  {
    duplex_ = d;
    return *this;
  }
  /// Advertises a mode, "1000baseT/Full", or no longer does.
  link_modes_change& advertise(std::string mode, bool on = true)
  {
    advertised_.insert_or_assign(std::move(mode), on);
    return *this;
  }

  std::optional<bool> autonegotiation() const noexcept { return autonegotiation_; }
  std::optional<std::uint32_t> speed() const noexcept { return speed_; }
  std::optional<ethtool::duplex> duplex() const noexcept { return duplex_; }
  const std::map<std::string, bool>& advertised() const noexcept { return advertised_; }

private:
  std::optional<bool> autonegotiation_;
  std::optional<std::uint32_t> speed_;
  std::optional<ethtool::duplex> duplex_;
  std::map<std::string, bool> advertised_;
};

/// Whether there is a link (ETHTOOL_MSG_LINKSTATE_GET).
class LINX_API link_state {
public:
  link_state() = default;

  /// Decodes a reply; nothing for any other message.
  static std::optional<link_state> decode(const netlink::message_view&);

  genl::device device;
  std::optional<bool> up;
  std::optional<std::uint32_t> signal_quality, signal_quality_max; ///< SQI
  std::optional<std::uint8_t> why_down, why_down_detail;           ///< ETHTOOL_LINK_EXT_STATE_*; Linux 5.9

  friend bool operator==(const link_state&, const link_state&) = default;
};

/// "v0: on: rx-checksum ..."; "v0: 10000 Mbit/s full ..."; "v0: up"
LINX_API std::string to_string(const features&);
LINX_API std::string to_string(const link_modes&);
LINX_API std::string to_string(const link_state&);

} // namespace linx::genl::ethtool
