// A network namespace for each test case, seen through rtnl and through ip(8).
#pragma once

#include "harness/namespaces.hpp"
#include "harness/run.hpp"

#include <linx/core/collect.hpp>
#include <linx/ns/handle.hpp>
#include <linx/rtnl/connection.hpp>

#include <boost/test/unit_test.hpp>

#include <sched.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

namespace linx::test {

// Precondition of a suite: a network namespace can be had, and iproute2 is there to say what is in it.
inline boost::test_tools::assertion_result network_possible(boost::unit_test::test_unit_id)
{
  const bool entered = run_in_child([] { return enter_fresh_network() ? child_skipped : 0; }) == 0;
  boost::test_tools::assertion_result possible(entered && has_program("ip"));
  if (!possible)
    possible.message() << "skipped: no network namespace may be created here, or ip(8) is missing";
  return possible;
}

class fresh_network {
public:
  fresh_network()
  {
    const auto reason = enter_fresh_network();
    BOOST_REQUIRE_MESSAGE(!reason, *reason);
  }
};

template <class T>
std::string why(const result<T>& r)
{
  return r ? std::string() : r.error().message();
}

template <class T>
void require(const result<T>& r)
{
  BOOST_REQUIRE_MESSAGE(r.has_value(), why(r));
}

// `wanted` where this user namespace maps it; 0 is the one id that an ordinary user's has.
inline std::uint32_t mapped_user(std::uint32_t wanted)
{
  std::ifstream map("/proc/self/uid_map");
  for (std::uint64_t first = 0, outside = 0, count = 0; map >> first >> outside >> count;)
    if (wanted >= first && wanted - first < count) return wanted;
  return 0;
}

// A second network namespace, held by a descriptor.
inline ns::handle another_network()
{
  auto here = ns::handle::of_self(ns::kind::net);
  BOOST_REQUIRE(here.has_value());
  BOOST_REQUIRE(::unshare(CLONE_NEWNET) == 0);
  auto there = ns::handle::of_self(ns::kind::net);
  BOOST_REQUIRE(there.has_value());
  BOOST_REQUIRE(::setns(here.value().fd(), CLONE_NEWNET) == 0);
  return std::move(there).value();
}

inline rtnl::connection open_rtnl(asio::io_context& context)
{
  auto opened = rtnl::connection::open(context.get_executor());
  BOOST_REQUIRE_MESSAGE(opened.has_value(), why(opened));
  return std::move(opened).value();
}

// What ip(8) says, as one line of JSON.
inline std::string ip(const std::string& arguments)
{
  return run_command("ip -j -d " + arguments).output;
}

inline bool contains(const std::string& text, const std::string& part)
{
  return text.find(part) != std::string::npos;
}

using linx::collect;

} // namespace linx::test
