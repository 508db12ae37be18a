// A network namespace for each test case, seen through rtnl and through ip(8).
#pragma once

#include "harness/network.hpp"
#include "harness/run.hpp"

#include <linx/core/collect.hpp>
#include <linx/ns/handle.hpp>
#include <linx/rtnl/connection.hpp>

#include <sched.h>

#include <cstdint>
#include <string>
#include <vector>

namespace linx::test {

// `wanted` where this user namespace maps it; 0 is the one id that an ordinary user's has.
std::uint32_t mapped_user(std::uint32_t wanted);

// A second network namespace, held by a descriptor.
ns::handle another_network();

rtnl::connection open_rtnl(asio::io_context& context);

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
std::string ip(const std::string& arguments);

bool contains(const std::string& text, const std::string& part);

using linx::collect;

} // namespace linx::test
