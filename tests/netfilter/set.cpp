// Elements of sets: intervals above all, which the kernel holds as beginnings and ends.

#include <linx/netfilter/set.hpp>

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(netfilter_set)

namespace nf = linx::netfilter;
using namespace std::string_view_literals;
using linx::net::ip;
using linx::net::subnet;

namespace {

nf::set addresses(bool interval)
{
  nf::set s(nf::table(nf::family::ip, "t"), "s", nf::key_type::ipv4_addr);
  if (interval) s.interval();
  return s;
}

} // namespace

// A prefix is its first address and, behind it, the first that is no longer in it; the last one of all has no
// end.
BOOST_AUTO_TEST_CASE(intervals)
{
  nf::elements e(addresses(true));
  e.add(subnet::parse("10.0.0.0/8").value())
      .add(ip::parse("192.0.2.1").value())
      .add(subnet::parse("255.255.255.0/24").value());
  BOOST_TEST(e.fault() == ""sv);
  BOOST_REQUIRE(e.list().size() == 5u);
  BOOST_TEST(e.list()[1].is_interval_end());
  BOOST_TEST((e.list()[1].key() == nf::data::network(0x0b000000, 4)));
  BOOST_TEST((e.list()[3].key() == nf::data::network(0xc0000202, 4)));
  BOOST_TEST(!e.list()[4].is_interval_end());
  BOOST_TEST(to_string(e) == "element ip t s { 10.0.0.0/8, 192.0.2.1, 255.255.255.0/24 }"sv);
}

// Whatever order the kernel lists them in, they are printed as ranges.
BOOST_AUTO_TEST_CASE(any_order_prints)
{
  nf::elements e(nf::family::ip, "t", "s");
  e.type(static_cast<std::uint32_t>(nf::key_type::inet_service));
  nf::element end(nf::data::network(91, 2));
  end.ends_interval();
  e.add(end).add(nf::element(nf::data::network(65000, 2))).add(nf::element(nf::data::network(80, 2)));
  BOOST_TEST(to_string(e) == "element ip t s { 80-90, 65000-65535 }"sv);
  nf::elements only_end(nf::family::ip, "t", "s");
  only_end.add(end);
  BOOST_TEST(to_string(only_end) == "element ip t s { }"sv);
}

BOOST_AUTO_TEST_CASE(plain_sets)
{
  nf::elements e(addresses(false));
  e.add(ip::parse("192.0.2.1").value());
  BOOST_TEST(e.list().size() == 1u);
  BOOST_TEST(e.fault() == ""sv);
  e.add(subnet::parse("10.0.0.0/8").value());
  BOOST_TEST(e.fault() == "a range in a set that is not an interval set"sv);
}

// A key of another type would be refused by the kernel with "invalid argument" and nothing more.
BOOST_AUTO_TEST_CASE(keys_of_another_type)
{
  nf::elements e(addresses(false));
  e.add(ip::parse("::1").value());
  BOOST_TEST(e.fault() == "a key of 16 bytes in a set whose keys have 4"sv);
  nf::elements ports(addresses(false));
  ports.add(80);
  BOOST_TEST(!ports.fault().empty());
  nf::set p(nf::table(nf::family::ip, "t"), "p", nf::key_type::inet_service);
  p.interval();
  BOOST_TEST(!nf::elements(p).add(9, 8).fault().empty());
}

// A wildcard stands for all other keys; ranges of concatenated keys carry their end with them.
BOOST_AUTO_TEST_CASE(special_elements)
{
  nf::elements e(nf::family::ip, "t", "s");
  e.type(static_cast<std::uint32_t>(nf::key_type::ipv4_addr));
  nf::element star;
  star.catch_all();
  nf::element range(nf::data::network(0x0a000000, 4));
  range.key_end(nf::data::network(0x0a0000ff, 4));
  e.add(range).add(star);
  BOOST_TEST(to_string(e) == "element ip t s { 10.0.0.0/24, * }"sv);
}

BOOST_AUTO_TEST_SUITE_END()
