/// The ways of a route.
#pragma once

#include <linx/net/ip.hpp>
#include <linx/rtnl/encapsulation.hpp>
#include <linx/rtnl/other_attributes.hpp>
#include <linx/rtnl/realms.hpp>

#include <algorithm>
#include <initializer_list>

namespace linx::rtnl {

/// One way of a route.
class next_hop {
public:
  next_hop() = default;

  /// Through a gateway; the kernel finds the interface by itself unless `dev` names it.
  next_hop& via(const net::ip& address) &
  {
    gateway = address;
    return *this;
  }
  next_hop&& via(const net::ip& address) && { return std::move(via(address)); }
  /// Out of an interface, by index.
  next_hop& dev(std::uint32_t link_index) &
  {
    output = link_index;
    return *this;
  }
  next_hop&& dev(std::uint32_t link_index) && { return std::move(dev(link_index)); }
  /// Its share among several, from 1 to 256.
  next_hop& share(std::uint32_t of) &
  {
    weight = of;
    return *this;
  }
  next_hop&& share(std::uint32_t of) && { return std::move(share(of)); }
  /// Marks what goes this way with realms (IPv4).
  next_hop& in_realms(realms both) &
  {
    realm = both;
    return *this;
  }
  next_hop&& in_realms(realms both) && { return std::move(in_realms(both)); }
  /// The gateway is on the link, though no address says so (RTNH_F_ONLINK).
  next_hop& onlink() &
  {
    flags |= 4;
    return *this;
  }
  next_hop&& onlink() && { return std::move(onlink()); }

  std::uint32_t output = 0;       ///< index of the interface, 0: unknown
  std::uint32_t weight = 1;       ///< among several
  realms realm;                   ///< RTA_FLOW
  std::optional<net::ip> gateway; ///< of either family (RTA_VIA, Linux 5.2)
  std::uint8_t flags = 0;         ///< RTNH_F_*; of these RTNH_F_ONLINK and RTNH_F_PERVASIVE can be asked for
  rare<encapsulation> encap;
  other_attributes rest; ///< what linx does not know of one way among several

  friend bool operator==(const next_hop&, const next_hop&) = default;
};

/// Ways in order. As a vector, but the single one that nearly every route has needs no memory of its own.
class next_hops {
public:
  using value_type = next_hop;

  next_hops() = default;
  next_hops(std::initializer_list<next_hop> all)
  {
    for (const auto& hop : all) push_back(hop);
  }

  std::size_t size() const noexcept { return several_ ? several_->size() : (has_single_ ? 1 : 0); }
  bool empty() const noexcept { return size() == 0; }

  next_hop* data() noexcept { return several_ ? several_->data() : &single_; }
  const next_hop* data() const noexcept { return several_ ? several_->data() : &single_; }
  next_hop* begin() noexcept { return data(); }
  next_hop* end() noexcept { return data() + size(); }
  const next_hop* begin() const noexcept { return data(); }
  const next_hop* end() const noexcept { return data() + size(); }
  next_hop& operator[](std::size_t n) noexcept { return data()[n]; }
  const next_hop& operator[](std::size_t n) const noexcept { return data()[n]; }
  next_hop& front() noexcept { return *begin(); }
  const next_hop& front() const noexcept { return *begin(); }

  next_hop& emplace_back()
  {
    if (empty()) {
      has_single_ = true;
      return single_ = next_hop();
    }
    if (!several_) several_.get_or_make().push_back(std::exchange(single_, next_hop()));
    return several_->emplace_back();
  }
  void push_back(next_hop hop) { emplace_back() = std::move(hop); }
  void resize(std::size_t count)
  {
    while (size() < count) emplace_back();
    if (count > 1) return several_->resize(count);
    if (several_) single_ = std::move(several_->front());
    several_.reset();
    has_single_ = count == 1;
  }
  void clear() noexcept
  {
    several_.reset();
    has_single_ = false;
  }

  friend bool operator==(const next_hops& a, const next_hops& b)
  {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

private:
  next_hop single_;                     // where several_ is empty
  rare<std::vector<next_hop>> several_; // two or more
  bool has_single_ = false;
};

/// "via 10.0.0.1 dev 2"
LINX_API std::string to_string(const next_hop&);

} // namespace linx::rtnl
