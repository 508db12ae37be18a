#include "watch.hpp"

#include "../command_line.hpp"
#include "printable.hpp"

#include <linx/rtnl/monitor.hpp>

#include <algorithm>

namespace ip_tool {

namespace rtnl = linx::rtnl;
using linx::success;
using linx::task;

namespace {

class subject {
public:
  std::string_view word;
  rtnl::monitor_options& (rtnl::monitor_options::*watch)(bool) noexcept;
};

constexpr subject subjects[] = {
    {"link", &rtnl::monitor_options::links},           {"address", &rtnl::monitor_options::addresses},
    {"addr", &rtnl::monitor_options::addresses},       {"route", &rtnl::monitor_options::routes},
    {"rule", &rtnl::monitor_options::rules},           {"neigh", &rtnl::monitor_options::neighbours},
    {"neighbour", &rtnl::monitor_options::neighbours}, {"nexthop", &rtnl::monitor_options::nexthops},
    {"qdisc", &rtnl::monitor_options::qdiscs}};

linx::result<rtnl::monitor_options> read_objects(words& w)
{
  rtnl::monitor_options what;
  const bool all = w.empty() || w.take("all");
  for (const auto& each : subjects) (what.*each.watch)(all);
  while (!w.empty()) {
    const auto* const found =
        std::ranges::find_if(subjects, [&w](const auto& each) { return each.word == w.peek(); });
    if (all || found == std::end(subjects))
      return linx::error::argument(
          "\"" + std::string(w.peek()) +
          "\" is not watched: link, address, route, rule, neigh, nexthop, qdisc, or all");
    (void)w.next(found->word);
    (what.*found->watch)(true);
  }
  return what;
}

linx::result<> print_event(const rtnl::event& event, const settings& how)
{
  if (!how.as_json) return command_line::print(as_line(to_string(event)) + '\n');
  const link_names no_names;
  const auto line = [&](const auto& one) {
    json j;
    if constexpr (requires {
                    one.what();
                    to_json(one.value(), no_names);
                  }) {
      j["event"] = to_string(one.what());
      j.update(to_json(one.value(), no_names));
    } else {
      j["event"] = to_string(event);
    }
    return j;
  };
  return command_line::print(as_utf8(std::visit(line, event)).dump() + '\n');
}

} // namespace

task<> watch(linx::executor ex, std::optional<linx::ns::handle> net, words command, settings how)
{
  LINX_TRY(const auto what, read_objects(command));
  auto opened = net ? rtnl::monitor::open(ex, *net, what) : rtnl::monitor::open(ex, what);
  if (!opened) co_return std::move(opened).error();
  auto events = std::move(opened).value();
  for (;;) {
    LINX_TRY(const auto event, co_await events.next());
    if (!event) co_return success();
    LINX_TRYV(print_event(*event, how));
  }
}

} // namespace ip_tool
