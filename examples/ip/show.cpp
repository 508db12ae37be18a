#include "show.hpp"

#include <linx/rtnl/address_filter.hpp>
#include <linx/rtnl/route_filter.hpp>

#include <linux/neighbour.h>

#include <iostream>

namespace ip_tool {

namespace rtnl = linx::rtnl;
namespace net = linx::net;
using linx::error;
using linx::success;
using linx::task;

namespace {

template <class T>
task<json> collect(linx::stream<T> values, link_names links)
{
  json all = json::array();
  for (;;) {
    LINX_TRY(auto next, co_await values.next());
    if (!next) break;
    all.push_back(to_json(*next, links));
  }
  co_return std::move(all);
}

/// One object, as a list of it.
template <class T>
task<json> alone(task<T> op, link_names links)
{
  LINX_TRY(const auto one, co_await std::move(op));
  json all = json::array();
  all.push_back(to_json(one, links));
  co_return std::move(all);
}

/// "dev NAME" or the name alone; 0 without.
linx::result<std::uint32_t> optional_link(words& w, const link_names& links)
{
  (void)w.take("dev");
  if (w.empty()) return 0u;
  BOOST_OUTCOME_TRY(const auto index, w.link(links));
  BOOST_OUTCOME_TRYV(w.end());
  return index;
}

task<json> show_links(rtnl::connection kernel, words w, link_names names)
{
  LINX_TRY(const auto index, optional_link(w, names));
  if (index == 0) {
    auto all = collect(kernel.links(), std::move(names));
    co_return co_await std::move(all);
  }
  auto one = alone(kernel.get_link(index), std::move(names));
  co_return co_await std::move(one);
}

/// Interfaces with their addresses inside, as ip(8) has it.
task<json> show_addresses(rtnl::connection kernel, words w, link_names names, settings how)
{
  LINX_TRY(const auto index, optional_link(w, names));
  rtnl::address_filter which;
  which.link(index);
  if (how.family) which.family(*how.family);
  std::map<std::uint32_t, json> of_link;
  auto addresses = kernel.addresses(which);
  for (;;) {
    LINX_TRY(auto next, co_await addresses.next());
    if (!next) break;
    auto& list = of_link[next->link];
    list.push_back(to_json(*next, names));
  }
  json all = json::array();
  auto links = kernel.links();
  for (;;) {
    LINX_TRY(auto next, co_await links.next());
    if (!next) break;
    if (index != 0 && next->index != index) continue;
    json one = to_json(*next, names);
    const auto found = of_link.find(next->index);
    one["addr_info"] = found != of_link.end() ? found->second : json::array();
    all.push_back(std::move(one));
  }
  co_return std::move(all);
}

task<json> get_route(rtnl::connection kernel, words w, link_names names)
{
  LINX_TRY(const auto to, w.address("destination"));
  LINX_TRYV(w.end());
  LINX_TRY(const auto r, co_await kernel.get_route(rtnl::route_query(to)));
  json all = json::array();
  all.push_back(to_json(r, names));
  co_return std::move(all);
}

task<json> show_routes(rtnl::connection kernel, words w, link_names names, settings how)
{
  rtnl::route_filter which(how.family.value_or(net::family::v4));
  which.table(254); // the main one, as ip(8)
  while (!w.empty()) {
    if (w.take("table")) {
      if (w.take("all")) {
        which = rtnl::route_filter();
        if (how.family) which.family(*how.family);
        continue;
      }
      LINX_TRY(const auto table, w.table());
      which.table(table);
    } else if (w.take("dev")) {
      LINX_TRY(const auto index, w.link(names));
      which.dev(index);
    } else if (w.take("proto") || w.take("protocol")) {
      LINX_TRY(const auto protocol, w.protocol());
      which.protocol(protocol);
    } else {
      LINX_TRYV(w.end());
    }
  }
  LINX_TRY(auto all, co_await collect(kernel.routes(which), std::move(names)));
  // ip(8) does not repeat the table that was asked for
  if (which.table())
    for (auto& each : all) each.erase("table");
  co_return std::move(all);
}

task<json> show_neighbours(rtnl::connection kernel, words w, link_names names, settings how)
{
  rtnl::neighbour_filter which;
  if (how.family) which.family(*how.family);
  // ip(8) leaves out what needs no resolution, unless all is wanted
  constexpr std::uint16_t every_state = 0xff;
  if (w.take("proxy"))
    which.proxies();
  else if (!w.take("all"))
    which.states(every_state & ~NUD_NOARP);
  LINX_TRY(const auto index, optional_link(w, names));
  which.link(index);
  auto all = collect(kernel.neighbours(which), std::move(names));
  co_return co_await std::move(all);
}

task<json> show_statistics(rtnl::connection kernel, words w, link_names names)
{
  LINX_TRY(const auto index, optional_link(w, names));
  if (index == 0) {
    auto all = collect(kernel.statistics(), std::move(names));
    co_return co_await std::move(all);
  }
  auto one = alone(kernel.get_statistics(index), std::move(names));
  co_return co_await std::move(one);
}

task<json> read(rtnl::connection kernel, words w, settings how)
{
  LINX_TRY(auto names, co_await link_names::read(kernel));
  LINX_TRY(const auto object, w.next("object"));
  const bool is_get = w.take("get");
  if (!is_get) (void)(w.take("show") || w.take("list") || w.take("ls"));
  task<json> reading;
  if (object == "link") {
    reading = show_links(kernel, std::move(w), std::move(names));
  } else if (object == "addr" || object == "address") {
    reading = show_addresses(kernel, std::move(w), std::move(names), how);
  } else if (object == "route") {
    reading = is_get ? get_route(kernel, std::move(w), std::move(names))
                     : show_routes(kernel, std::move(w), std::move(names), how);
  } else if (object == "rule") {
    LINX_TRYV(w.end());
    rtnl::rule_filter which(how.family.value_or(net::family::v4));
    reading = collect(kernel.rules(which), std::move(names));
  } else if (object == "neigh" || object == "neighbour") {
    reading = show_neighbours(kernel, std::move(w), std::move(names), how);
  } else if (object == "nexthop") {
    LINX_TRYV(w.end());
    reading = collect(kernel.nexthops(), std::move(names));
  } else if (object == "stats") {
    reading = show_statistics(kernel, std::move(w), std::move(names));
  } else {
    co_return error::argument("\"" + object +
                              "\" is no object: link, addr, route, rule, neigh, nexthop, stats, monitor");
  }
  co_return co_await std::move(reading);
}

} // namespace

task<> show(rtnl::connection kernel, words command, settings how)
{
  LINX_TRY(const auto all, co_await read(kernel, std::move(command), how));
  print(all, how);
  co_return success();
}

void print(const json& all, const settings& how)
{
  if (how.as_json) {
    std::cout << all.dump() << '\n';
    return;
  }
  for (const auto& each : all) std::cout << in_words(each) << '\n';
}

} // namespace ip_tool
