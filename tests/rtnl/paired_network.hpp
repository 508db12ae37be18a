// A network with a pair of links that are up and have addresses.
#pragma once

#include "rtnl/network.hpp"

#include <linx/net/literals.hpp>
#include <linx/rtnl/address.hpp>

#include <linux/if_addr.h>

namespace linx::test {

// v0 (10.0.0.1/24, 2001:db8::1/64) and v1.
class paired_network : public rtnl_network {
public:
  paired_network()
  {
    using namespace net::literals;
    require(ask(kernel.add_link(rtnl::veth("v0", "v1"))));
    v0 = get("v0").index;
    v1 = get("v1").index;
    require(ask(kernel.add_address(v0, "10.0.0.1/24"_ifaddr)));
    rtnl::address six(v0, "2001:db8::1/64"_ifaddr);
    six.flags = IFA_F_NODAD;
    require(ask(kernel.add_address(six)));
    require(ask(kernel.set_up(v0)));
    require(ask(kernel.set_up(v1)));
  }

  std::uint32_t v0 = 0;
  std::uint32_t v1 = 0;
};

} // namespace linx::test
