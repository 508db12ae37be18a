// A network namespace for each test case, seen through rtnl and through ip(8).
#pragma once

#include "harness/network.hpp"
#include "harness/run.hpp"

#include <linx/core/collect.hpp>
#include <linx/ns/handle.hpp>
#include <linx/rtnl/connection.hpp>

#include <sched.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

namespace linx::test {

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
  return value_of(rtnl::connection::open(context.get_executor()));
}

// A network, and a connection that sees it.
class rtnl_network : public fresh_network {
public:
  rtnl_network() : context(1), kernel(open_rtnl(context)) {}

  template <class T>
  auto ask(task<T> operation)
  {
    return run(context, std::move(operation));
  }

  template <class T>
  std::vector<T> all(stream<T> values)
  {
    return value_of(ask(linx::collect(std::move(values))));
  }

  rtnl::link get(const rtnl::link_id& which) { return value_of(ask(kernel.get_link(which))); }

  asio::io_context context;
  rtnl::connection kernel;
};

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
