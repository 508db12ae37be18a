// What rtnetlink streams hold: the memory of a long dump, the events of a flood.
#include "bench_network.hpp"
#include "settings.hpp"

#include <linx/rtnl/monitor.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <stdexcept>
#include <thread>

#include <malloc.h>

namespace linx::bench {

namespace {

double heap_in_use()
{
  const auto heap = ::mallinfo2();
  return static_cast<double>(heap.uordblks + heap.hblkhd);
}

class dump_memory {
public:
  std::size_t routes = 0;
  double most = 0; // bytes of the heap
};

// Looks at the heap often enough to see every datagram of the dump come and go: 32 KiB hold 600 routes.
task<dump_memory> list_and_look(rtnl::connection kernel, bool incremental)
{
  constexpr std::size_t stride = 100;
  dump_memory seen;
  auto routes = kernel.routes(net::family::v4, netlink::dump_options().incremental(incremental));
  for (;;) {
    if (seen.routes % stride == 0) seen.most = std::max(seen.most, heap_in_use());
    LINX_TRY(const auto next, co_await routes.next());
    if (!next) break;
    ++seen.routes;
  }
  co_return seen;
}

double growth_in_kib(bench_network& on, std::size_t expected, bool incremental)
{
  const double before = heap_in_use();
  const auto seen = on.program().value(list_and_look(on.typed(), incremental));
  if (seen.routes != expected)
    throw std::runtime_error("a dump listed " + std::to_string(seen.routes) + " routes");
  return (seen.most - before) / 1024;
}

outcome memory_of_dumps(bench_network& on, const settings& how)
{
  const std::uint32_t few = how.routes, many = 10 * how.routes;
  outcome result;
  result.title = "memory of a route dump";
  result.method = "the most that the heap grows while " + std::to_string(few) + " and " +
                  std::to_string(many) + " typed routes are read one by one";
  result.rounds = 1;
  for (const std::uint32_t count : {few, many}) {
    on.raw().add_in_bulk(on.link(), count);
    const auto name = [count](const char* kind) { return std::to_string(count) + " routes, " + kind; };
    growth_in_kib(on, count, true); // the buffers of the connection are there
    result.figures.push_back({name("as a stream of parts"), growth_in_kib(on, count, true), "KiB", 256});
    result.figures.push_back({name("held until complete"), growth_in_kib(on, count, false), "KiB", {}});
    on.raw().clear_link(on.link());
  }
  return result;
}

class flood_tally {
public:
  std::size_t events = 0;
  std::size_t losses = 0;
};

bool is_event_of(const rtnl::event& what, std::uint32_t link)
{
  const auto* changed = std::get_if<rtnl::changed<rtnl::link>>(&what);
  return changed && changed->what() == rtnl::change::set && changed->value().index == link;
}

// Counts the new routes until the link that they go over changes. Takes the stream with it: as long as a
// monitor listens, its context has work.
task<flood_tally> count_until_link_changes(stream<rtnl::event> events, std::uint32_t link)
{
  flood_tally seen;
  for (;;) {
    LINX_TRY(const auto next, co_await events.next());
    if (!next || is_event_of(*next, link)) break;
    const auto* route = std::get_if<rtnl::changed<rtnl::route>>(&*next);
    if (route && route->what() == rtnl::change::set) ++seen.events;
    if (std::holds_alternative<netlink::lost>(*next)) ++seen.losses;
  }
  co_return seen;
}

// From another thread, as fast as the kernel goes. Afterwards the link goes down, which is told after the
// flood, and again and again in case that was lost too.
class flood {
public:
  flood(bench_network& on, std::uint32_t count)
      : thread_([this, &on, count] {
          try {
            rate_ = rate_of(count, [&] { on.raw().add_in_bulk(on.link(), count); });
            do {
              on.raw().clear_link(on.link());
              std::this_thread::sleep_for(std::chrono::milliseconds(50));
            } while (!seen_);
          } catch (...) {
            failure_ = std::current_exception();
          }
        })
  {}
  ~flood()
  {
    seen_ = true;
    if (thread_.joinable()) thread_.join();
  }
  flood(const flood&) = delete;
  flood& operator=(const flood&) = delete;

  // The rate of changes.
  double end()
  {
    seen_ = true;
    thread_.join();
    if (failure_) std::rethrow_exception(failure_);
    return rate_;
  }

private:
  std::atomic<bool> seen_ = false;
  double rate_ = 0;
  std::exception_ptr failure_;
  std::thread thread_;
};

outcome flood_of_events(bench_network& on, const settings& how)
{
  const std::uint32_t count = how.quick ? 5000 : 50000;
  std::vector<double> missing, losses, rates;
  for (unsigned round = 0; round < how.rounds; ++round) {
    auto opened = rtnl::monitor::open(on.program().context().get_executor());
    if (!opened) throw std::runtime_error(opened.assume_error().message());
    auto counting = count_until_link_changes(std::move(opened).assume_value(), on.link());
    flood adding(on, count);
    const auto seen = on.program().value(std::move(counting));
    rates.push_back(adding.end());
    missing.push_back(static_cast<double>(count) - static_cast<double>(seen.events));
    losses.push_back(static_cast<double>(seen.losses));
  }
  outcome result;
  result.title = "a flood of " + std::to_string(count) + " events";
  result.method =
      "route changes by another thread in bulk, a consumer that only counts, default buffers; any "
      "CPU; the worst of " +
      std::to_string(how.rounds);
  result.rounds = 1;
  result.figures.push_back({"lost", spread_of(missing).most, "events", 0});
  result.figures.push_back({"told of a loss", spread_of(losses).most, "times", std::nullopt});
  result.figures.push_back({"changes, median", spread_of(rates).median, "a second", std::nullopt});
  return result;
}

} // namespace

std::vector<outcome> stream_benchmarks(const settings& how)
{
  if (const auto refused = enter_own_network(); !refused.empty()) return {not_measured("streams", refused)};
  bench_network on;
  std::vector<outcome> all;
  all.push_back(memory_of_dumps(on, how));
  all.push_back(flood_of_events(on, how));
  return all;
}

} // namespace linx::bench
