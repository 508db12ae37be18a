// Addresses with ports: what is read, what is refused, and how they print.
#include <linx/net/endpoint.hpp>
#include <linx/net/literals.hpp>

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(net_endpoint)

using namespace linx::net;
using namespace linx::net::literals;

BOOST_AUTO_TEST_CASE(what_is_printed_is_read_back)
{
  for (const endpoint& e :
       {endpoint(), endpoint("10.0.0.1"_ip, 80), endpoint("255.255.255.255"_ip, 65535),
        endpoint("2001:db8::1"_ip, 443), endpoint("::"_ip, 0), endpoint("fe80::1"_ip, 51820, 3)}) {
    const auto again = endpoint::parse(to_string(e));
    BOOST_REQUIRE_MESSAGE(again.has_value(), to_string(e));
    BOOST_TEST((again.value() == e));
  }
  BOOST_TEST(to_string(endpoint("fe80::1"_ip, 51820, 3)) == "[fe80::1%3]:51820");
  BOOST_TEST(to_string(endpoint("10.0.0.1"_ip, 80)) == "10.0.0.1:80");
}

// A port that is read as another one opens the wrong service.
BOOST_AUTO_TEST_CASE(everything_else_is_refused)
{
  for (const char* text : {"",
                           ":",
                           "10.0.0.1",
                           "10.0.0.1:",
                           "10.0.0.1:080",
                           "10.0.0.1:65536",
                           "10.0.0.1:-1",
                           "10.0.0.1:+1",
                           "10.0.0.1: 1",
                           "10.0.0.1:1 ",
                           "10.0.0:1",
                           "::1:80",
                           "2001:db8::1:80",
                           "[::1]",
                           "[::1]80",
                           "[::1]:",
                           "[10.0.0.1]:80",
                           "[fe80::1%]:1",
                           "[fe80::1%0]:1",
                           "[fe80::1%eth0]:1",
                           "[fe80::1%03]:1",
                           "[::1]:80x",
                           "[::1",
                           "10.0.0.1%3:80",
                           "10.0.0.1:80:90"}) {
    const auto read = endpoint::parse(text);
    BOOST_TEST_CONTEXT(text)
    {
      BOOST_REQUIRE(!read);
      BOOST_TEST((read.error().where() == linx::stage::argument));
    }
  }
}

BOOST_AUTO_TEST_CASE(ordered_by_address_then_port)
{
  BOOST_TEST((endpoint("10.0.0.1"_ip, 2) < endpoint("10.0.0.2"_ip, 1)));
  BOOST_TEST((endpoint("10.0.0.1"_ip, 1) < endpoint("10.0.0.1"_ip, 2)));
  BOOST_TEST((endpoint("fe80::1"_ip, 1, 1) < endpoint("fe80::1"_ip, 1, 2)));
}

BOOST_AUTO_TEST_SUITE_END()
