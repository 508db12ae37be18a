// Faults in the middle of a crowd, whose children are born apart from their spawner and introduce themselves:
// for each of them, one outcome that the fault explains; and nothing is left.

#include "process/fault_strikes.hpp"

BOOST_AUTO_TEST_SUITE(process_crowd_fault)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

/// How far it has come: nobody has read the requests; some run already, of which the host has not heard; all
/// run, and the host knows.
enum class moment { unread, unheard, running };
constexpr std::array moments{moment::unread, moment::unheard, moment::running};

std::string_view to_string(moment m)
{
  constexpr std::array<std::string_view, 3> names{"unread", "unheard", "running"};
  return names.at(static_cast<std::size_t>(m));
}

constexpr std::size_t size = 40;

/// One of it, with a stream that has seen nothing yet.
struct member {
  explicit member(process p) : child(std::move(p)), events(child.events()) {}

  process child;
  stream<process_event> events;
};

using members = std::vector<member>;

/// Its children; the anchor is not one of them.
std::vector<pid_t> born(const surroundings& around)
{
  auto all = children_of(around.spawner);
  std::erase(all, around.anchor->host_pid().value());
  return all;
}

/// \param at unread: its spawner stays stopped.
task<members> gather(moment at, const surroundings& around)
{
  stop(around.spawner);
  members all;
  for (std::size_t i = 0; i != size; ++i) {
    LINX_TRY(auto child, co_await process::spawn(long_sleep().auto_proceed()));
    all.emplace_back(std::move(child));
  }
  if (at == moment::unread) co_return std::move(all);
  ::kill(around.spawner, SIGCONT);
  if (at == moment::unheard) {
    while (born(around).size() < size / 2) ::usleep(100); // without a turn for the context
    co_return std::move(all);
  }
  for (auto& one : all) {
    LINX_TRYV(co_await one.child.ready());
    while (one.child.info().state != process_state::running) {
      LINX_TRYV(co_await pause_briefly());
    }
  }
  co_return std::move(all);
}

/// What is done to it, and how its members may end: alternatives of outcome_text() at each moment.
struct blow {
  std::string_view name;
  task<> (*strike)(surroundings&, members&);
  std::array<std::string_view, moments.size()> ends;
};

task<> struck(const blow& what, moment at, host_record& record)
{
  surroundings around;
  LINX_TRYV(co_await measure(around));
  record.spawner = around.spawner;
  {
    LINX_TRY(auto all, co_await gather(at, around));
    LINX_TRYV(co_await what.strike(around, all));
    ::kill(around.spawner, SIGCONT);
    for (auto& one : all) {
      (void)co_await one.child.ready();
      (void)one.child.signal(SIGTERM);
      LINX_TRY(const auto end, co_await ended_once(one.child, one.events));
      const auto ends = what.ends.at(static_cast<std::size_t>(at));
      if (!is_one_of(end, ends))
        co_return wrong("one ended as '" + end + "' and not as '" + std::string(ends) +
                        "': " + why(*one.child.info().outcome));
    }
    set_limit<RLIMIT_NOFILE>(around.spawner, RLIM_INFINITY);
  }
  co_return co_await check_nothing_left(around);
}

/// A host for each moment, all at the same time.
void at_each_moment(const blow& what)
{
  host_farm farm;
  const bool killed = what.ends.front() == "killed";
  for (const moment at : moments)
    farm.start(
        std::string(what.name) + ", " + std::string(to_string(at)),
        [&what, at](host_record& record) { return why(test::run(struck(what, at, record))); }, killed);
  farm.finish();
}

task<> kill_host(surroundings&, members&)
{
  ::kill(::getpid(), SIGKILL);
  co_return success();
}

task<> kill_spawner(surroundings& around, members&)
{
  ::kill(around.spawner, SIGKILL);
  co_return success();
}

task<> stop_spawner_for_a_second(surroundings& around, members&)
{
  stop(around.spawner);
  co_return co_await sleep_for(1s);
}

task<> no_descriptor_for_the_spawner(surroundings& around, members&)
{
  set_limit<RLIMIT_NOFILE>(around.spawner, 3);
  co_return success();
}

/// At any moment of theirs.
task<> kill_children(surroundings& around, members&)
{
  ::kill(around.spawner, SIGCONT);
  const auto deadline = std::chrono::steady_clock::now() + 50ms;
  do {
    for (const pid_t pid : born(around)) ::kill(pid, SIGKILL);
  } while (std::chrono::steady_clock::now() < deadline);
  co_return success();
}

task<> drop_all(surroundings&, members& all)
{
  all.clear();
  co_return success();
}

task<> abort_all(surroundings&, members& all)
{
  for (auto& one : all) (void)one.child.abort();
  co_return success();
}

} // namespace

BOOST_AUTO_TEST_CASE(host_killed)
{
  at_each_moment({"host killed", kill_host, {"killed", "killed", "killed"}});
}

// One that runs has its grace; nobody may be there to tell how it ended.
BOOST_AUTO_TEST_CASE(spawner_killed)
{
  const std::string_view dead = "failed at spawner_died", lost = "signaled 9|signaled 15|unknown",
                         either = "failed at spawner_died|signaled 9|signaled 15|unknown";
  at_each_moment({"spawner killed", kill_spawner, {dead, either, lost}});
}

BOOST_AUTO_TEST_CASE(spawner_stopped)
{
  const std::string_view end = "signaled 15";
  at_each_moment({"spawner stopped", stop_spawner_for_a_second, {end, end, end}});
}

// A child has the limits of its spawner, and its program may not find its library.
BOOST_AUTO_TEST_CASE(no_descriptor_left)
{
  const std::string_view some = "failed at fd_pass|failed at socketpair|exited 127|signaled 15";
  at_each_moment(
      {"no descriptor", no_descriptor_for_the_spawner, {"failed at fd_pass", some, "signaled 15"}});
}

BOOST_AUTO_TEST_CASE(children_killed)
{
  const std::string_view young =
      "failed at ready_frame|failed at exec_outcome|failed at execve|signaled 9|signaled 15";
  at_each_moment({"children killed", kill_children, {young, young, "signaled 9"}});
}

BOOST_AUTO_TEST_CASE(handles_dropped)
{
  at_each_moment({"dropped", drop_all, {"", "", ""}});
}

// Who runs already may end by SIGKILL, or is beyond it.
BOOST_AUTO_TEST_CASE(aborted)
{
  const std::string_view either = "aborted|signaled 9|signaled 15";
  at_each_moment({"aborted", abort_all, {either, either, "signaled 15"}});
}

BOOST_AUTO_TEST_SUITE_END()
