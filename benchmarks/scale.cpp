// Many children: how much memory each takes, whether a storm of them loses one, and how long an exit is held
// up by the making of network namespaces.
#include "clock.hpp"
#include "cycles.hpp"
#include "settings.hpp"

#include <linx/process/process.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <string>

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

namespace linx::bench {

namespace {

constexpr unsigned many = 10'000;

// As many descriptors as this process may have, while it lives: what comes after is measured as it was
// started.
class all_descriptors {
public:
  all_descriptors()
  {
    ::getrlimit(RLIMIT_NOFILE, &former_);
    rlimit most = former_;
    most.rlim_cur = most.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &most);
  }
  ~all_descriptors() { ::setrlimit(RLIMIT_NOFILE, &former_); }
  all_descriptors(const all_descriptors&) = delete;
  all_descriptors& operator=(const all_descriptors&) = delete;
  std::size_t count() const { return former_.rlim_max; }

private:
  rlimit former_{};
};

process_options waiting_target()
{
  return target().arg("wait");
}

struct memory {
  double heap = 0;         // bytes in use
  double proportional = 0; // bytes, Pss of all mappings
};

memory memory_now()
{
  memory now;
  const auto heap = ::mallinfo2();
  now.heap = static_cast<double>(heap.uordblks + heap.hblkhd);
  std::ifstream rollup("/proc/self/smaps_rollup");
  for (std::string word; rollup >> word;) {
    if (word != "Pss:") continue;
    double kib = 0;
    rollup >> kib;
    now.proportional = kib * 1024;
    break;
  }
  return now;
}

// Stops early where the kernel allows no more.
task<> start_all(std::vector<process>& children, unsigned count, way how)
{
  // In groups: a child that only waits to be parked needs a descriptor in flight.
  constexpr unsigned group = 64;
  while (children.size() < count) {
    const auto first = children.size();
    for (unsigned i = 0; i < group && children.size() < count; ++i) {
      LINX_TRY(auto child, co_await process::spawn(waiting_target().auto_proceed(how == way::auto_proceed)));
      children.push_back(std::move(child));
    }
    for (auto i = first; i < children.size(); ++i) {
      auto ready = co_await children[i].ready();
      if (ready) continue;
      if (ready.error().errnum() != EAGAIN) co_return std::move(ready).error();
      children.erase(children.begin() + static_cast<std::ptrdiff_t>(i),
                     children.end()); // RLIMIT_NPROC, pids.max or kernel.pid_max
      co_return success();
    }
  }
  co_return success();
}

task<> end_all(std::vector<process>& children, way how)
{
  for (auto& child : children) {
    if (how == way::checkpoint) {
      LINX_TRYV(child.abort());
    } else {
      LINX_TRYV(child.signal(SIGKILL));
    }
  }
  for (auto& child : children) {
    LINX_TRYV(co_await child.wait());
  }
  co_return success();
}

struct crowd {
  std::vector<process> children;
  std::size_t most = 0; // that lived at once
  double rate = 0;
  memory full;
};

task<> gather(crowd& all, unsigned count, way how)
{
  const auto began = std::chrono::steady_clock::now();
  LINX_TRYV(co_await start_all(all.children, count, how));
  all.rate = static_cast<double>(all.children.size()) /
             std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  all.full = memory_now();
  all.most = all.children.size();
  LINX_TRYV(co_await end_all(all.children, how));
  co_return success();
}

outcome alive_at_once(const settings& how, way kind)
{
  const unsigned each = kind == way::checkpoint ? 2 : 1; // descriptors: the pidfd, the checkpoint socket
  const all_descriptors descriptors;
  const auto room = static_cast<unsigned>(std::min<std::size_t>((descriptors.count() - 256) / each, many));
  const unsigned count = how.quick ? std::min(room, 500u) : room;

  host program;
  crowd all;
  all.children.reserve(count);
  program.run(cycles(target(), way::auto_proceed, 1)); // the spawner and its buffers are there
  const auto before = memory_now();
  program.run(gather(all, count, kind));

  outcome result;
  result.title =
      std::to_string(count) + (kind == way::checkpoint ? " parked" : " running") + " children at once";
  result.method = "one host; the growth of its heap and of its Pss, divided by the children";
  result.rounds = 1;
  constexpr double most = 4;
  result.figures.push_back({"heap of the host for each",
                            (all.full.heap - before.heap) / static_cast<double>(all.most) / 1024, "KiB",
                            most});
  result.figures.push_back(
      {"Pss of the host for each",
       (all.full.proportional - before.proportional) / static_cast<double>(all.most) / 1024, "KiB", most});
  result.figures.push_back({"started", all.rate, "a second", std::nullopt});
  return result;
}

task<> one_life(unsigned& succeeded)
{
  process_options options = target();
  LINX_TRY(auto child, co_await process::spawn(std::move(options)));
  LINX_TRYV(co_await child.ready());
  LINX_TRYV(co_await child.proceed());
  LINX_TRY(const auto status, co_await child.wait());
  succeeded += status.success();
  co_return success();
}

outcome storm(const settings& how)
{
  const unsigned count = how.quick ? 100 : 1000;
  const all_descriptors descriptors;
  host program;
  unsigned succeeded = 0;
  const double rate = rate_of(count, [&] {
    std::vector<task<>> all;
    for (unsigned i = 0; i < count; ++i) all.push_back(one_life(succeeded));
    program.run(std::move(all));
  });
  outcome result;
  result.title = "a storm of " + std::to_string(count) + " spawns at once";
  result.method = "all asked for in one go, with a checkpoint each; any CPU";
  result.rounds = 1;
  result.figures.push_back({"lost", static_cast<double>(count - succeeded), "children", 0});
  result.figures.push_back({"spawned, run and reported", rate, "a second", std::nullopt});
  return result;
}

task<> spawn_namespaces(unsigned count, unsigned& left)
{
  for (unsigned i = 0; i < count; ++i, --left) {
    LINX_TRYV(co_await cycles(target().unshare("net"), way::auto_proceed, 1));
  }
  co_return success();
}

// Kills a child, again and again, and takes the time until its end is known.
task<> time_exits(const unsigned& left, std::vector<double>& delays)
{
  while (left > 0) {
    process_options options = waiting_target().auto_proceed();
    LINX_TRY(auto child, co_await process::spawn(std::move(options)));
    LINX_TRYV(co_await child.proceed());
    const auto killed = std::chrono::steady_clock::now();
    LINX_TRYV(child.signal(SIGKILL));
    LINX_TRYV(co_await child.wait());
    delays.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - killed).count());
  }
  co_return success();
}

outcome exits_beside_namespaces(const settings& how)
{
  constexpr unsigned width = 8;
  const unsigned count = how.quick ? 100 : 1000;
  const auto title = "exits beside " + std::to_string(count) + " spawns with a network namespace";
  if (::geteuid() != 0) return not_measured(title, "a network namespace without a user namespace takes root");
  host program;
  unsigned left = count / width * width;
  std::vector<double> delays;
  const double rate = rate_of(left, [&] {
    std::vector<task<>> all;
    for (unsigned i = 0; i < width; ++i) all.push_back(spawn_namespaces(count / width, left));
    all.push_back(time_exits(left, delays));
    program.run(std::move(all));
  });
  const auto delay = spread_of(delays);
  outcome result;
  result.title = title;
  result.method = std::to_string(width) + " at a time; beside them a child is killed and its end awaited, " +
                  std::to_string(delays.size()) + " times; any CPU";
  result.rounds = 1;
  result.figures.push_back({"worst delay from the kill to the exit event", delay.most, "ms", 20});
  result.figures.push_back({"median of that delay", delay.median, "ms", std::nullopt});
  result.figures.push_back({"spawned with a network namespace", rate, "a second", std::nullopt});
  return result;
}

} // namespace

std::vector<outcome> scale_benchmarks(const settings& how)
{
  std::vector<outcome> all;
  all.push_back(alive_at_once(how, way::auto_proceed));
  all.push_back(alive_at_once(how, way::checkpoint));
  all.push_back(storm(how));
  all.push_back(exits_beside_namespaces(how));
  return all;
}

} // namespace linx::bench
