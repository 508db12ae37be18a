// Networks, and addresses with a prefix.
#include <linx/net/literals.hpp>

#include <boost/test/unit_test.hpp>

#include <random>
#include <unordered_set>

BOOST_AUTO_TEST_SUITE(net_subnet)

using namespace linx::net;

// The kernel refuses a route to 10.0.0.1/24 ("Invalid prefix for given prefix length"); so does this type,
// earlier.
BOOST_AUTO_TEST_CASE(host_bits_are_refused_and_not_dropped)
{
  const auto network = subnet::parse("10.0.0.1/24");
  BOOST_REQUIRE(!network);
  BOOST_TEST(network.error().object() == "\"10.0.0.1/24\" is not a subnet: the address has host bits set");
  BOOST_TEST(!subnet::parse("2001:db8::1/64"));

  const auto address = interface_address::parse("10.0.0.1/24");
  BOOST_REQUIRE(address);
  BOOST_TEST((address.value().address() == "10.0.0.1"_ip));
  BOOST_TEST((address.value().network() == "10.0.0.0/24"_subnet));
}

BOOST_AUTO_TEST_CASE(the_prefix_is_required_and_strict)
{
  for (const char* text : {"", "/", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/024", "10.0.0.0/+8",
                           "10.0.0.0/-1", "10.0.0.0/8 ", "10.0.0.0/255.0.0.0", "10.0.0/8", "/8", "::/129",
                           "::/", "10.0.0.0/8/8", "10.0.0.0/99999999999999999999"}) {
    BOOST_TEST_CONTEXT("\"" << text << "\"")
    {
      BOOST_TEST(!subnet::parse(text));
      BOOST_TEST(!interface_address::parse(text));
    }
  }
}

static_assert("10.0.0.0/24"_subnet.last() == "10.0.0.255"_ip);
static_assert("10.0.0.0/24"_subnet.netmask() == "255.255.255.0"_ip);
static_assert("0.0.0.0/0"_subnet.netmask() == "0.0.0.0"_ip && "0.0.0.0/0"_subnet.is_default());
static_assert("10.0.0.1/32"_subnet.is_host() && "::1/128"_subnet.is_host() && !"::/127"_subnet.is_host());
static_assert("2001:db8::/32"_subnet.last() == "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"_ip);
static_assert("10.0.0.0/8"_subnet.contains("10.255.0.1"_ip) && !"10.0.0.0/8"_subnet.contains("11.0.0.0"_ip));
static_assert(!"0.0.0.0/0"_subnet.contains("::1"_ip) && !"::/0"_subnet.contains("10.0.0.1"_ip));
static_assert("10.0.0.0/8"_subnet.contains("10.1.0.0/16"_subnet) &&
              !"10.1.0.0/16"_subnet.contains("10.0.0.0/8"_subnet));
static_assert("10.0.0.0/8"_subnet.overlaps("10.1.0.0/16"_subnet) &&
              !"10.0.0.0/16"_subnet.overlaps("10.1.0.0/16"_subnet));
static_assert(subnet("10.1.2.3"_ip, 16) == "10.1.0.0/16"_subnet);
static_assert(subnet("10.1.2.3"_ip, 99) == "10.1.2.3/32"_subnet);
static_assert(subnet() == "0.0.0.0/0"_subnet);
static_assert("10.0.0.0/24"_subnet.size() == 256u && "1.2.3.4/32"_subnet.size() == 1u);
static_assert(!"::/64"_subnet.size() && "::/65"_subnet.size() == std::uint64_t(1) << 63);
static_assert("10.0.0.0/24"_subnet.nth(7) == "10.0.0.7"_ip && !"10.0.0.0/24"_subnet.nth(256));
static_assert(!"255.255.255.0/24"_subnet.nth(256));
static_assert("10.0.0.0/24"_subnet.broadcast() == "10.0.0.255"_ip && !"10.0.0.0/31"_subnet.broadcast() &&
              !"::/64"_subnet.broadcast());
static_assert("10.0.3.0/24"_subnet.supernet() == "10.0.2.0/23"_subnet && !"0.0.0.0/0"_subnet.supernet());
static_assert("10.0.3.0/24"_subnet.supernet(8) == "10.0.0.0/8"_subnet && !"10.0.3.0/24"_subnet.supernet(25));
static_assert("10.0.0.0/24"_subnet.next() == "10.0.1.0/24"_subnet && !"255.0.0.0/8"_subnet.next());
static_assert(netmask(family::v4, 20) == "255.255.240.0"_ip && netmask(family::v6, 128) == "::"_ip.filled(0));
static_assert(prefix_of("255.255.240.0"_ip) == 20u && prefix_of("0.0.0.0"_ip) == 0u);
static_assert(!prefix_of("255.0.255.0"_ip) && prefix_of("ffff::"_ip) == 16u);
static_assert("10.0.0.0/8"_subnet < "10.0.0.0/16"_subnet && "10.0.0.0/16"_subnet < "10.1.0.0/16"_subnet);

BOOST_AUTO_TEST_CASE(what_is_printed_reads_back)
{
  const auto seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 20000; ++i) {
    std::array<std::uint8_t, 16> bytes{};
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    const ip v6(bytes);
    const ip v4(std::array<std::uint8_t, 4>{bytes[0], bytes[1], bytes[2], bytes[3]});
    for (const auto& address : {v4, v6}) {
      const unsigned prefix = random() % (address.bits() + 1);
      const interface_address with_host(address, prefix);
      const subnet network(address, prefix);
      const auto first = interface_address::parse(to_string(with_host));
      const auto second = subnet::parse(to_string(network));
      if (!first || first.value() != with_host) BOOST_ERROR("seed " << seed << ": " << to_string(with_host));
      if (!second || second.value() != network) BOOST_ERROR("seed " << seed << ": " << to_string(network));
      if (!network.contains(address) || !network.contains(network.last())) {
        BOOST_ERROR("seed " << seed << ": " << to_string(network) << " and " << to_string(address));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(values_hash)
{
  const std::unordered_set<subnet> networks{"10.0.0.0/8"_subnet, "10.0.0.0/16"_subnet, "10.0.0.0/8"_subnet};
  BOOST_TEST(networks.size() == 2u);
  const std::unordered_set<interface_address> addresses{"10.0.0.1/8"_ifaddr, "10.0.0.1/8"_ifaddr};
  BOOST_TEST(addresses.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
