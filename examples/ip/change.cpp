#include "change.hpp"

#include "change_link.hpp"
#include "requests.hpp"

#include <linx/rtnl/address_filter.hpp>
#include <linx/rtnl/neighbour.hpp>
#include <linx/rtnl/nexthop.hpp>
#include <linx/rtnl/route_filter.hpp>
#include <linx/rtnl/rule.hpp>

#include <iostream>

namespace ip_tool {

namespace rtnl = linx::rtnl;
using linx::error;
using linx::success;
using linx::task;

namespace {

/// A line of a batch that has a request of its own in it.
class numbered {
public:
  numbered(std::size_t line, std::string text) noexcept : line(line), text(std::move(text)) {}
  std::size_t line;
  std::string text;
};

void complain(const std::string& file, const numbered& where, const error& why)
{
  std::cerr << file << ':' << where.line << ": " << where.text << ": " << why.message() << '\n';
}

} // namespace

task<> change(rtnl::connection kernel, words command)
{
  if (command.take("link")) {
    auto changing = change_link(kernel, std::move(command));
    co_return co_await std::move(changing);
  }
  LINX_TRY(const auto names, co_await link_names::read(kernel));
  rtnl::batch one;
  LINX_TRYV(add_request(std::move(command), names, one));
  LINX_TRY(auto results, co_await kernel.submit(std::move(one)));
  co_return std::move(results.front());
}

task<> flush(rtnl::connection kernel, words w)
{
  LINX_TRY(const auto names, co_await link_names::read(kernel));
  LINX_TRY(const auto object, w.next("object"));
  (void)w.take("flush");
  std::uint32_t link = 0;
  std::optional<std::uint32_t> table;
  while (!w.empty()) {
    if (w.take("dev")) {
      LINX_TRY(link, w.link(names));
    } else if (w.take("table")) {
      LINX_TRY(table, w.table());
    } else {
      LINX_TRYV(w.end());
    }
  }
  task<std::size_t> flushing;
  if (object == "addr" || object == "address") {
    if (link == 0) co_return error::argument("addr flush dev NAME");
    rtnl::address_filter which;
    flushing = kernel.flush_addresses(which.link(link));
  } else if (object == "route") {
    rtnl::route_filter which;
    flushing = kernel.flush_routes(which.table(table.value_or(254)).dev(link));
  } else if (object == "neigh") {
    rtnl::neighbour_filter which;
    flushing = kernel.flush_neighbours(which.link(link));
  } else if (object == "rule") {
    rtnl::rule_filter which;
    flushing = kernel.flush_rules(table ? which.table(*table) : which);
  } else if (object == "nexthop") {
    rtnl::nexthop_filter which;
    flushing = kernel.flush_nexthops(which.dev(link));
  } else {
    co_return error::argument("\"" + object + "\" cannot be flushed");
  }
  LINX_TRYV(co_await std::move(flushing));
  co_return success();
}

task<std::size_t> run_batch(rtnl::connection kernel, std::vector<std::string> lines, std::string name)
{
  LINX_TRY(const auto names, co_await link_names::read(kernel));
  rtnl::batch all;
  std::vector<numbered> where;
  std::size_t failed = 0;
  for (std::size_t n = 0; n != lines.size(); ++n) {
    auto command = words::of_line(lines[n]);
    if (command.empty()) continue;
    numbered here(n + 1, lines[n]);
    if (const auto read = add_request(std::move(command), names, all); !read) {
      complain(name, here, read.error());
      ++failed;
      continue;
    }
    where.push_back(std::move(here));
  }
  LINX_TRY(const auto results, co_await kernel.submit(std::move(all)));
  for (std::size_t n = 0; n != results.size(); ++n) {
    if (results[n]) continue;
    complain(name, where[n], results[n].error());
    ++failed;
  }
  co_return failed;
}

} // namespace ip_tool
