// Where the rtnetlink benchmarks happen.
#pragma once

#include "clock.hpp"
#include "host.hpp"
#include "raw_rtnl.hpp"

#include <linx/rtnl/connection.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace linx::bench {

// Moves the process into a network namespace of its own, so that the machine's routes and links are left
// alone: "" or why that is not allowed.
std::string enter_own_network();

// Consecutive numbers are different addresses.
net::ip address_of(std::uint32_t number);

// The request that the C loop sends, byte for byte.
netlink::message_builder route_request(std::uint32_t link, std::uint32_t number);

// The peers, linx, and the link that both add their routes to.
class bench_network {
public:
  bench_network();

  raw_rtnl& raw() noexcept { return raw_; }
  host& program() noexcept { return program_; }
  std::uint32_t link() const noexcept { return link_; }
  rtnl::connection typed() const { return kernel_; }
  netlink::connection untyped() const { return kernel_.transport(); }

  // What `add` returns, after which the routes are taken away again, untimed.
  template <class Add>
  double cleared_after(Add add)
  {
    const double rate = add();
    raw_.clear_link(link_);
    return rate;
  }

private:
  raw_rtnl raw_;
  std::uint32_t link_;
  host program_;
  rtnl::connection kernel_;
};

// The rate of `list`, which returns how many objects it listed. Once takes a few milliseconds, which any
// other work of the machine outweighs.
template <class List>
double listing_rate(std::size_t there, List list)
{
  constexpr unsigned times = 10;
  return rate_of(static_cast<double>(there) * times, [&] {
    for (unsigned i = 0; i < times; ++i) {
      const std::size_t listed = list();
      if (listed != there) throw std::runtime_error("a dump listed " + std::to_string(listed) + " objects");
    }
  });
}

} // namespace linx::bench
