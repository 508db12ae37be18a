// What the tests of wanted networks share.
#pragma once

#include "rtnl/network.hpp"

#include <linx/rtnl/reconcile.hpp>

#include <string>

namespace linx::test {

// A fresh network namespace, a loop that makes it as it is wanted, and ip(8), which says what became of it.
class wanted_network : public rtnl_network {
public:
  static constexpr std::uint8_t own = 200; // RTPROT_*, of all routes that are wanted

  rtnl::report reconcile(const rtnl::desired& want, const rtnl::desired& last = rtnl::desired(own))
  {
    return value_of(run(context, rtnl::reconcile(kernel, want, last)));
  }

  // It converges, and a second pass finds nothing to do.
  void converge(const rtnl::desired& want, const rtnl::desired& last = rtnl::desired(own))
  {
    const auto first = reconcile(want, last);
    BOOST_REQUIRE_MESSAGE(first.converged, to_string(first));
    BOOST_TEST(!first.failed.has_value());
    BOOST_TEST(first.pending.empty());
    const auto second = reconcile(want, want);
    BOOST_TEST(second.converged);
    BOOST_TEST(second.applied.empty(), to_string(second.applied));
  }

  void ip(const std::string& command)
  {
    const auto done = run_command("ip " + command);
    BOOST_REQUIRE_MESSAGE(done.status == 0, "ip " << command << ": " << done.output);
  }
  std::string said(const std::string& command) { return run_command("ip " + command).output; }
};

} // namespace linx::test
