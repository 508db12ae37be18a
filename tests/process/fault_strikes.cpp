#include "process/fault_strikes.hpp"

namespace linx::test {

namespace {

/// Everything that one run needs.
struct run_plan {
  const fault* what;
  victim who;
  life_stage at;
  std::string_view ends;
  process_options options;
};

std::string_view to_string(victim v)
{
  return v == victim::host ? "host" : v == victim::spawner ? "spawner" : "child";
}

task<> strike_and_see(const run_plan& plan, surroundings& around, host_record& record)
{
  const bool born = plan.who == victim::child;
  LINX_TRY(auto l, co_await bring_to(plan.at, around.spawner, plan.options, born));
  record.spawner = around.spawner;
  record.child = l->pid;
  const pid_t target = plan.who == victim::host      ? ::getpid()
                       : plan.who == victim::spawner ? around.spawner
                                                     : l->pid;
  const bool passes = plan.what->lasts.count() != 0;
  if (passes && plan.who == victim::host) l->let_go(around.spawner); // they go on meanwhile
  plan.what->strike(target);
  if (passes && plan.who != victim::host) {
    LINX_TRYV(co_await sleep_for(plan.what->lasts));
  }
  l->let_go(around.spawner);
  if (passes) plan.what->relieve(target);
  const auto end = co_await see_to_its_end(*l);
  if (plan.what->relieve) plan.what->relieve(target);
  if (!end) co_return end.error();
  if (!is_one_of(end.value(), plan.ends))
    co_return wrong("ended as '" + end.value() + "' and not as '" + std::string(plan.ends) +
                    "': " + why(*l->child.info().outcome));
  co_return success();
}

task<> one_run(run_plan plan, host_record& record)
{
  surroundings around;
  LINX_TRYV(co_await measure(around));
  LINX_TRYV(co_await strike_and_see(plan, around, record));
  co_return co_await check_nothing_left(around);
}

} // namespace

void run_all(const fault& what, std::vector<row> rows, const process_options& options)
{
  host_farm farm;
  for (const row& r : rows) {
    for (std::size_t i = 0; i != life_stages.size(); ++i) {
      if (r.ends[i].empty()) continue;
      run_plan plan{&what, r.who, life_stages[i], r.ends[i], options};
      std::string name = std::string(what.name) + " of the " + std::string(to_string(r.who)) + ", " +
                         std::string(to_string(plan.at));
      plan.options.argv0(name);
      const bool killed = r.ends[i] == "killed";
      farm.start(
          std::move(name),
          [plan](host_record& record) {
            const auto done = test::run(one_run(plan, record));
            return why(done);
          },
          killed);
    }
  }
  farm.finish();
}

} // namespace linx::test
