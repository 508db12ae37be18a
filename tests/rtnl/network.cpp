#include "rtnl/network.hpp"

#include <fstream>

namespace linx::test {

std::uint32_t mapped_user(std::uint32_t wanted)
{
  std::ifstream map("/proc/self/uid_map");
  for (std::uint64_t first = 0, outside = 0, count = 0; map >> first >> outside >> count;)
    if (wanted >= first && wanted - first < count) return wanted;
  return 0;
}

ns::handle another_network()
{
  auto here = ns::handle::of_self(ns::kind::net);
  BOOST_REQUIRE(here.has_value());
  BOOST_REQUIRE(::unshare(CLONE_NEWNET) == 0);
  auto there = ns::handle::of_self(ns::kind::net);
  BOOST_REQUIRE(there.has_value());
  BOOST_REQUIRE(::setns(here.value().fd(), CLONE_NEWNET) == 0);
  return std::move(there).value();
}

rtnl::connection open_rtnl(asio::io_context& context)
{
  return value_of(rtnl::connection::open(context.get_executor()));
}

std::string ip(const std::string& arguments)
{
  return run_command("ip -j -d " + arguments).output;
}

bool contains(const std::string& text, const std::string& part)
{
  return text.find(part) != std::string::npos;
}

} // namespace linx::test
