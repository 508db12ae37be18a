// A network with a pair of links that are up and have addresses.
#pragma once

#include "rtnl/network.hpp"

#include <linx/net/literals.hpp>
#include <linx/rtnl/address.hpp>

#include <linux/if_addr.h>

namespace linx::test {

// v0 (10.0.0.1/24, 2001:db8::1/64) and v1.
class paired_network : public fresh_network {
public:
  paired_network() : context(1), kernel(open_rtnl(context))
  {
    using namespace net::literals;
    require(run(context, kernel.add_link(rtnl::veth("v0", "v1"))));
    v0 = run(context, kernel.get_link("v0")).value().index;
    v1 = run(context, kernel.get_link("v1")).value().index;
    require(run(context, kernel.add_address(v0, "10.0.0.1/24"_ifaddr)));
    rtnl::address six(v0, "2001:db8::1/64"_ifaddr);
    six.flags = IFA_F_NODAD;
    require(run(context, kernel.add_address(six)));
    require(run(context, kernel.set_up(v0)));
    require(run(context, kernel.set_up(v1)));
  }

  template <class T>
  auto all(stream<T> values)
  {
    auto listed = run(context, linx::collect(std::move(values)));
    BOOST_REQUIRE_MESSAGE(listed.has_value(), why(listed));
    return std::move(listed).value();
  }

  template <class T>
  auto ask(task<T> operation)
  {
    return run(context, std::move(operation));
  }

  asio::io_context context;
  rtnl::connection kernel;
  std::uint32_t v0 = 0;
  std::uint32_t v1 = 0;
};

} // namespace linx::test
