// Listing links: linx against a C loop over libmnl, and other libraries.
#include "bench_network.hpp"
#include "clients.hpp"
#include "placement.hpp"
#include "settings.hpp"

#include <stdexcept>

namespace linx::bench {

namespace {

task<std::size_t> list_links(rtnl::connection kernel)
{
  std::size_t count = 0;
  auto links = kernel.links();
  for (;;) {
    LINX_TRY(const auto next, co_await links.next());
    if (!next) break;
    ++count;
  }
  co_return count;
}

outcome listing_links(bench_network& on, const settings& how)
{
  on.raw().make_links("veth", how.routes / 20);
  const std::size_t there = on.raw().list_links();
  contest all("link dump", "links",
              std::to_string(there) + " links, nearly all veth, one CPU, own netns" + absent_clients());
  all.peer("C, libmnl: walks the attributes",
           [&on, there] { return listing_rate(there, [&] { return on.raw().list_links(); }); });
  all.rival("linx, rtnl::connection::links, typed", 0.55, [&on, there] {
    return listing_rate(there, [&] { return on.program().value(list_links(on.typed())); });
  });
  if (const ip_program ip; ip.is_installed())
    all.rival("ip link, the whole program", std::nullopt, [ip, there] { return ip.list_links(there); });
  for (const auto& other : built_clients())
    all.rival(other.name(), std::nullopt, [other] { return other.list_links(); });
  return all.hold(how.rounds);
}

} // namespace

std::vector<outcome> link_benchmarks(const settings& how)
{
  if (const auto refused = enter_own_network(); !refused.empty()) return {not_measured("links", refused)};
  const one_cpu bound;
  bench_network on;
  std::vector<outcome> all;
  all.push_back(listing_links(on, how));
  return all;
}

} // namespace linx::bench
