// A network namespace for each test case.
#pragma once

#include "harness/namespaces.hpp"
#include "harness/value.hpp"

#include <boost/test/unit_test.hpp>

namespace linx::test {

// Precondition of a suite: a fresh network namespace can be had at all.
boost::test_tools::assertion_result network_possible(boost::unit_test::test_unit_id);

// The same, and iproute2 is there to say what is in it.
boost::test_tools::assertion_result ip_possible(boost::unit_test::test_unit_id unit);

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
