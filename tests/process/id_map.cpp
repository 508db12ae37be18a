// The text of an id map, and the mistakes for which the kernel only says EINVAL.

#include <linx/process/id_map.hpp>

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(process_id_map)

using namespace linx;

namespace {

void check_refused(const linx::id_map& map, const std::string& said)
{
  const auto text = map.text();
  BOOST_REQUIRE(!text);
  BOOST_TEST((text.error().where() == stage::argument));
  BOOST_TEST(text.error().message().find(said) != std::string::npos, text.error().message());
}

} // namespace

BOOST_AUTO_TEST_CASE(one_range_a_line)
{
  BOOST_TEST(id_map::root(1000).text().value() == "0 1000 1\n");
  BOOST_TEST(id_map().add(0, 100000, 1000).add(1000, 1000).text().value() == "0 100000 1000\n1000 1000 1\n");
  BOOST_TEST(id_map().add(0, 0, 4294967295).text().value() == "0 0 4294967295\n");
}

BOOST_AUTO_TEST_CASE(ranges_the_kernel_refuses)
{
  check_refused(id_map(), "without a range");
  check_refused(id_map().add(0, 0, 0), "count");
  check_refused(id_map().add(1, 0, 4294967295), "4294967294");
  check_refused(id_map().add(0, 2, 4294967294), "4294967294");
  check_refused(id_map().add(0, 0, 10).add(9, 100, 1), "inside");
  check_refused(id_map().add(5, 0, 1).add(0, 100, 10), "inside");
  check_refused(id_map().add(0, 100, 10).add(50, 109, 1), "outside");
}

BOOST_AUTO_TEST_CASE(no_more_than_340_ranges)
{
  id_map map;
  for (std::uint32_t i = 0; i != 340; ++i) map.add(i, 1000 + i);
  BOOST_TEST(map.text().has_value());
  map.add(340, 2000);
  check_refused(map, "341 ranges");
}

BOOST_AUTO_TEST_SUITE_END()
