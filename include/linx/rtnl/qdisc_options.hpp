/// What the kinds of qdiscs and classes can be told.
#pragma once

#include <linx/rtnl/tc_handle.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

namespace linx::rtnl {

// In all kinds: what is not set is the kernel's default, and rates are in bytes per second.

/// A first-in-first-out queue of packets (`pfifo`) or of bytes (`bfifo`).
class fifo {
public:
  enum class unit : std::uint8_t { packets, bytes };

  explicit fifo(unit counts = unit::packets) noexcept : counts(counts) {}
  unit counts;
  std::optional<std::uint32_t> limit;
  friend bool operator==(const fifo&, const fifo&) = default;
};

/// Fair queueing with controlled delay, tc-fq_codel(8).
class fq_codel {
public:
  fq_codel() = default;
  std::optional<std::uint32_t> limit; ///< packets
  std::optional<std::uint32_t> flows; ///< only when it is made
  std::optional<std::chrono::microseconds> target;
  std::optional<std::chrono::microseconds> interval;
  std::optional<std::uint32_t> quantum; ///< bytes
  std::optional<bool> ecn;
  std::optional<std::chrono::microseconds> ce_threshold; ///< marks above this delay; off unless set
  std::optional<std::uint32_t> memory_limit;             ///< bytes
  std::optional<std::uint32_t> drop_batch;               ///< packets
  friend bool operator==(const fq_codel&, const fq_codel&) = default;
};

/// Fair queueing with pacing, tc-fq(8).
class fq {
public:
  fq() = default;
  std::optional<std::uint32_t> limit;           ///< packets
  std::optional<std::uint32_t> flow_limit;      ///< packets of one flow
  std::optional<std::uint32_t> quantum;         ///< bytes
  std::optional<std::uint32_t> initial_quantum; ///< bytes
  std::optional<std::uint32_t> max_rate;        ///< of one flow; the kernel's default is no limit
  std::optional<std::uint32_t> buckets;         ///< of the flow table, a power of two
  std::optional<bool> pacing;
  std::optional<std::chrono::microseconds> refill_delay;
  std::optional<std::uint32_t> low_rate_threshold;
  std::optional<std::chrono::microseconds> ce_threshold; ///< Linux 5.0
  friend bool operator==(const fq&, const fq&) = default;
};

/// A token bucket, tc-tbf(8).
class tbf {
public:
  tbf() = default;
  /// Parameters: `rate`: bytes per second; `burst`: bytes that may pass at once;; `limit`: bytes that may
  /// wait.
  tbf(std::uint64_t rate, std::uint32_t burst, std::uint32_t limit) noexcept
      : rate(rate), burst(burst), limit(limit)
  {}
  std::uint64_t rate = 0;
  std::uint32_t burst = 0;
  std::uint32_t limit = 0;
  std::uint64_t peak_rate = 0;  ///< 0: none
  std::uint32_t peak_burst = 0; ///< bytes, at least the interface's mtu
  friend bool operator==(const tbf&, const tbf&) = default;
};

/// The hierarchical token bucket, tc-htb(8). Its classes are `htb_class`.
class htb {
public:
  htb() = default;
  std::uint32_t default_class = 0; ///< minor number of the class of what no filter puts elsewhere; 0: none
  std::uint32_t rate_to_quantum = 10;
  std::optional<std::uint32_t> direct_queue_length; ///< packets that belong to no class
  friend bool operator==(const htb&, const htb&) = default;
};

/// A class of `htb`.
class htb_class {
public:
  htb_class() = default;
  explicit htb_class(std::uint64_t rate) noexcept : rate(rate) {}
  std::uint64_t rate = 0;
  std::optional<std::uint64_t> ceil;       ///< what it may borrow up to; `rate` unless set
  std::optional<std::uint32_t> burst;      ///< bytes; as tc(8) chooses it unless set
  std::optional<std::uint32_t> ceil_burst; ///< bytes; the same
  std::uint32_t priority = 0;              ///< 0 to 7, lower first
  std::optional<std::uint32_t> quantum;    ///< bytes; from the rate unless set
  friend bool operator==(const htb_class&, const htb_class&) = default;
};

/// A share of packets, in the kernel's own fixed point, so that what was written reads back.
class probability {
public:
  constexpr probability() noexcept = default;
  constexpr explicit probability(std::uint32_t raw) noexcept : raw_(raw) {} ///< 0xffffffff: all
  /// Parameters: `percent`: 0 to 100.
  static constexpr probability percent(double percent) noexcept
  {
    const double share = percent <= 0 ? 0 : percent >= 100 ? 1 : percent / 100;
    return probability(static_cast<std::uint32_t>(share * 0xffffffffu + 0.5));
  }
  constexpr std::uint32_t raw() const noexcept { return raw_; }
  constexpr double in_percent() const noexcept { return 100.0 * raw_ / 0xffffffffu; }
  friend constexpr bool operator==(const probability&, const probability&) noexcept = default;

private:
  std::uint32_t raw_ = 0;
};

/// Emulated trouble, tc-netem(8).
class netem {
public:
  netem() = default;
  std::uint32_t limit = 1000; ///< packets
  std::chrono::nanoseconds delay{};
  std::chrono::nanoseconds jitter{};
  probability delay_correlation;
  probability loss;
  probability loss_correlation;
  probability duplicate;
  probability duplicate_correlation;
  probability corrupt;
  probability corrupt_correlation;
  probability reorder; ///< needs a delay
  probability reorder_correlation;
  std::uint32_t gap = 0;  ///< reorders every gap-th packet; 1 if only `reorder` is set
  std::uint64_t rate = 0; ///< 0: as fast as the link
  bool ecn = false;
  friend bool operator==(const netem&, const netem&) = default;
};

/// The place for filters of packets that come in.
class ingress {
public:
  ingress() = default;
  friend bool operator==(const ingress&, const ingress&) = default;
};

/// The place for filters of both directions, Linux 4.5.
class clsact {
public:
  clsact() = default;
  friend bool operator==(const clsact&, const clsact&) = default;
};

/// A kind that linx does not know: TCA_OPTIONS as the kernel sent it. It cannot be written.
class other_options {
public:
  other_options() = default;
  std::vector<std::byte> bytes;
  friend bool operator==(const other_options&, const other_options&) = default;
};

using qdisc_options = std::variant<other_options, fifo, fq_codel, fq, tbf, htb, netem, ingress, clsact>;
using class_options = std::variant<other_options, htb_class>;

/// "fq_codel"; "" for `other_options`.
LINX_API std::string_view kind_of(const qdisc_options&) noexcept;
LINX_API std::string_view kind_of(const class_options&) noexcept;

} // namespace linx::rtnl
