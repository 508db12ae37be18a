#include "show.hpp"

#include "../command_line.hpp"
#include "printable.hpp"
#include "selectors.hpp"

#include <linx/rtnl/link_statistics.hpp>

#include <linux/neighbour.h>

#include <algorithm>
#include <map>
#include <set>

namespace ip_tool {

namespace rtnl = linx::rtnl;
namespace net = linx::net;
using linx::error;
using linx::success;
using linx::task;

namespace {

template <class T, class Selection>
task<json> collect(linx::stream<T> values, Selection which, link_names links)
{
  json all = json::array();
  for (;;) {
    LINX_TRY(auto next, co_await values.next());
    if (!next) break;
    if (which.matches(*next)) all.push_back(to_json(*next, links));
  }
  co_return std::move(all);
}

/// What the kernel has chosen already.
class everything {
public:
  template <class T>
  bool matches(const T&) const noexcept
  {
    return true;
  }
};

/// One object, as a list of it.
template <class T>
task<json> alone(task<T> op, link_names links)
{
  LINX_TRY(const auto one, co_await std::move(op));
  json all = json::array();
  all.push_back(to_json(one, links));
  co_return std::move(all);
}

/// Counters with each link, as `ip -s -j` has them.
task<json> add_statistics(rtnl::connection kernel, json links)
{
  const link_names no_names;
  std::map<std::uint32_t, json> of_link;
  auto counters = kernel.statistics();
  for (;;) {
    LINX_TRY(auto next, co_await counters.next());
    if (!next) break;
    of_link.emplace(next->link, to_json(*next, no_names)["stats64"]);
  }
  for (auto& each : links) {
    const auto found = of_link.find(each["ifindex"].get<std::uint32_t>());
    if (found != of_link.end()) each["stats64"] = found->second;
  }
  co_return std::move(links);
}

task<json> show_links(rtnl::connection kernel, words w, link_names names, settings how)
{
  LINX_TRY(const auto which, select_links(w, names));
  json all = json::array();
  if (which.index != 0) {
    // one that is named is asked for alone: a listing of all takes its time
    LINX_TRY(const auto one, co_await kernel.get_link(which.index));
    if (which.matches(one)) all.push_back(to_json(one, names));
  } else {
    LINX_TRY(all, co_await collect(kernel.links(which.filter()), which, names));
  }
  if (how.with_statistics) {
    auto counting = add_statistics(kernel, std::move(all));
    co_return co_await std::move(counting);
  }
  co_return std::move(all);
}

/// Interfaces with their addresses inside, as ip(8) has it: those without any are shown unless a family is
/// named, those with others than the wanted ones are not.
task<json> show_addresses(rtnl::connection kernel, words w, link_names names, settings how)
{
  LINX_TRY(const auto which, select_addresses(w, names, how.family));
  std::map<std::uint32_t, json> of_link;
  std::set<std::uint32_t> with_others;
  rtnl::address_filter of_all;
  of_all.link(which.on.index);
  auto addresses = kernel.addresses(of_all);
  for (;;) {
    LINX_TRY(auto next, co_await addresses.next());
    if (!next) break;
    if (!which.which.matches(*next) || !which.matches(*next)) {
      with_others.insert(next->link);
      continue;
    }
    auto& list = of_link[next->link];
    list.push_back(to_json(*next, names));
  }
  json all = json::array();
  auto links = kernel.links(which.on.filter());
  for (;;) {
    LINX_TRY(auto next, co_await links.next());
    if (!next) break;
    if (!which.on.matches(*next)) continue;
    const auto found = of_link.find(next->index);
    if (found == of_link.end() && (which.family || with_others.contains(next->index))) continue;
    json one = to_json(*next, names);
    // ip(8) tells of these with links alone
    one.erase("linkmode");
    one.erase("inet6_addr_gen_mode");
    one["addr_info"] = found != of_link.end() ? found->second : json::array();
    all.push_back(std::move(one));
  }
  co_return std::move(all);
}

task<json> get_route(rtnl::connection kernel, words w, link_names names, settings how)
{
  LINX_TRY(const auto query, read_route_query(w, names, how.family));
  auto one = alone(kernel.get_route(query), std::move(names));
  co_return co_await std::move(one);
}

task<json> show_routes(rtnl::connection kernel, words w, link_names names, settings how)
{
  LINX_TRY(const auto which, select_routes(w, names, how.family));
  LINX_TRY(auto all, co_await collect(kernel.routes(which.which), which, std::move(names)));
  // ip(8) does not repeat the table that was asked for
  if (which.which.table())
    for (auto& each : all) each.erase("table");
  co_return std::move(all);
}

task<json> show_rules(rtnl::connection kernel, words w, link_names names, settings how)
{
  LINX_TRY(const auto which, select_rules(w, how.family));
  auto all = collect(kernel.rules(which.which), which, std::move(names));
  co_return co_await std::move(all);
}

task<json> show_neighbours(rtnl::connection kernel, words w, link_names names, settings how)
{
  LINX_TRY(auto which, select_neighbours(w, names, how.family));
  // ip(8) leaves out what needs no resolution, unless it is named
  constexpr std::uint16_t usual = 0xff & ~NUD_NOARP;
  if (!which.wants_every_state && !which.which.only_proxies())
    which.which.states(which.states != 0 ? which.states : usual);
  auto all = collect(kernel.neighbours(which.which), which, std::move(names));
  co_return co_await std::move(all);
}

task<json> get_neighbour(rtnl::connection kernel, words w, link_names names, settings how)
{
  LINX_TRY(const auto which, select_neighbours(w, names, how.family));
  if (!which.to || !which.to->is_host() || which.which.link() == 0)
    co_return error::argument("neigh get ADDRESS dev NAME");
  auto one = alone(kernel.get_neighbour(which.which.link(), which.to->address()), std::move(names));
  co_return co_await std::move(one);
}

task<json> show_nexthops(rtnl::connection kernel, words w, link_names names, settings)
{
  LINX_TRY(const auto which, select_nexthops(w, names));
  task<json> reading;
  if (which.id != 0)
    reading = alone(kernel.get_nexthop(which.id), std::move(names));
  else
    reading = collect(kernel.nexthops(which.which), everything(), std::move(names));
  co_return co_await std::move(reading);
}

task<json> show_statistics(rtnl::connection kernel, words w, link_names names, settings)
{
  std::uint32_t index = 0;
  (void)w.take("dev");
  if (!w.empty()) {
    LINX_TRY(index, w.link(names));
  }
  LINX_TRYV(w.end());
  if (index == 0) {
    auto all = collect(kernel.statistics(), everything(), std::move(names));
    co_return co_await std::move(all);
  }
  auto one = alone(kernel.get_statistics(index), std::move(names));
  co_return co_await std::move(one);
}

class reader {
public:
  std::string_view object;
  std::string_view verb;
  task<json> (*read)(rtnl::connection, words, link_names, settings);
};

constexpr reader readers[] = {{"link", "show", &show_links},      {"addr", "show", &show_addresses},
                              {"route", "show", &show_routes},    {"route", "get", &get_route},
                              {"rule", "show", &show_rules},      {"neigh", "show", &show_neighbours},
                              {"neigh", "get", &get_neighbour},   {"nexthop", "show", &show_nexthops},
                              {"nexthop", "get", &show_nexthops}, {"stats", "show", &show_statistics}};

std::string padded(std::string text, std::size_t width)
{
  text.resize(std::max(text.size() + 1, width), ' ');
  return text;
}

/// A line as `ip -br` has it: name, state, and what is asked for.
std::string in_brief(const json& link, std::string_view object)
{
  auto name = link["ifname"].get<std::string>();
  if (link.contains("link")) name += '@' + link["link"].get<std::string>();
  auto line = padded(std::move(name), 17) + padded(link["operstate"].get<std::string>(), 15);
  if (object == "link") {
    line += padded(link.value("address", std::string()), 18) + '<';
    for (const auto& flag : link["flags"]) line += (line.back() == '<' ? "" : ",") + flag.get<std::string>();
    return line + '>';
  }
  for (const auto& own : link["addr_info"]) {
    const bool has_peer = own.contains("address");
    line += own["local"].get<std::string>();
    if (has_peer) line += " peer " + own["address"].get<std::string>();
    line += '/' + own["prefixlen"].dump() + ' ';
  }
  return line;
}

} // namespace

task<> show(rtnl::connection kernel, words command, settings how)
{
  LINX_TRY(auto names, co_await link_names::read(kernel));
  LINX_TRY(const auto object, command.next("object"));
  LINX_TRY(const auto verb, command.next("command"));
  const auto* const found = std::ranges::find_if(
      readers, [&](const reader& each) { return each.object == object && each.verb == verb; });
  if (found == std::end(readers)) co_return error::argument(object + " has no command \"" + verb + '"');
  if (how.is_brief && object != "link" && object != "addr")
    co_return error::argument("-brief is for link and addr, not for " + object);
  if (how.with_statistics && object != "link")
    co_return error::argument("-statistics is for link, not for " + object);
  auto reading = found->read(std::move(kernel), std::move(command), std::move(names), how);
  LINX_TRY(const auto all, co_await std::move(reading));
  if (how.is_brief && !how.as_json) {
    std::string text;
    for (const auto& each : all) text += as_line(in_brief(each, object)) + '\n';
    co_return command_line::print(text);
  }
  co_return print(all, how);
}

linx::result<> print(const json& all, const settings& how)
{
  if (how.as_json) return command_line::print(as_utf8(all).dump(how.is_pretty ? 4 : -1) + '\n');
  std::string text;
  for (const auto& each : all) text += as_line(in_words(each)) + '\n';
  return command_line::print(text);
}

} // namespace ip_tool
