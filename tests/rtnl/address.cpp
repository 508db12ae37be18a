// Addresses to bytes and back, without a kernel.
#include "rtnl/encode_address.hpp"
#include "rtnl/encoded.hpp"

#include <linx/net/literals.hpp>

#include <boost/test/unit_test.hpp>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

BOOST_AUTO_TEST_SUITE(rtnl_address)

namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using linx::test::view;

BOOST_AUTO_TEST_CASE(addresses_read_back_as_they_were_written)
{
  std::vector<rtnl::address> addresses;
  addresses.emplace_back(2, "10.0.0.1/24"_ifaddr);
  addresses.back().broadcast = "10.0.0.255"_ip;
  addresses.back().label = "eth0:1";
  addresses.emplace_back(3, "2001:db8::1/64"_ifaddr);
  addresses.back().flags = IFA_F_NODAD;
  addresses.back().valid = std::chrono::seconds(60);
  addresses.back().preferred = std::chrono::seconds(30);
  addresses.emplace_back(4, "10.0.0.1/32"_ifaddr);
  addresses.back().peer = "10.0.0.2"_ip;
  addresses.back().scope = RT_SCOPE_LINK;
  for (const auto& a : addresses) {
    const auto encoded = rtnl::encode_new(a, 0).value();
    const auto decoded = rtnl::address::decode(view(encoded));
    BOOST_REQUIRE(decoded.has_value());
    BOOST_TEST((*decoded == a), to_string(*decoded) << " is not " << to_string(a));
  }
}

BOOST_AUTO_TEST_SUITE_END()
