// Routes to bytes and back, without a kernel.
#include "rtnl/encode_route.hpp"
#include "rtnl/encoded.hpp"

#include <linx/net/literals.hpp>

#include <boost/test/unit_test.hpp>

#include <linux/rtnetlink.h>

BOOST_AUTO_TEST_SUITE(rtnl_route)

namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using linx::test::hex;
using linx::test::view;

// The bytes that `ip route add 10.1.0.0/16 via 10.0.0.1 metric 7` sends, but for sequence number and
// NLM_F_ACK.
BOOST_AUTO_TEST_CASE(a_route_is_these_bytes)
{
  auto r = rtnl::route("10.1.0.0/16"_subnet).via("10.0.0.1"_ip);
  r.metric = 7;
  r.protocol = RTPROT_BOOT;
  const auto m = rtnl::encode_new(r, NLM_F_CREATE | NLM_F_EXCL).value();
  BOOST_TEST(hex(m.bytes()) == "34000000"
                               "18000106"
                               "0000000000000000"
                               "02100000fe03000100000000"
                               "080001000a010000"
                               "080005000a000001"
                               "0800060007000000");
}

BOOST_AUTO_TEST_CASE(routes_read_back_as_they_were_written)
{
  std::vector<rtnl::route> routes;
  routes.push_back(rtnl::route::default_via("10.0.0.1"_ip));
  routes.push_back(rtnl::route::default_via("fe80::1"_ip).dev(3));
  routes.push_back(rtnl::route("10.0.0.0/8"_subnet).dev(2));
  routes.push_back(rtnl::route("2001:db8::/32"_subnet).dev(2));
  routes.push_back(rtnl::route("10.2.0.0/16"_subnet).via("fe80::1"_ip).dev(4)); // RTA_VIA
  auto far = rtnl::route("10.3.0.0/16"_subnet).dev(5);
  far.table = 1000;
  far.metric = 4;
  far.source = "10.0.0.7"_ip;
  far.type = rtnl::route_type::local;
  routes.push_back(far);
  rtnl::route hole("10.4.0.0/16"_subnet);
  hole.type = rtnl::route_type::blackhole;
  routes.push_back(hole);
  rtnl::route several("10.5.0.0/16"_subnet);
  for (std::uint32_t n = 1; n <= 3; ++n) {
    rtnl::next_hop hop;
    hop.output = n;
    hop.weight = n * 10;
    if (n == 2) hop.gateway = "10.0.0.2"_ip;
    several.hops.push_back(hop);
  }
  routes.push_back(several);

  for (auto& r : routes) {
    const auto encoded = rtnl::encode_new(r, 0).value();
    const auto decoded = rtnl::route::decode(view(encoded));
    BOOST_REQUIRE(decoded.has_value());
    r.scope = decoded->scope; // chosen by the encoder
    BOOST_TEST((*decoded == r), to_string(*decoded) << " is not " << to_string(r));
  }
}

BOOST_AUTO_TEST_SUITE_END()
