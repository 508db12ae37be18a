// Ethernet addresses.
#include <linx/net/literals.hpp>

#include <boost/test/unit_test.hpp>

#include <random>
#include <unordered_set>

BOOST_AUTO_TEST_SUITE(net_mac)

using namespace linx::net;

BOOST_AUTO_TEST_CASE(six_pairs_joined_by_colons_and_nothing_else)
{
  BOOST_TEST((mac::parse("02:00:00:aB:CD:ef").value() == mac({0x02, 0, 0, 0xab, 0xcd, 0xef})));
  for (const char* text : {"", "02:00:00:00:00", "02:00:00:00:00:01:02", "2:0:0:0:0:1", "02-00-00-00-00-01",
                           "0200.0000.0001", "02:00:00:00:00:0g", "02:00:00:00:00:01 ", " 2:00:00:00:00:01",
                           "02:00:00:00:0001", ":::::::::::::::::"}) {
    BOOST_TEST_CONTEXT("\"" << text << "\"")
    {
      const auto address = mac::parse(text);
      BOOST_REQUIRE(!address);
      BOOST_TEST((address.error().where() == linx::stage::argument));
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_printed_reads_back)
{
  const auto seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 20000; ++i) {
    std::array<std::uint8_t, 6> bytes{};
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    const mac address(bytes);
    const auto back = mac::parse(to_string(address));
    if (!back || back.value() != address) BOOST_ERROR("seed " << seed << ": " << to_string(address));
  }
  BOOST_TEST(to_string(mac({0x02, 0, 0, 0xab, 0xcd, 0xef})) == "02:00:00:ab:cd:ef");
}

static_assert("ff:ff:ff:ff:ff:ff"_mac.is_broadcast() && "ff:ff:ff:ff:ff:ff"_mac.is_multicast());
static_assert("33:33:00:00:00:01"_mac.is_multicast() && !"02:00:00:00:00:01"_mac.is_multicast());
static_assert("02:00:00:00:00:01"_mac.is_local() && !"00:1b:21:00:00:01"_mac.is_local());
static_assert(mac().is_zero() && "00:00:00:00:00:01"_mac < "00:00:00:00:00:02"_mac);

BOOST_AUTO_TEST_CASE(the_bytes_are_those_of_a_message)
{
  const auto address = "02:00:00:00:00:01"_mac;
  BOOST_TEST((mac::from_bytes(std::as_bytes(address.bytes())) == address));
  BOOST_TEST((!mac::from_bytes(std::as_bytes(address.bytes()).first(5))));
  const std::unordered_set<mac> set{address, address, mac()};
  BOOST_TEST(set.size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
