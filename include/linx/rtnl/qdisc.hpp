/// Traffic control: queueing disciplines, their classes, and filters.
#pragma once

#include <linx/netlink/message.hpp>
#include <linx/rtnl/qdisc_options.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace linx::rtnl {

/// Counters of a qdisc or class, TCA_STATS2.
class LINX_API tc_statistics {
public:
  tc_statistics() = default;
  /// Decodes the attributes inside TCA_STATS2.
  static tc_statistics decode(const netlink::attributes&);

  std::uint64_t bytes = 0;
  std::uint64_t packets = 0; ///< beyond 32 bits since Linux 5.5
  std::uint32_t drops = 0;
  std::uint32_t overlimits = 0;
  std::uint32_t requeues = 0;
  std::uint32_t queue_length = 0;     ///< packets that wait now
  std::uint32_t backlog = 0;          ///< bytes that wait now
  std::uint64_t bytes_per_second = 0; ///< only with an estimator
  std::uint64_t packets_per_second = 0;
  friend bool operator==(const tc_statistics&, const tc_statistics&) = default;
};

/// A queueing discipline as RTM_NEWQDISC describes it, and what it takes to make one:
///
///     auto shaper = rtnl::qdisc(link.index, rtnl::tbf(1'000'000, 16'000, 64'000));   // in place of the root
///     shaper.handle = rtnl::tc_handle(1, 0);
class LINX_API qdisc {
public:
  qdisc() = default;
  /// At the root of an interface, or where its kind belongs (`ingress`, `clsact`).
  qdisc(std::uint32_t link_index, qdisc_options options);

  /// Decodes RTM_NEWQDISC and RTM_DELQDISC; nothing for any other message.
  static std::optional<qdisc> decode(const netlink::message_view&);

  std::uint32_t link = 0;               ///< index
  tc_handle handle;                     ///< none: the kernel chooses
  tc_handle parent = tc_handle::root(); ///< a class, or `root`
  std::string kind;                     ///< "fq_codel"; follows from `options` in a request
  qdisc_options options;
  std::optional<std::uint32_t> ingress_block; ///< of filters that are shared
  std::optional<std::uint32_t> egress_block;
  bool offloaded = false; ///< the hardware does it
  tc_statistics statistics;
  friend bool operator==(const qdisc&, const qdisc&) = default;
};

/// A class of a qdisc, RTM_NEWTCLASS.
class LINX_API traffic_class {
public:
  traffic_class() = default;
  /// Parameters: `handle`: of the class; `parent`: the qdisc or class that it belongs to.
  traffic_class(std::uint32_t link_index, tc_handle handle, tc_handle parent, class_options options);

  /// Decodes RTM_NEWTCLASS and RTM_DELTCLASS; nothing for any other message.
  static std::optional<traffic_class> decode(const netlink::message_view&);

  std::uint32_t link = 0; ///< index
  tc_handle handle;
  tc_handle parent;
  tc_handle leaf; ///< the qdisc in it, if any
  std::string kind;
  class_options options;
  tc_statistics statistics;
  friend bool operator==(const traffic_class&, const traffic_class&) = default;
};

/// A filter as RTM_NEWTFILTER describes it. Filters are listed only.
class LINX_API filter {
public:
  filter() = default;

  /// Decodes RTM_NEWTFILTER and RTM_DELTFILTER; nothing for any other message.
  static std::optional<filter> decode(const netlink::message_view&);

  std::uint32_t link = 0;  ///< index; 0: of a shared block
  std::uint32_t block = 0; ///< with link 0
  tc_handle parent;
  std::uint32_t handle = 0;
  std::uint16_t priority = 0;
  std::uint16_t protocol = 0; ///< ETH_P_*
  std::uint32_t chain = 0;
  std::string kind;               ///< "u32", "bpf", "flower"
  std::vector<std::byte> options; ///< TCA_OPTIONS
  friend bool operator==(const filter&, const filter&) = default;
};

/// "qdisc fq_codel 1: dev 2 parent root limit 1000 packets"
LINX_API std::string to_string(const qdisc&);
/// "class htb 1:10 dev 2 parent 1: rate 1000000 B/s"
LINX_API std::string to_string(const traffic_class&);
/// "filter u32 dev 2 parent 1: pref 10 protocol 0x0800 handle 0x80000800"
LINX_API std::string to_string(const filter&);
/// "1200 bytes in 4 packets, 0 dropped, 0 waiting"
LINX_API std::string to_string(const tc_statistics&);

} // namespace linx::rtnl
