// Addresses: what is read, what is refused, and how they print. inet_pton(3) is the oracle where it is
// strict.
#include <linx/net/literals.hpp>

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <string>
#include <unordered_set>

#include <arpa/inet.h>

BOOST_AUTO_TEST_SUITE(net_ip)

using namespace linx::net;

namespace {

std::optional<ip> by_libc(const std::string& text)
{
  std::array<std::uint8_t, 4> v4;
  std::array<std::uint8_t, 16> v6;
  if (::inet_pton(AF_INET, text.c_str(), v4.data()) == 1) return ip(v4);
  if (::inet_pton(AF_INET6, text.c_str(), v6.data()) == 1) return ip(v6);
  return std::nullopt;
}

} // namespace

static_assert("10.0.0.255"_ip.plus(1) == "10.0.1.0"_ip && "10.0.1.0"_ip.minus(1) == "10.0.0.255"_ip);
static_assert(!"255.255.255.255"_ip.plus(1) && !"0.0.0.0"_ip.minus(1) &&
              !"0.0.0.0"_ip.plus(std::uint64_t(1) << 32));
static_assert("::ffff:ffff:ffff:ffff"_ip.plus(1) == "0:0:0:1::"_ip &&
              "0:0:0:1::"_ip.minus(1) == "::ffff:ffff:ffff:ffff"_ip);
static_assert("::"_ip.plus(~std::uint64_t(0)) == "::ffff:ffff:ffff:ffff"_ip);
static_assert(distance("10.0.0.0"_ip, "10.1.0.0"_ip) == 65536u && !distance("10.1.0.0"_ip, "10.0.0.0"_ip));
static_assert(distance("::1"_ip, "0:0:0:1::"_ip) == ~std::uint64_t(0) && !distance("::"_ip, "0:0:0:1::"_ip));
static_assert(!distance("0.0.0.0"_ip, "::1"_ip) && distance("::1"_ip, "::1"_ip) == 0u);

BOOST_AUTO_TEST_CASE(reads_the_forms_of_both_families)
{
  for (const char* text :
       {"0.0.0.0", "10.0.0.1", "255.255.255.255", "::", "::1", "1::", "2001:db8::1", "fe80::1:2:3:4",
        "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "ABCD:EF01::", "::ffff:10.0.0.1",
        "::10.0.0.1", "1:2:3:4:5:6:10.0.0.1", "64:ff9b::192.0.2.33", "0001::0"}) {
    BOOST_TEST_CONTEXT(text)
    {
      const auto address = ip::parse(text);
      BOOST_REQUIRE(address);
      BOOST_TEST((address.value() == by_libc(text).value()));
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_everything_else_and_says_why)
{
  for (const char* text : {"",
                           " ",
                           "10.0.0",
                           "10.0.0.0.1",
                           "10.0.0.",
                           ".10.0.0.1",
                           "10..0.1",
                           "010.0.0.1",
                           "10.0.0.00",
                           "256.0.0.1",
                           "1.2.3.4 ",
                           " 1.2.3.4",
                           "1.2.3.4\n",
                           "0x10.0.0.1",
                           "1.2.3.-4",
                           "1.2.3.+4",
                           "1.2.3.4/24",
                           "10",
                           "4294967296.0.0.1",
                           ":",
                           ":::",
                           "1:",
                           ":1",
                           "1:2",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "1:2:3:4:5:6:7:8::",
                           "::1::",
                           "1::2::3",
                           "12345::",
                           "g::",
                           "fe80::1%eth0",
                           "2001:db8::/32",
                           "::1.2.3",
                           "::1.2.3.256",
                           "1.2.3.4::",
                           "::1.2.3.4:5",
                           "1:2:3:4:5:6:7:1.2.3.4",
                           "[::1]",
                           "::ffff:010.0.0.1",
                           "localhost"}) {
    BOOST_TEST_CONTEXT("\"" << text << "\"")
    {
      const auto address = ip::parse(text);
      BOOST_REQUIRE(!address);
      BOOST_TEST((address.error().where() == linx::stage::argument));
      BOOST_TEST(address.error().object().find(std::string("\"") + text + "\" is not an IP address: ") == 0u);
      BOOST_TEST(!by_libc(text));
    }
  }
  BOOST_TEST(!ip::parse(std::string_view("1.2.3.4\0", 8))); // a C parser would stop at the NUL and be content
  BOOST_TEST(!ip::parse(std::string(100000, '1')));
}

// Random damage to valid text: linx and libc agree on each outcome. The seed is printed, so a failure can be
// rerun.
BOOST_AUTO_TEST_CASE(agrees_with_inet_pton_on_damaged_text)
{
  const auto seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  const std::string alphabet = "0123456789abcdefF:.";
  const std::vector<std::string> seeds{
      "10.0.0.1", "192.168.255.254", "::", "1:2:3:4:5:6:7:8", "2001:db8::ff:0:1", "::ffff:1.2.3.4"};
  std::size_t accepted = 0;
  for (int i = 0; i < 200000; ++i) {
    auto text = seeds[random() % seeds.size()];
    for (auto edits = random() % 3; edits > 0 && !text.empty(); --edits) {
      const auto at = random() % text.size();
      const char c = alphabet[random() % alphabet.size()];
      switch (random() % 3) {
      case 0:
        text[at] = c;
        break;
      case 1:
        text.insert(at, 1, c);
        break;
      case 2:
        text.erase(at, 1);
        break;
      }
    }
    const auto expected = by_libc(text);
    const auto actual = ip::parse(text);
    accepted += expected.has_value();
    if (actual.has_value() != expected.has_value() || (expected && actual.value() != *expected)) {
      BOOST_ERROR("seed " << seed << ": \"" << text << "\"");
    }
  }
  BOOST_TEST(accepted > 1000u);
}

// RFC 5952, section 4 and 5, by its own examples.
BOOST_AUTO_TEST_CASE(prints_by_rfc_5952)
{
  const std::map<std::string, std::string> forms{
      {"2001:0db8::0001", "2001:db8::1"},               // 4.1 leading zeros
      {"2001:db8:0:0:0:0:2:1", "2001:db8::2:1"},        // 4.2.1 as short as possible
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"}, // 4.2.2 not for one group
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},          // 4.2.3 the longest run
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},    // 4.2.3 the first of equal ones
      {"2001:DB8::AAAA", "2001:db8::aaaa"},             // 4.3 lower case
      {"::FFFF:c000:201", "::ffff:192.0.2.1"},          // 5 mapped
      {"::c000:201", "::c000:201"},                     // 5 not known to be IPv4
      {"0:0:0:0:0:0:0:0", "::"},
      {"1:0:0:0:0:0:0:0", "1::"},
      {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
      {"10.0.0.1", "10.0.0.1"},
  };
  for (const auto& [text, printed] : forms) BOOST_TEST(to_string(ip::parse(text).value()) == printed);
}

BOOST_AUTO_TEST_CASE(what_is_printed_reads_back)
{
  const auto seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 20000; ++i) {
    std::array<std::uint8_t, 16> bytes{};
    // Mostly zeros, so that runs of them meet in every way.
    for (auto& byte : bytes) byte = random() % 4 == 0 ? static_cast<std::uint8_t>(random()) : 0;
    if (random() % 8 == 0) {
      bytes.fill(0);
      bytes[10] = bytes[11] = 0xff;
      bytes[12] = static_cast<std::uint8_t>(random());
    }
    const ip v6(bytes);
    const ip v4(std::array<std::uint8_t, 4>{bytes[0], bytes[1], bytes[2], bytes[3]});
    for (const auto& address : {v4, v6}) {
      const auto back = ip::parse(to_string(address));
      if (!back || back.value() != address) BOOST_ERROR("seed " << seed << ": " << to_string(address));
    }
  }
}

static_assert("127.0.0.1"_ip.is_loopback() && !"128.0.0.1"_ip.is_loopback());
static_assert("::1"_ip.is_loopback() && !"::2"_ip.is_loopback() && !"1::1"_ip.is_loopback());
static_assert("0.0.0.0"_ip.is_unspecified() && "::"_ip.is_unspecified() && !"::1"_ip.is_unspecified());
static_assert("224.0.0.1"_ip.is_multicast() && "ff02::1"_ip.is_multicast() && !"10.0.0.1"_ip.is_multicast());
static_assert("169.254.1.1"_ip.is_link_local() && "fe80::1"_ip.is_link_local() &&
              "febf::1"_ip.is_link_local());
static_assert(!"fec0::1"_ip.is_link_local());
static_assert("172.16.0.1"_ip.is_private() && "172.31.0.1"_ip.is_private() && !"172.32.0.1"_ip.is_private());
static_assert("192.168.0.1"_ip.is_private() && "fd00::1"_ip.is_private() && !"8.8.8.8"_ip.is_private());
static_assert("::ffff:1.2.3.4"_ip.is_v4_mapped() && !"::1.2.3.4"_ip.is_v4_mapped() &&
              !"1.2.3.4"_ip.is_v4_mapped());
static_assert("10.1.2.3"_ip.masked(20) == "10.1.0.0"_ip && "10.1.2.3"_ip.filled(20) == "10.1.15.255"_ip);
static_assert("2001:db8::1"_ip.masked(0) == "::"_ip && "10.1.2.3"_ip.masked(99) == "10.1.2.3"_ip);

BOOST_AUTO_TEST_CASE(the_bytes_are_those_of_a_message)
{
  const auto v4 = "10.0.0.1"_ip;
  const auto v6 = "2001:db8::1"_ip;
  BOOST_TEST(v4.bytes().size() == 4u);
  BOOST_TEST(v6.bytes().size() == 16u);
  BOOST_TEST((ip::from_bytes(std::as_bytes(v4.bytes())) == v4));
  BOOST_TEST((ip::from_bytes(std::as_bytes(v6.bytes())) == v6));
  BOOST_TEST((!ip::from_bytes(std::as_bytes(v6.bytes()).first(15))));
  BOOST_TEST((!ip::from_bytes({})));
}

BOOST_AUTO_TEST_CASE(values_are_ordered_and_hash)
{
  BOOST_TEST(("9.255.255.255"_ip < "10.0.0.0"_ip));
  BOOST_TEST(("255.255.255.255"_ip < "::"_ip));
  BOOST_TEST(("::1"_ip < "::2"_ip));
  BOOST_TEST((ip() == "0.0.0.0"_ip));
  const std::unordered_set<ip> set{"10.0.0.1"_ip, "10.0.0.1"_ip, "a00:1::"_ip};
  BOOST_TEST(set.size() == 2u);
  BOOST_TEST((std::hash<ip>()("10.0.0.1"_ip) == std::hash<ip>()(ip::parse("10.0.0.1").value())));
}

BOOST_AUTO_TEST_SUITE_END()
