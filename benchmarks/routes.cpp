// Adding and listing IPv4 routes: linx against C loops over libmnl.
#include "bench_network.hpp"
#include "clients.hpp"
#include "placement.hpp"
#include "settings.hpp"

#include <cerrno>
#include <stdexcept>

#include <linux/rtnetlink.h>

namespace linx::bench {

namespace {

task<> add_typed(rtnl::connection kernel, std::uint32_t link, std::uint32_t count)
{
  for (std::uint32_t i = 0; i < count; ++i) {
    rtnl::route to(net::subnet(address_of(i), 32));
    to.dev(link);
    LINX_TRYV(co_await kernel.add_route(std::move(to)));
  }
  co_return success();
}

task<> add_untyped(netlink::connection kernel, std::uint32_t link, std::uint32_t count)
{
  for (std::uint32_t i = 0; i < count; ++i) {
    auto request = route_request(link, i);
    LINX_TRYV(co_await kernel.submit(std::move(request)));
  }
  co_return success();
}

task<> add_in_bulk(netlink::connection kernel, std::uint32_t link, std::uint32_t count)
{
  std::vector<netlink::message_builder> requests;
  requests.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) requests.push_back(route_request(link, i));
  LINX_TRY(const auto refused, co_await kernel.bulk(std::move(requests)));
  if (!refused.empty()) co_return error::from_errno(EINVAL, stage::kernel);
  co_return success();
}

task<std::size_t> list_typed(rtnl::connection kernel)
{
  std::size_t count = 0;
  auto routes = kernel.routes();
  for (;;) {
    LINX_TRY(const auto next, co_await routes.next());
    if (!next) break;
    ++count;
  }
  co_return count;
}

task<std::size_t> list_blocks(netlink::connection kernel)
{
  rtmsg filter{};
  filter.rtm_family = AF_INET;
  netlink::message_builder request(RTM_GETROUTE, 0, filter);
  std::size_t count = 0;
  auto blocks = kernel.dump_blocks(std::move(request));
  for (;;) {
    LINX_TRY(const auto next, co_await blocks.next());
    if (!next) break;
    for (const auto message : *next) {
      for (const auto attribute : message.attributes_after<rtmsg>()) {
        if (attribute.type() == RTA_DST) asm volatile("" : : "r"(attribute.as<std::uint32_t>().value_or(0)));
      }
      ++count;
    }
  }
  co_return count;
}

outcome one_by_one(bench_network& on, const settings& how)
{
  const auto n = how.routes;
  contest all("route add, one after the other", "routes",
              std::to_string(n) + " routes a turn (pyroute2 fewer), one CPU, own netns" + absent_clients());
  all.peer("C, libmnl: send, receive", [&on, n] {
    return on.cleared_after([&] { return rate_of(n, [&] { on.raw().add_one_by_one(on.link(), n); }); });
  });
  all.rival("linx, rtnl::connection::add_route", 0.90, [&on, n] {
    return on.cleared_after(
        [&] { return rate_of(n, [&] { on.program().run(add_typed(on.typed(), on.link(), n)); }); });
  });
  all.rival("linx, netlink::connection::submit", std::nullopt, [&on, n] {
    return on.cleared_after(
        [&] { return rate_of(n, [&] { on.program().run(add_untyped(on.untyped(), on.link(), n)); }); });
  });
  for (const auto& other : built_clients()) {
    all.rival(other.name(), std::nullopt,
              [&on, n, other] { return on.cleared_after([&] { return other.add_routes(n, on.link()); }); });
  }
  return all.hold(how.rounds);
}

outcome in_bulk(bench_network& on, const settings& how)
{
  const auto n = how.routes;
  contest all("route add, in bulk", "routes", std::to_string(n) + " routes a turn, one CPU, own netns");
  all.peer("C, libmnl: 128 a send, ACK on the last", [&on, n] {
    return on.cleared_after([&] { return rate_of(n, [&] { on.raw().add_in_bulk(on.link(), n); }); });
  });
  all.rival("linx, netlink::connection::bulk", 0.95, [&on, n] {
    return on.cleared_after(
        [&] { return rate_of(n, [&] { on.program().run(add_in_bulk(on.untyped(), on.link(), n)); }); });
  });
  if (ip_program ip; ip.is_installed()) {
    all.rival("ip -batch, the whole program", std::nullopt,
              [&on, n, ip]() mutable { return on.cleared_after([&] { return ip.add_routes(n); }); });
  }
  return all.hold(how.rounds);
}

outcome listing_routes(bench_network& on, const settings& how)
{
  on.raw().add_in_bulk(on.link(), how.routes);
  const std::size_t there = on.raw().list_routes();
  contest all("route dump", "routes",
              std::to_string(there) + " routes, one CPU, own netns" + absent_clients());
  all.peer("C, libmnl: walks the attributes",
           [&on, there] { return listing_rate(there, [&] { return on.raw().list_routes(); }); });
  all.rival("linx, rtnl::connection::routes, typed", 0.55, [&on, there] {
    return listing_rate(there, [&] { return on.program().value(list_typed(on.typed())); });
  });
  all.rival("linx, netlink::connection::dump_blocks", std::nullopt, [&on, there] {
    return listing_rate(there, [&] { return on.program().value(list_blocks(on.untyped())); });
  });
  if (const ip_program ip; ip.is_installed())
    all.rival("ip route, the whole program", std::nullopt, [ip, there] { return ip.list_routes(there); });
  for (const auto& other : built_clients())
    all.rival(other.name(), std::nullopt, [other] { return other.list_routes(); });
  return all.hold(how.rounds);
}

} // namespace

std::vector<outcome> route_benchmarks(const settings& how)
{
  if (const auto refused = enter_own_network(); !refused.empty()) return {not_measured("routes", refused)};
  const one_cpu bound;
  bench_network on;
  std::vector<outcome> all;
  all.push_back(one_by_one(on, how));
  all.push_back(in_bulk(on, how));
  all.push_back(listing_routes(on, how));
  return all;
}

} // namespace linx::bench
