#include "watch.hpp"

#include <linx/rtnl/monitor.hpp>

#include <iostream>

namespace ip_tool {

namespace rtnl = linx::rtnl;
using linx::success;
using linx::task;

namespace {

linx::result<rtnl::monitor_options> read_objects(words& w)
{
  rtnl::monitor_options what;
  if (w.empty() || w.take("all")) {
    BOOST_OUTCOME_TRYV(w.end());
    return what;
  }
  what.links(false).addresses(false).routes(false);
  while (!w.empty()) {
    if (w.take("link")) {
      what.links(true);
    } else if (w.take("address") || w.take("addr")) {
      what.addresses(true);
    } else if (w.take("route")) {
      what.routes(true);
    } else {
      BOOST_OUTCOME_TRYV(w.end());
    }
  }
  return what;
}

void print_event(const rtnl::event& event, const settings& how)
{
  if (!how.as_json) {
    std::cout << to_string(event) << std::endl;
    return;
  }
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
  std::cout << std::visit(line, event).dump() << std::endl;
}

} // namespace

task<> watch(linx::executor ex, std::optional<linx::ns::handle> net, words command, settings how)
{
  BOOST_OUTCOME_CO_TRY(const auto what, read_objects(command));
  auto opened = net ? rtnl::monitor::open(ex, *net, what) : rtnl::monitor::open(ex, what);
  if (!opened) co_return std::move(opened).error();
  auto events = std::move(opened).value();
  for (;;) {
    BOOST_OUTCOME_CO_TRY(const auto event, co_await events.next());
    if (!event) co_return success();
    print_event(*event, how);
  }
}

} // namespace ip_tool
