// Addresses and networks in a row.
#include <linx/net/literals.hpp>
#include <linx/net/range.hpp>

#include <boost/test/unit_test.hpp>

#include <vector>

BOOST_AUTO_TEST_SUITE(net_range)

using namespace linx::net;

static_assert(hosts("10.0.0.0/24"_subnet).front() == "10.0.0.1"_ip);
static_assert(hosts("10.0.0.0/24"_subnet).back() == "10.0.0.254"_ip);
static_assert(hosts("10.0.0.0/24"_subnet).size() == 254u);
static_assert(hosts("10.0.0.0/31"_subnet).size() == 2u && hosts("10.0.0.1/32"_subnet).size() == 1u);
static_assert(hosts("10.0.0.0/30"_subnet).size() == 2u);
static_assert(hosts("2001:db8::/126"_subnet).front() == "2001:db8::1"_ip &&
              hosts("2001:db8::/126"_subnet).back() == "2001:db8::3"_ip);
static_assert(hosts("2001:db8::/127"_subnet).size() == 2u);
static_assert(!addresses("::/64"_subnet).size() && !addresses("::/0"_subnet).size());
static_assert(addresses("::/65"_subnet).size() == std::uint64_t(1) << 63);
static_assert(address_range("::"_ip, "::ffff:ffff:ffff:fffe"_ip).size() == ~std::uint64_t(0));
static_assert(address_range("10.0.0.2"_ip, "10.0.0.1"_ip).empty() &&
              address_range("::"_ip, "10.0.0.1"_ip).empty());
static_assert(address_range("10.0.0.1"_ip, "10.0.0.2"_ip).contains("10.0.0.2"_ip) &&
              !address_range("10.0.0.1"_ip, "10.0.0.2"_ip).contains("10.0.0.3"_ip));

// The last address of a family has no successor: a loop that compares against "one past the end" never ends.
BOOST_AUTO_TEST_CASE(a_range_ends_at_the_end_of_the_family)
{
  for (const auto& network : {"255.255.255.252/30"_subnet, "0.0.0.0/30"_subnet,
                              "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffc/126"_subnet}) {
    std::vector<ip> seen;
    for (const ip& address : addresses(network)) seen.push_back(address);
    BOOST_REQUIRE(seen.size() == 4u);
    BOOST_TEST((seen.front() == network.address()));
    BOOST_TEST((seen.back() == network.last()));
    std::size_t parts = 0;
    for (const auto& part : subnets(network, network.prefix() + 1)) {
      BOOST_TEST(network.contains(part));
      BOOST_TEST((part.address() == seen[parts * 2]));
      ++parts;
    }
    BOOST_TEST(parts == 2u);
  }
  for (const ip& address : address_range()) BOOST_ERROR(to_string(address));
}

BOOST_AUTO_TEST_CASE(the_networks_in_a_network)
{
  std::vector<subnet> quarters;
  for (const auto& part : subnets("10.0.0.0/24"_subnet, 26)) quarters.push_back(part);
  const std::vector<subnet> expected{"10.0.0.0/26"_subnet, "10.0.0.64/26"_subnet, "10.0.0.128/26"_subnet,
                                     "10.0.0.192/26"_subnet};
  BOOST_TEST((quarters == expected));
  for (const auto& part : subnets("10.0.0.0/24"_subnet, 23)) BOOST_ERROR(to_string(part));
  for (const auto& part : subnets("10.0.0.0/24"_subnet, 33)) BOOST_ERROR(to_string(part));
  std::size_t count = 0;
  for (const auto& part : subnets("0.0.0.0/0"_subnet, 8)) count += part.prefix() == 8 ? 1 : 0;
  BOOST_TEST(count == 256u);
}

BOOST_AUTO_TEST_SUITE_END()
