// Adding and listing IPv4 routes: linx against C loops over libmnl.
#include "clock.hpp"
#include "host.hpp"
#include "placement.hpp"
#include "raw_routes.hpp"
#include "settings.hpp"

#include <linx/rtnl/connection.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <unistd.h>

namespace linx::bench {

namespace {

// A network namespace of this process's own, so that the machine's routes are left alone. False if that is
// not allowed.
bool enter_own_network()
{
  if (::unshare(::geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWNET | CLONE_NEWUSER) == 0) return true;
  std::fprintf(stderr, "skipped: routes: unshare(CLONE_NEWNET): %s\n", std::strerror(errno));
  return false;
}

net::ip address_of(std::uint32_t number)
{
  const std::uint32_t bytes = destination(number);
  std::array<std::uint8_t, 4> octets;
  std::memcpy(octets.data(), &bytes, sizeof bytes);
  return net::ip(octets);
}

task<> add_typed(rtnl::connection kernel, std::uint32_t link, std::uint32_t count)
{
  for (std::uint32_t i = 0; i < count; ++i) {
    rtnl::route to(net::subnet(address_of(i), 32));
    to.dev(link);
    BOOST_OUTCOME_CO_TRYV(co_await kernel.add_route(std::move(to)));
  }
  co_return success();
}

// The request that the C loop sends, byte for byte.
netlink::message_builder request_for(std::uint32_t link, std::uint32_t number)
{
  rtmsg header{};
  header.rtm_family = AF_INET;
  header.rtm_dst_len = 32;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = RTPROT_STATIC;
  header.rtm_scope = RT_SCOPE_LINK;
  header.rtm_type = RTN_UNICAST;
  netlink::message_builder request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, header);
  request.put_u32(RTA_DST, destination(number));
  request.put_u32(RTA_OIF, link);
  return request;
}

task<> add_untyped(netlink::connection kernel, std::uint32_t link, std::uint32_t count)
{
  for (std::uint32_t i = 0; i < count; ++i) {
    auto request = request_for(link, i);
    BOOST_OUTCOME_CO_TRYV(co_await kernel.submit(std::move(request)));
  }
  co_return success();
}

task<> add_in_bulk(netlink::connection kernel, std::uint32_t link, std::uint32_t count)
{
  std::vector<netlink::message_builder> requests;
  requests.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) requests.push_back(request_for(link, i));
  BOOST_OUTCOME_CO_TRY(const auto refused, co_await kernel.bulk(std::move(requests)));
  if (!refused.empty()) co_return error::from_errno(EINVAL, stage::kernel);
  co_return success();
}

task<std::size_t> list_typed(rtnl::connection kernel)
{
  std::size_t count = 0;
  auto routes = kernel.routes();
  for (;;) {
    BOOST_OUTCOME_CO_TRY(const auto next, co_await routes.next());
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
    BOOST_OUTCOME_CO_TRY(const auto next, co_await blocks.next());
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

// The peers, linx and the link that both add their routes to.
class bench_network {
public:
  bench_network() : link_(raw_.make_link("bench0")), kernel_(open(program_)) {}

  raw_routes& raw() noexcept { return raw_; }
  host& program() noexcept { return program_; }
  std::uint32_t link() const noexcept { return link_; }
  rtnl::connection typed() const { return kernel_; }
  netlink::connection untyped() const { return kernel_.transport(); }

  // The rate of `add`, after which the routes are taken away again, untimed.
  template <class Add>
  double adding(std::uint32_t count, Add add)
  {
    const double rate = rate_of(count, add);
    raw_.clear_link(link_);
    return rate;
  }

private:
  static rtnl::connection open(host& program)
  {
    auto opened = rtnl::connection::open(program.context().get_executor());
    if (!opened) throw std::runtime_error(opened.assume_error().message());
    return std::move(opened).assume_value();
  }

  raw_routes raw_;
  std::uint32_t link_;
  host program_;
  rtnl::connection kernel_;
};

outcome one_by_one(bench_network& on, const settings& how)
{
  const auto n = how.routes;
  contest all("route add, one after the other", "routes",
              std::to_string(n) + " routes a turn, one CPU, own netns");
  all.peer("C, libmnl: send, receive",
           [&on, n] { return on.adding(n, [&] { on.raw().add_one_by_one(on.link(), n); }); });
  all.rival("linx, rtnl::connection::add_route", 0.90, [&on, n] {
    return on.adding(n, [&] { on.program().run(add_typed(on.typed(), on.link(), n)); });
  });
  all.rival("linx, netlink::connection::submit", std::nullopt, [&on, n] {
    return on.adding(n, [&] { on.program().run(add_untyped(on.untyped(), on.link(), n)); });
  });
  return all.hold(how.rounds);
}

outcome in_bulk(bench_network& on, const settings& how)
{
  const auto n = how.routes;
  contest all("route add, in bulk", "routes", std::to_string(n) + " routes a turn, one CPU, own netns");
  all.peer("C, libmnl: 128 a send, ACK on the last",
           [&on, n] { return on.adding(n, [&] { on.raw().add_in_bulk(on.link(), n); }); });
  all.rival("linx, netlink::connection::bulk", 0.95, [&on, n] {
    return on.adding(n, [&] { on.program().run(add_in_bulk(on.untyped(), on.link(), n)); });
  });
  return all.hold(how.rounds);
}

outcome listing(bench_network& on, const settings& how)
{
  on.raw().add_in_bulk(on.link(), how.routes);
  const std::size_t there = on.raw().list();
  const auto complete = [there](std::size_t listed) {
    if (listed != there) throw std::runtime_error("a dump listed " + std::to_string(listed) + " routes");
  };
  contest all("route dump", "routes", std::to_string(there) + " routes, one CPU, own netns");
  all.peer("C, libmnl: walks the attributes", [&on, there, complete] {
    return rate_of(static_cast<double>(there), [&] { complete(on.raw().list()); });
  });
  all.rival("linx, rtnl::connection::routes, typed", 0.55, [&on, there, complete] {
    return rate_of(static_cast<double>(there), [&] { complete(on.program().value(list_typed(on.typed()))); });
  });
  all.rival("linx, netlink::connection::dump_blocks", std::nullopt, [&on, there, complete] {
    return rate_of(static_cast<double>(there),
                   [&] { complete(on.program().value(list_blocks(on.untyped()))); });
  });
  return all.hold(how.rounds);
}

} // namespace

std::vector<outcome> route_benchmarks(const settings& how)
{
  if (!enter_own_network()) return {};
  const one_cpu bound;
  bench_network on;
  std::vector<outcome> all;
  all.push_back(one_by_one(on, how));
  all.push_back(in_bulk(on, how));
  all.push_back(listing(on, how));
  return all;
}

} // namespace linx::bench
