// Networks put together and taken apart.
#include <linx/net/aggregate.hpp>
#include <linx/net/literals.hpp>

#include <boost/test/unit_test.hpp>

#include <random>

BOOST_AUTO_TEST_SUITE(net_aggregate)

using namespace linx::net;

namespace {

// The addresses of 10.0.0.0/24 that a list of networks holds, one by one.
std::vector<bool> members(const std::vector<subnet>& networks)
{
  std::vector<bool> in;
  for (const ip& address : addresses("10.0.0.0/24"_subnet)) {
    in.push_back(
        std::any_of(networks.begin(), networks.end(), [&](const subnet& n) { return n.contains(address); }));
  }
  return in;
}

std::vector<subnet> random_networks(std::mt19937& random)
{
  std::vector<subnet> networks;
  for (auto left = random() % 12; left > 0; --left) {
    const ip member = *"10.0.0.0"_ip.plus(random() % 256);
    networks.emplace_back(member, 25 + random() % 8);
  }
  return networks;
}

// No two of them can be put together, and none lies in another.
bool are_fewest(const std::vector<subnet>& networks)
{
  for (std::size_t i = 0; i < networks.size(); ++i) {
    for (std::size_t j = i + 1; j < networks.size(); ++j) {
      if (networks[i].overlaps(networks[j]) || !(networks[i] < networks[j])) return false;
      if (networks[i].prefix() == networks[j].prefix() && networks[i].supernet() == networks[j].supernet())
        return false;
    }
  }
  return true;
}

} // namespace

static_assert(aggregate({"10.0.1.0/24"_subnet, "10.0.0.0/24"_subnet, "10.0.0.7/32"_subnet}) ==
              std::vector<subnet>{"10.0.0.0/23"_subnet});
static_assert(difference("10.0.0.0/24"_subnet, "10.0.0.64/26"_subnet) ==
              std::vector<subnet>{"10.0.0.0/26"_subnet, "10.0.0.128/25"_subnet});

BOOST_AUTO_TEST_CASE(a_range_is_the_fewest_networks)
{
  const std::vector<subnet> three{"10.0.0.1/32"_subnet, "10.0.0.2/31"_subnet};
  BOOST_TEST((summarise({"10.0.0.1"_ip, "10.0.0.3"_ip}) == three));
  BOOST_TEST((summarise({"0.0.0.0"_ip, "255.255.255.255"_ip}) == std::vector<subnet>{"0.0.0.0/0"_subnet}));
  const auto all_v6 = summarise(addresses("::/0"_subnet));
  BOOST_TEST((all_v6 == std::vector<subnet>{"::/0"_subnet}));
  BOOST_TEST(summarise({"10.0.0.1"_ip, "::1"_ip}).empty());
  // the worst case: everything but the first and the last
  BOOST_TEST(summarise({"0.0.0.1"_ip, "255.255.255.254"_ip}).size() == 62u);
}

BOOST_AUTO_TEST_CASE(halves_become_a_whole_as_often_as_it_goes)
{
  std::vector<subnet> parts;
  for (const auto& part : subnets("10.0.0.0/8"_subnet, 16)) parts.push_back(part);
  parts.push_back("2001:db8::/32"_subnet);
  const std::vector<subnet> expected{"10.0.0.0/8"_subnet, "2001:db8::/32"_subnet};
  BOOST_TEST((aggregate(parts) == expected));
  BOOST_TEST((aggregate({"0.0.0.0/1"_subnet, "128.0.0.0/1"_subnet, "::/1"_subnet, "8000::/1"_subnet}) ==
              std::vector<subnet>{"0.0.0.0/0"_subnet, "::/0"_subnet}));
  // neighbours, but not halves of one network
  BOOST_TEST(aggregate({"10.0.1.0/24"_subnet, "10.0.2.0/24"_subnet}).size() == 2u);
}

BOOST_AUTO_TEST_CASE(what_is_taken_away_is_all_that_is_missing)
{
  BOOST_TEST(difference("10.0.0.0/24"_subnet, "10.0.0.0/8"_subnet).empty());
  BOOST_TEST(
      (difference("10.0.0.0/24"_subnet, "10.1.0.0/24"_subnet) == std::vector<subnet>{"10.0.0.0/24"_subnet}));
  BOOST_TEST(difference("0.0.0.0/0"_subnet, "10.1.2.3/32"_subnet).size() == 32u);
  BOOST_TEST(difference("::/0"_subnet, "::1/128"_subnet).size() == 128u);
  BOOST_TEST((common("10.0.0.0/24"_subnet, "10.0.3.0/24"_subnet) == "10.0.0.0/22"_subnet));
  BOOST_TEST((!common("10.0.0.0/24"_subnet, "::/0"_subnet)));
}

// Against counting the addresses one by one.
BOOST_AUTO_TEST_CASE(random_sets_keep_their_members)
{
  const auto seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 500; ++round) {
    const auto some = random_networks(random), others = random_networks(random);
    const auto in_some = members(some), in_others = members(others);
    const auto together = aggregate(some);
    const auto left = difference(some, others);
    const auto in_left = members(left);
    bool right = members(together) == in_some && are_fewest(together) && are_fewest(left);
    for (std::size_t i = 0; i < in_some.size(); ++i)
      right = right && in_left[i] == (in_some[i] && !in_others[i]);
    if (!right) BOOST_ERROR("seed " << seed << ", round " << round);
  }
}

BOOST_AUTO_TEST_SUITE_END()
