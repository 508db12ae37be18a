// From the request to the exit status in the host's hands: linx against a raw clone3 loop.
#include "clock.hpp"
#include "cycles.hpp"
#include "placement.hpp"
#include "places.hpp"
#include "raw_spawn.hpp"
#include "settings.hpp"

namespace linx::bench {

namespace {

double raw(unsigned count)
{
  return rate_of(count, [count] {
    for (unsigned i = 0; i < count; ++i) raw_spawn(bench_target());
  });
}

// What one spawn takes of the host's own thread, which nothing in it ever blocks; in microseconds.
double host_time(host& on, way how, unsigned count)
{
  const auto began = thread_time();
  on.run(cycles(target(), how, count));
  return std::chrono::duration<double, std::micro>(thread_time() - began).count() / count;
}

// What the call itself blocks it for: where fork(2) would copy the page tables of the host.
double call_time(host& on, unsigned count)
{
  const std::chrono::duration<double, std::micro> all = on.value(spawn_calls(target(), count));
  return all.count() / count;
}

outcome on_one_cpu(const settings& how)
{
  // Before the spawner's start: it takes the affinity of the thread that starts it.
  const one_cpu bound;
  host program;
  const auto n = how.spawns;
  contest all("spawn to exit, one after the other", "spawns", "host, spawner and raw loop on one CPU");
  all.peer("raw clone3(VM|VFORK|PIDFD), exec, wait", [n] { return raw(n); });
  all.rival("linx, checkpoint", 0.42, [&] { return sequential(program, target(), way::checkpoint, n); });
  all.rival("linx, auto_proceed", 0.60, [&] { return sequential(program, target(), way::auto_proceed, n); });
  all.number("the host's thread in a call of spawn()", "us", 30, [&] { return call_time(program, n); });
  all.number("the host's thread for each, checkpoint", "us", 30,
             [&] { return host_time(program, way::checkpoint, n); });
  all.number("the host's thread for each, auto_proceed", "us", 30,
             [&] { return host_time(program, way::auto_proceed, n); });
  return all.hold(how.rounds);
}

outcome in_flight(const settings& how)
{
  constexpr unsigned width = 64;
  host program;
  const auto n = how.spawns * 4;
  contest all("spawn to exit, 64 in flight", "spawns",
              "any CPU; the raw loop one after the other on one CPU");
  all.peer("raw clone3(VM|VFORK|PIDFD), exec, wait", [&how] {
    const one_cpu bound;
    return raw(how.spawns);
  });
  all.rival("linx, checkpoint", 0.45,
            [&] { return concurrent(program, target(), way::checkpoint, n, width); });
  all.rival("linx, auto_proceed", 0.60,
            [&] { return concurrent(program, target(), way::auto_proceed, n, width); });
  return all.hold(how.rounds);
}

// Reported without an aim: how far two CPUs that wake each other are apart is the machine's doing.
outcome on_any_cpu(const settings& how)
{
  host program;
  const auto n = how.spawns;
  contest all("spawn to exit, one after the other, any CPU", "spawns", "nothing bound; the raw loop neither");
  all.peer("raw clone3(VM|VFORK|PIDFD), exec, wait", [n] { return raw(n); });
  all.rival("linx, checkpoint", std::nullopt,
            [&] { return sequential(program, target(), way::checkpoint, n); });
  all.rival("linx, auto_proceed", std::nullopt,
            [&] { return sequential(program, target(), way::auto_proceed, n); });
  return all.hold(how.rounds);
}

} // namespace

std::vector<outcome> spawn_benchmarks(const settings& how)
{
  std::vector<outcome> all;
  all.push_back(on_one_cpu(how));
  all.push_back(in_flight(how));
  all.push_back(on_any_cpu(how));
  return all;
}

} // namespace linx::bench
