// linx beside what else starts programs: Boost.Process v2, bubblewrap, crun; and linx in a large host beside
// itself in a small one.
#include "ballast.hpp"
#include "boost_spawn.hpp"
#include "clock.hpp"
#include "cycles.hpp"
#include "placement.hpp"
#include "places.hpp"
#include "sandboxes.hpp"
#include "settings.hpp"

#include <linx/process/process.hpp>

#include <algorithm>
#include <exception>

namespace linx::bench {

namespace {

outcome beside_boost(const settings& how, std::size_t resident, double budget, unsigned boost_count)
{
  const auto title = "Boost.Process v2, host of " + std::to_string(resident / gib) + " GiB";
  if (!has_boost_process()) return not_measured(title, "this Boost has no Boost.Process v2");
  if (how.quick && resident > 0) return not_measured(title, "touching so much memory is not for --quick");
  if (memory_available() < resident + gib) return not_measured(title, "not so much memory is free");
  const one_cpu bound;
  const ballast memory(std::max<std::size_t>(resident, 1));
  host program;
  contest all(title, "spawns", "one after the other, host, spawner and Boost on one CPU, touched memory");
  all.peer("Boost.Process v2, async_wait", [boost_count] {
    return rate_of(boost_count, [boost_count] { boost_spawns(bench_target(), boost_count); });
  });
  all.rival("linx, auto_proceed", budget,
            [&] { return sequential(program, target(), way::auto_proceed, how.spawns); });
  return all.hold(how.rounds);
}

outcome beside_itself(const settings& how)
{
  constexpr auto large = 8 * gib;
  const char* const title = "a host of 8 GiB beside one of nothing";
  if (how.quick) return not_measured(title, "touching so much memory is not for --quick");
  if (memory_available() < large + 2 * gib) return not_measured(title, "not so much memory is free");
  const one_cpu bound;
  host program;
  contest all(title, "spawns", "one CPU; the memory is touched, and given back, around each turn");
  all.peer("linx, auto_proceed",
           [&] { return sequential(program, target(), way::auto_proceed, how.spawns); });
  all.rival("linx, auto_proceed, 8 GiB resident", 0.80, [&] {
    const ballast memory(large);
    return sequential(program, target(), way::auto_proceed, how.spawns);
  });
  return all.hold(std::min(how.rounds, 5u)); // each takes seconds to touch the memory
}

outcome beside_sandbox(const settings& how, const std::string& name, const std::vector<std::string>& command,
                       bool net, double budget)
{
  const auto title = name + (net ? ", with a network namespace" : ", without a network namespace");
  if (command.front().empty())
    return not_measured(title, name + " is not installed; ./dev bench --peers installs it");
  const one_cpu bound;
  host program;
  auto options = target().unshare(net ? "mount,pid,ipc,uts,cgroup,net" : "mount,pid,ipc,uts,cgroup");
  const unsigned few = std::max(3u, how.spawns / 15);
  contest all(title, "runs",
              "the same namespaces, one after the other on one CPU; " + name +
                  " also mounts a root and /proc");
  all.peer(name, [&, few] {
    return rate_of(few, [&] {
      for (unsigned i = 0; i < few; ++i) run_program(command);
    });
  });
  all.rival("linx, checkpoint", budget,
            [&] { return sequential(program, options, way::checkpoint, few * 5); });
  return all.hold(how.rounds);
}

void add_sandboxes(const settings& how, std::vector<outcome>& all)
try {
  enter_mounts_with_cgroup2();
  const sandbox_files files(bench_target());
  all.push_back(beside_sandbox(how, "bubblewrap", files.bubblewrap(false), false, 8));
  all.push_back(beside_sandbox(how, "bubblewrap", files.bubblewrap(true), true, 4));
  all.push_back(beside_sandbox(how, "crun", files.crun(false), false, 12));
  all.push_back(beside_sandbox(how, "crun", files.crun(true), true, 6));
} catch (const std::exception& failed) { // it is their failure, or a want of privilege, and not linx's
  all.push_back(not_measured("bubblewrap and crun", failed.what()));
}

} // namespace

std::vector<outcome> peer_benchmarks(const settings& how)
{
  std::vector<outcome> all;
  all.push_back(beside_boost(how, 0, 1.5, how.spawns));
  all.push_back(beside_boost(how, gib, 50, std::max(2u, how.spawns / 30)));
  all.push_back(beside_itself(how));
  add_sandboxes(how, all);
  return all;
}

} // namespace linx::bench
