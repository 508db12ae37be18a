// What a plan at the checkpoint costs: steps travel in one message, and their outcome in another.
#include "cycles.hpp"
#include "host.hpp"
#include "settings.hpp"

#include <linx/process/process.hpp>
#include <linx/process/steps.hpp>

#include <chrono>
#include <string>

#include <sys/resource.h>

namespace linx::bench {

namespace {

checkpoint_plan plan_of(unsigned steps)
{
  checkpoint_plan plan;
  for (unsigned n = 0; n < steps; ++n) {
    if (n % 2 == 0)
      plan.add(step::limit({RLIMIT_NOFILE, 100 + rlim_t(n), 1000}));
    else
      plan.add(step::umask(022));
  }
  return plan;
}

// A parked child applies the plan again and again.
task<> time_plans(unsigned steps, unsigned times, std::vector<double>& microseconds)
{
  auto options = target();
  LINX_TRY(auto child, co_await process::spawn(std::move(options)));
  LINX_TRYV(co_await child.ready());
  for (unsigned n = 0; n < times; ++n) {
    auto plan = plan_of(steps);
    const auto began = std::chrono::steady_clock::now();
    auto applying = child.apply(std::move(plan));
    LINX_TRYV(co_await std::move(applying));
    const auto took = std::chrono::steady_clock::now() - began;
    microseconds.push_back(std::chrono::duration<double, std::micro>(took).count());
  }
  LINX_TRYV(child.abort());
  LINX_TRYV(co_await child.wait());
  co_return success();
}

double microseconds_of(unsigned steps, unsigned times)
{
  host program;
  std::vector<double> all;
  program.run(time_plans(steps, times, all));
  return spread_of(std::move(all)).median;
}

} // namespace

std::vector<outcome> plan_benchmarks(const settings& how)
{
  const unsigned times = how.quick ? 100 : 2000;
  outcome result;
  result.title = "a plan for a parked child";
  result.method = "limits and umasks, applied " + std::to_string(times) + " times; the median of each; any CPU";
  result.rounds = 1;
  result.figures.push_back({"20 steps", microseconds_of(20, times), "us", 150});
  result.figures.push_back({"1 step", microseconds_of(1, times), "us", std::nullopt});
  return {result};
}

} // namespace linx::bench
