/// What a route says about the path beyond it.
#pragma once

#include <linx/core/config.hpp>
#include <linx/netlink/attribute.hpp>

#include <array>
#include <chrono>
#include <optional>
#include <string>

namespace linx::rtnl {

/// The numbers are those of linux/rtnetlink.h (RTAX_*).
enum class route_metric : std::uint8_t {
  mtu = 2,                 ///< bytes
  window,                  ///< bytes
  rtt,                     ///< 1/8 ms
  rttvar,                  ///< 1/4 ms
  ssthresh,                ///< segments
  cwnd,                    ///< segments
  advmss,                  ///< bytes
  reordering,              ///< segments
  hoplimit,                ///< hops
  initcwnd,                ///< segments
  features,                ///< RTAX_FEATURE_*
  rto_min,                 ///< ms
  initrwnd,                ///< segments
  quickack,                ///< 0 or 1
  fastopen_no_cookie = 17, ///< 0 or 1
};

/// "mtu"
LINX_API std::string_view to_string(route_metric) noexcept;

/// The metrics of a route (RTA_METRICS): what TCP and path MTU discovery start from. A locked one is not
/// changed by what the kernel learns.
class LINX_API route_metrics {
public:
  /// Sets any of them in the kernel's own unit.
  route_metrics& set(route_metric which, std::uint32_t value) noexcept
  {
    values_[index(which)] = value;
    present_ |= bit(which);
    return *this;
  }
  route_metrics& lock(route_metric which) noexcept
  {
    locks_ |= bit(which);
    return *this;
  }
  route_metrics& mtu(std::uint32_t bytes) noexcept { return set(route_metric::mtu, bytes); }
  route_metrics& advmss(std::uint32_t bytes) noexcept { return set(route_metric::advmss, bytes); }
  route_metrics& window(std::uint32_t bytes) noexcept { return set(route_metric::window, bytes); }
  route_metrics& initcwnd(std::uint32_t segments) noexcept { return set(route_metric::initcwnd, segments); }
  route_metrics& initrwnd(std::uint32_t segments) noexcept { return set(route_metric::initrwnd, segments); }
  route_metrics& hoplimit(std::uint32_t hops) noexcept { return set(route_metric::hoplimit, hops); }
  route_metrics& quickack() noexcept { return set(route_metric::quickack, 1); }
  route_metrics& rtt(std::chrono::milliseconds time) noexcept
  {
    return set(route_metric::rtt, static_cast<std::uint32_t>(time.count() * 8));
  }
  route_metrics& rto_min(std::chrono::milliseconds time) noexcept
  {
    return set(route_metric::rto_min, static_cast<std::uint32_t>(time.count()));
  }
  /// The TCP congestion control by name (RTAX_CC_ALGO, Linux 4.0).
  route_metrics& congestion_control(std::string name)
  {
    congestion_control_ = std::move(name);
    return *this;
  }

  std::optional<std::uint32_t> get(route_metric which) const noexcept
  {
    return (present_ & bit(which)) != 0 ? std::optional(values_[index(which)]) : std::nullopt;
  }
  bool is_locked(route_metric which) const noexcept { return (locks_ & bit(which)) != 0; }
  const std::string& congestion_control() const noexcept { return congestion_control_; }
  /// A bit for each route_metric.
  std::uint32_t locks() const noexcept { return locks_; }
  std::uint32_t present() const noexcept { return present_; }

  /// From the attributes inside RTA_METRICS; what is unknown is left out.
  static route_metrics decode(const netlink::attributes&);

  friend bool operator==(const route_metrics&, const route_metrics&) = default;

private:
  static constexpr std::size_t index(route_metric which) noexcept { return static_cast<std::size_t>(which); }
  static constexpr std::uint32_t bit(route_metric which) noexcept { return 1u << index(which); }

  std::array<std::uint32_t, 18> values_{};
  std::uint32_t present_ = 0;
  std::uint32_t locks_ = 0;
  std::string congestion_control_;
};

/// "mtu lock 1400 initcwnd 20 congctl cubic"
LINX_API std::string to_string(const route_metrics&);

} // namespace linx::rtnl
