#include "harness/network.hpp"

namespace linx::test {

boost::test_tools::assertion_result network_possible(boost::unit_test::test_unit_id)
{
  const int status = run_in_child([] { return enter_fresh_network() ? child_skipped : 0; });
  boost::test_tools::assertion_result possible(status == 0);
  if (!possible) possible.message() << "skipped: no network namespace may be created here";
  return possible;
}

boost::test_tools::assertion_result ip_possible(boost::unit_test::test_unit_id unit)
{
  boost::test_tools::assertion_result possible = network_possible(unit);
  if (possible && !has_program("ip")) {
    possible = false;
    possible.message() << "skipped: ip(8) is missing";
  }
  return possible;
}

} // namespace linx::test
