/// Nexthop objects: ways that routes refer to by number.
#pragma once

#include <linx/net/ip.hpp>
#include <linx/netlink/message.hpp>
#include <linx/rtnl/encapsulation.hpp>
#include <linx/rtnl/other_attributes.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace linx::rtnl {

/// A nexthop in a group.
class nexthop_member {
public:
  nexthop_member() = default;
  nexthop_member(std::uint32_t nexthop_id, std::uint32_t share) noexcept : id(nexthop_id), weight(share) {}

  std::uint32_t id = 0;
  std::uint32_t weight = 1; ///< from 1 to 256; to 65536 since Linux 6.12

  friend bool operator==(const nexthop_member&, const nexthop_member&) = default;
};

/// What makes a group resilient: flows are spread over buckets, and a bucket keeps its nexthop while packets
/// come. What is not set is the kernel's default. Linux 5.13.
class resilient_group {
public:
  resilient_group() = default;

  /// How many buckets; fixed for the life of the group.
  resilient_group& buckets(std::uint16_t count) &
  {
    buckets_ = count;
    return *this;
  }
  resilient_group&& buckets(std::uint16_t count) && { return std::move(buckets(count)); }
  /// A bucket that saw no packet for so long may go to another nexthop. The kernel counts in 10 ms.
  resilient_group& idle_timer(std::chrono::milliseconds time) &
  {
    idle_timer_ = time;
    return *this;
  }
  resilient_group&& idle_timer(std::chrono::milliseconds time) && { return std::move(idle_timer(time)); }
  /// After so long out of balance buckets move even if they are busy; 0: never.
  resilient_group& unbalanced_timer(std::chrono::milliseconds time) &
  {
    unbalanced_timer_ = time;
    return *this;
  }
  resilient_group&& unbalanced_timer(std::chrono::milliseconds time) &&
  {
    return std::move(unbalanced_timer(time));
  }

  std::optional<std::uint16_t> buckets() const noexcept { return buckets_; }
  std::optional<std::chrono::milliseconds> idle_timer() const noexcept { return idle_timer_; }
  std::optional<std::chrono::milliseconds> unbalanced_timer() const noexcept { return unbalanced_timer_; }

  friend bool operator==(const resilient_group&, const resilient_group&) = default;

private:
  std::optional<std::uint16_t> buckets_;
  std::optional<std::chrono::milliseconds> idle_timer_;
  std::optional<std::chrono::milliseconds> unbalanced_timer_;
};

/// A nexthop as RTM_NEWNEXTHOP describes it: one way, or a group of nexthops. Linux 5.3.
///
///     nexthop(1).via("10.0.0.2"_ip).dev(2)
///     nexthop(10).member(1).member(2, 3)
class LINX_API nexthop {
public:
  nexthop() = default;
  /// 0: the kernel chooses a number.
  explicit nexthop(std::uint32_t number) noexcept : id(number) {}

  nexthop& via(const net::ip& address) &
  {
    gateway = address;
    return *this;
  }
  nexthop&& via(const net::ip& address) && { return std::move(via(address)); }
  /// By index.
  nexthop& dev(std::uint32_t link_index) &
  {
    output = link_index;
    return *this;
  }
  nexthop&& dev(std::uint32_t link_index) && { return std::move(dev(link_index)); }
  /// Of a way without gateway, which does not tell it; IPv4 otherwise.
  nexthop& of(net::family which) &
  {
    family = which;
    return *this;
  }
  nexthop&& of(net::family which) && { return std::move(of(which)); }
  /// Drops the packets.
  nexthop& blackhole() &
  {
    is_blackhole = true;
    return *this;
  }
  nexthop&& blackhole() && { return std::move(blackhole()); }
  /// For entries of a bridge or vxlan, not for routes (Linux 5.8).
  nexthop& fdb() &
  {
    is_fdb = true;
    return *this;
  }
  nexthop&& fdb() && { return std::move(fdb()); }
  /// The gateway is on the link, though no address says so.
  nexthop& onlink() &
  {
    flags |= 4;
    return *this;
  }
  nexthop&& onlink() && { return std::move(onlink()); }
  /// Makes it a group, with this among its members.
  nexthop& member(std::uint32_t nexthop_id, std::uint32_t weight = 1) &
  {
    members.emplace_back(nexthop_id, weight);
    return *this;
  }
  nexthop&& member(std::uint32_t nexthop_id, std::uint32_t weight = 1) &&
  {
    return std::move(member(nexthop_id, weight));
  }
  nexthop& resilient(const resilient_group& how) &
  {
    resilience = how;
    return *this;
  }
  nexthop&& resilient(const resilient_group& how) && { return std::move(resilient(how)); }

  bool is_group() const noexcept { return !members.empty(); }

  /// Decodes RTM_NEWNEXTHOP and RTM_DELNEXTHOP; nothing for any other message.
  static std::optional<nexthop> decode(const netlink::message_view&);

  std::uint32_t id = 0;
  std::optional<net::family> family; ///< none for groups
  std::optional<net::ip> gateway;
  std::uint32_t output = 0;  ///< index of the interface
  std::uint8_t protocol = 4; ///< who made it, RTPROT_*; RTPROT_STATIC
  std::uint8_t scope = 0;    ///< RT_SCOPE_*, as the kernel found it
  bool is_blackhole = false;
  bool is_fdb = false;
  std::uint32_t flags = 0; ///< RTNH_F_*; of these RTNH_F_ONLINK can be asked for
  rare<encapsulation> encap;
  std::vector<nexthop_member> members;
  rare<resilient_group> resilience;
  other_attributes rest; ///< what linx does not know of it

  friend bool operator==(const nexthop&, const nexthop&) = default;
};

/// "id 1 via 10.0.0.2 dev 2 proto 4", "id 10 group 1/2,3"
LINX_API std::string to_string(const nexthop&);

/// Which nexthops are listed or flushed; all that is named has to fit. The kernel filters by device, by being
/// a group and by being for an FDB, the rest happens here.
class LINX_API nexthop_filter {
public:
  nexthop_filter& dev(std::uint32_t link_index) noexcept
  {
    dev_ = link_index;
    return *this;
  }
  /// The interface's own master: a bridge or a VRF.
  nexthop_filter& master(std::uint32_t link_index) noexcept
  {
    master_ = link_index;
    return *this;
  }
  nexthop_filter& groups() noexcept
  {
    groups_ = true;
    return *this;
  }
  nexthop_filter& fdb() noexcept
  {
    fdb_ = true;
    return *this;
  }
  nexthop_filter& protocol(std::uint8_t number) noexcept
  {
    protocol_ = number;
    return *this;
  }

  std::uint32_t dev() const noexcept { return dev_; }
  std::uint32_t master() const noexcept { return master_; }
  bool only_groups() const noexcept { return groups_; }
  bool only_fdb() const noexcept { return fdb_; }
  std::optional<std::uint8_t> protocol() const noexcept { return protocol_; }

  /// All but the master, which a nexthop does not tell.
  bool matches(const nexthop&) const noexcept;

private:
  std::uint32_t dev_ = 0;
  std::uint32_t master_ = 0;
  bool groups_ = false;
  bool fdb_ = false;
  std::optional<std::uint8_t> protocol_;
};

/// A bucket of a resilient group (RTM_NEWNEXTHOPBUCKET, Linux 5.13).
class LINX_API nexthop_bucket {
public:
  static std::optional<nexthop_bucket> decode(const netlink::message_view&);

  std::uint32_t group = 0;          ///< id of the nexthop that has it
  std::uint16_t index = 0;          ///< from 0
  std::uint32_t nexthop = 0;        ///< id of the member that it sends to
  std::chrono::milliseconds idle{}; ///< since its last packet

  friend bool operator==(const nexthop_bucket&, const nexthop_bucket&) = default;
};

/// "id 10 index 0 idle 1230 ms nhid 1"
LINX_API std::string to_string(const nexthop_bucket&);

} // namespace linx::rtnl
