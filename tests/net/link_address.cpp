// Link-layer addresses of any length.
#include <linx/net/literals.hpp>

#include <boost/test/unit_test.hpp>

#include <random>
#include <unordered_set>

BOOST_AUTO_TEST_SUITE(net_link_address)

using namespace linx::net;

BOOST_AUTO_TEST_CASE(pairs_joined_by_colons_and_nothing_else)
{
  BOOST_TEST((link_address::parse("02:00:00:aB:CD:ef").value() == "02:00:00:ab:cd:ef"_mac));
  BOOST_TEST((link_address::parse("0A:00:00:01").value() == link_address("10.0.0.1"_ip)));
  BOOST_TEST(link_address::parse("ff").value().size() == 1u);
  std::string longest = "00";
  for (int i = 1; i < 32; ++i) longest += ":00";
  BOOST_TEST(link_address::parse(longest).value().size() == 32u);
  for (const auto& text :
       {std::string(), longest + ":00", std::string("0"), std::string("0:0"), std::string("00:"),
        std::string(":00"), std::string("00-00"), std::string("0000"), std::string("00:0g"),
        std::string("00:00 "), std::string("10.0.0.1"), std::string("00::00")}) {
    BOOST_TEST_CONTEXT("\"" << text << "\"")
    {
      const auto address = link_address::parse(text);
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
    std::vector<std::byte> bytes(1 + random() % link_address::max_size);
    for (auto& byte : bytes) byte = static_cast<std::byte>(random());
    const auto address = link_address::from_bytes(bytes);
    BOOST_REQUIRE(address.has_value());
    const auto back = link_address::parse(to_string(*address));
    if (!back || back.value() != *address || address->size() != bytes.size())
      BOOST_ERROR("seed " << seed << ": " << to_string(*address));
  }
}

BOOST_AUTO_TEST_CASE(the_length_counts)
{
  const link_address own = "02:00:00:00:00:01"_mac;
  BOOST_TEST((own.as_mac() == "02:00:00:00:00:01"_mac));
  BOOST_TEST(!own.as_ip().has_value());
  BOOST_TEST((own == "02:00:00:00:00:01"_mac));
  const link_address far("2001:db8::1"_ip);
  BOOST_TEST((far.as_ip() == "2001:db8::1"_ip));
  BOOST_TEST(!far.as_mac().has_value());
  BOOST_TEST((link_address("0.0.0.0"_ip) != link_address("::"_ip)));
  BOOST_TEST((link_address() != link_address("0.0.0.0"_ip)));
  BOOST_TEST((!link_address::from_bytes({})));
  const std::array<std::byte, 33> too_many{};
  BOOST_TEST((!link_address::from_bytes(too_many)));
  BOOST_TEST((link_address::from_bytes(std::as_bytes(far.bytes())) == far));
  const std::unordered_set<link_address> set{own, own, far, link_address()};
  BOOST_TEST(set.size() == 3u);
}

BOOST_AUTO_TEST_SUITE_END()
