// A network namespace for each test case.
#pragma once

#include "harness/namespaces.hpp"
#include "harness/value.hpp"

#include <boost/test/unit_test.hpp>

namespace linx::test {

// Precondition of a suite: a fresh network namespace can be had at all.
inline boost::test_tools::assertion_result network_possible(boost::unit_test::test_unit_id)
{
  const int status = run_in_child([] { return enter_fresh_network() ? child_skipped : 0; });
  boost::test_tools::assertion_result possible(status == 0);
  if (!possible) possible.message() << "skipped: no network namespace may be created here";
  return possible;
}

// The same, and iproute2 is there to say what is in it.
inline boost::test_tools::assertion_result ip_possible(boost::unit_test::test_unit_id unit)
{
  boost::test_tools::assertion_result possible = network_possible(unit);
  if (possible && !has_program("ip")) {
    possible = false;
    possible.message() << "skipped: ip(8) is missing";
  }
  return possible;
}

// Fixture: the case runs in a namespace of its own with lo up.
class fresh_network {
public:
  fresh_network()
  {
    const auto reason = enter_fresh_network();
    BOOST_REQUIRE_MESSAGE(!reason, reason.value_or(""));
  }
};

} // namespace linx::test
