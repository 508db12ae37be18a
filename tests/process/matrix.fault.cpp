// Host, spawner and child, each struck at each stage of a child's life, and always the same is asked: exactly
// one outcome, no orphan, no zombie, no descriptor lost, and the next spawn works.
//
// Each run is a host in a process of its own (fault_hosts.hpp), all runs of a fault at the same time.

#include "process/fault_strikes.hpp"

#include <linx/core/spawn.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

BOOST_AUTO_TEST_SUITE(process_matrix_fault)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

/// A host for each stage, all at the same time, whose session is at that stage when the body begins.
void at_each_stage(const std::string& name, task<> (*body)(std::unique_ptr<life>, pid_t spawner))
{
  host_farm farm;
  const auto whole = [body](life_stage at, host_record& record) -> task<> {
    surroundings around;
    LINX_TRYV(co_await measure(around));
    LINX_TRY(auto l, co_await bring_to(at, around.spawner, long_sleep()));
    record.spawner = around.spawner;
    record.child = l->pid;
    LINX_TRYV(co_await body(std::move(l), around.spawner));
    co_return co_await check_nothing_left(around);
  };
  for (const life_stage at : life_stages)
    farm.start(name + ", " + std::string(to_string(at)), [&whole, at](host_record& record) {
      const auto done = test::run(whole(at, record));
      return why(done);
    });
  farm.finish();
}

/// Operations that were started, and what each has come to.
class pending {
public:
  template <class T>
  void start(const executor& ex, std::string name, task<T> op)
  {
    auto one = std::make_shared<operation>();
    one->name = std::move(name);
    auto note = [one](result<T> r) { one->ended.emplace(r ? result<>(success()) : result<>(r.error())); };
    linx::spawn(ex, std::move(op), asio::bind_cancellation_slot(one->cancel.slot(), std::move(note)));
    operations_.push_back(std::move(one));
  }

  /// True if each has ended by this error; those that were finished before must have succeeded.
  task<> all_end_by(errc e)
  {
    for (const auto& one : operations_) {
      while (!one->ended) {
        LINX_TRYV(co_await pause_briefly());
      }
      if (one->was_pending ? !(one->ended->has_error() && one->ended->error() == e) : one->ended->has_error())
        co_return wrong(one->name + ": " + why(*one->ended));
    }
    co_return success();
  }

  /// Looks who still waits, and cancels those if asked to. Returns how many.
  std::size_t note_pending(bool cancel)
  {
    std::size_t count = 0;
    for (const auto& one : operations_) {
      one->was_pending = !one->ended;
      count += one->was_pending;
    }
    for (const auto& one : operations_)
      if (cancel && one->was_pending) one->cancel.emit(asio::cancellation_type::total);
    return count;
  }

private:
  struct operation {
    std::string name;
    asio::cancellation_signal cancel;
    std::optional<result<>> ended;
    bool was_pending = false;
  };
  std::vector<std::shared_ptr<operation>> operations_;
};

/// All that can be awaited of a session.
task<pending> await_everything(life& l)
{
  if (l.at == life_stage::parked) {
    stop(l.pid); // or it would answer the step
    l.child_held = true;
  }
  const executor ex = co_await asio::this_coro::executor;
  pending ops;
  ops.start(ex, "ready", l.child.ready());
  ops.start(ex, "first wait", l.child.wait());
  ops.start(ex, "second wait", l.child.wait());
  ops.start(ex, "step", [](life& of) -> task<> {
    // Refused where the session is at no checkpoint; a stopped child does not answer it.
    const auto answer = co_await of.child.no_new_privs();
    if (answer || answer.error() == errc::cancelled || answer.error() == errc::closed) co_return answer;
    co_return success();
  }(l));
  LINX_TRYV(co_await pause_briefly());
  co_return std::move(ops);
}

} // namespace

// A child that dies while it is made or parked has failed there; a host that dies takes all with it.
BOOST_AUTO_TEST_CASE(killed)
{
  const fault kill{"SIGKILL", send<SIGKILL>, nullptr, 0ms};
  const std::string_view
      dead = "failed at spawner_died",
      lost = "signaled 9|signaled 15|unknown",
      either = "failed at spawner_died|signaled 9|signaled 15|unknown"; // it may come to execve(2) first
  run_all(kill, {{victim::host, {"killed", "killed", "killed", "killed", "killed"}},
                 {victim::spawner, {dead, either, either, lost, "signaled 15|unknown"}},
                 {victim::child,
                  {"failed at ready_frame|failed at exec_outcome", "failed at exec_outcome",
                   "failed at exec_outcome", "signaled 9", "signaled 15"}}});
}

// Whoever stands still for a second delays the others and changes nothing.
BOOST_AUTO_TEST_CASE(stopped_for_a_second)
{
  const fault stop{"SIGSTOP", send<SIGSTOP>, send<SIGCONT>, 1s};
  const std::string_view end = "signaled 15";
  run_all(stop, {{victim::host, {end, end, end, end, end}},
                 {victim::spawner, {end, end, end, end, end}},
                 {victim::child, {end, end, end, end, end}}});
}

// No descriptor is free. What has come to its checkpoint needs none any more.
BOOST_AUTO_TEST_CASE(no_descriptor_left)
{
  const fault none{"RLIMIT_NOFILE", [](pid_t pid) { set_limit<RLIMIT_NOFILE>(pid, 3); },
                   [](pid_t pid) { set_limit<RLIMIT_NOFILE>(pid, RLIM_INFINITY); }, 0ms};
  const std::string_view end = "signaled 15", no_library = "exited 127|signaled 15"; // SIGTERM may come first
  run_all(none, {{victim::host, {"failed at fd_pass", end, end, end, end}},
                 {victim::spawner, {"failed at fd_pass", end, end, end, end}},
                 {victim::child, {no_library, no_library, no_library, no_library, end}}});
}

// No page more. The request comes in a memory file, which the spawner has to map.
BOOST_AUTO_TEST_CASE(no_memory_left)
{
  const fault none{"RLIMIT_AS", [](pid_t pid) { set_limit<RLIMIT_AS>(pid, 4096); },
                   [](pid_t pid) { set_limit<RLIMIT_AS>(pid, RLIM_INFINITY); }, 0ms};
  const std::string_view end = "signaled 15", refused = "failed at execve|signaled 9|signaled 11",
                         unmapped = "failed at memfd|failed at execve|signaled 9|signaled 11";
  auto options = long_sleep();
  for (int i = 0; i != 4; ++i) options.env("LINX_TEST_" + std::to_string(i), std::string(100'000, 'x'));
  run_all(none,
          {{victim::spawner, {"failed at memfd", end, end, end, end}},
           {victim::child, {unmapped, refused, refused, end, end}}},
          options);
}

// Every await there is, cancelled at once: each says so, and the session goes on as if nothing had been.
task<> cancelled(std::unique_ptr<life> l, pid_t spawner)
{
  LINX_TRY(auto ops, co_await await_everything(*l));
  const auto waiting = ops.note_pending(true);
  if (waiting < 2) co_return wrong("nothing was pending");
  LINX_TRYV(co_await ops.all_end_by(errc::cancelled));
  l->let_go(spawner);
  LINX_TRY(const auto end, co_await see_to_its_end(*l));
  if (end != "signaled 15") co_return wrong("ended as '" + end + "'");
  co_return success();
}
BOOST_AUTO_TEST_CASE(awaits_cancelled)
{
  at_each_stage("cancelled", cancelled);
}

// A handle that goes ends all that waits for it, and the child; its stream ends too.
task<> dropped(std::unique_ptr<life> l, pid_t spawner)
{
  LINX_TRY(auto ops, co_await await_everything(*l));
  {
    const process gone = std::move(l->child);
    if (ops.note_pending(false) < 2) co_return wrong("nothing was pending");
  }
  LINX_TRYV(co_await ops.all_end_by(errc::closed));
  l->let_go(spawner);
  int terminal = 0;
  for (;;) {
    const auto event = co_await l->events.next();
    if (!event || !event.value()) break;
    terminal += event.value()->terminal();
  }
  if (terminal > 1) co_return wrong("more than one end");
  co_return success();
}
BOOST_AUTO_TEST_CASE(handle_dropped)
{
  at_each_stage("dropped", dropped);
}

/// More requests than the control socket takes (167 of five descriptors, measured).
task<std::vector<process>> crowd()
{
  std::vector<process> all;
  for (int i = 0; i != 180; ++i) {
    auto options = process_options("/bin/true").auto_proceed();
    LINX_TRY(auto child, co_await process::spawn(std::move(options)));
    all.push_back(std::move(child));
  }
  co_return std::move(all);
}

// The control socket is full: a session at any stage comes to its end all the same, and so do those that
// wait.
task<> socket_full(std::unique_ptr<life> l, pid_t spawner)
{
  stop(spawner);
  LINX_TRY(auto others, co_await crowd());
  if (l->at == life_stage::parked) { // the child needs no spawner for that
    LINX_TRYV(co_await l->child.proceed());
  }
  ::kill(spawner, SIGCONT);
  l->let_go(spawner);
  LINX_TRY(const auto end, co_await see_to_its_end(*l));
  if (end != "signaled 15") co_return wrong("ended as '" + end + "'");
  for (auto& child : others) {
    LINX_TRY(const auto how, co_await child.wait());
    if (!how.success()) co_return wrong("another one " + outcome_text(how));
  }
  co_return success();
}
BOOST_AUTO_TEST_CASE(control_socket_full)
{
  at_each_stage("socket full", socket_full);
}

// The same, and then the spawner dies: what was queued fails as what was sent.
task<> socket_full_and_spawner_killed(std::unique_ptr<life> l, pid_t spawner)
{
  stop(spawner);
  LINX_TRY(auto others, co_await crowd());
  ::kill(spawner, SIGKILL);
  l->let_go(spawner);
  LINX_TRY(const auto end, co_await see_to_its_end(*l));
  if (!is_one_of(end, "failed at spawner_died|signaled 9|signaled 15|unknown"))
    co_return wrong("ended as '" + end + "'");
  for (auto& child : others) {
    const auto how = co_await child.wait();
    if (outcome_text(how) != "failed at spawner_died") co_return wrong("another one " + outcome_text(how));
  }
  co_return success();
}
BOOST_AUTO_TEST_CASE(control_socket_full_and_spawner_killed)
{
  at_each_stage("socket full, spawner killed", socket_full_and_spawner_killed);
}

// Requests that nobody has read when their handles go are not carried out.
task<> socket_full_and_dropped(std::unique_ptr<life> l, pid_t spawner)
{
  stop(spawner);
  {
    LINX_TRY(auto others, co_await crowd());
  }
  {
    const process gone = std::move(l->child);
  }
  ::kill(spawner, SIGCONT);
  l->let_go(spawner);
  co_return success();
}
BOOST_AUTO_TEST_CASE(control_socket_full_and_dropped)
{
  at_each_stage("socket full, dropped", socket_full_and_dropped);
}

BOOST_AUTO_TEST_SUITE_END()
