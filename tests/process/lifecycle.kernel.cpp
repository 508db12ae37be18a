// The life of a child on the real kernel, verb by verb, from spawn to its one outcome.

#include "process/support.hpp"

#include <linx/core/all_of.hpp>
#include <linx/core/spawn.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>

BOOST_AUTO_TEST_SUITE(process_lifecycle_kernel)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

task<> normal_life()
{
  LINX_TRY(auto child, co_await process::spawn(shell("exit 7")));
  LINX_TRY(const pid_t pid, co_await child.ready());
  BOOST_TEST(exists(pid));
  BOOST_TEST(child.host_pid().value() == pid);
  BOOST_TEST((child.info().state == process_state::ready));
  LINX_TRYV(co_await child.proceed());
  LINX_TRY(const auto how, co_await child.wait());
  BOOST_TEST((how == exit_status::exited(7)), to_string(how));
  LINX_TRYV(co_await gone(pid));
  co_return success();
}

task<> automatic_life()
{
  // Twice: the simple way without a checkpoint socket, and the one for a user namespace.
  for (const bool namespaces : {false, true}) {
    auto options = shell("exit 3").auto_proceed();
    if (namespaces) options.unshare("user,pid");
    LINX_TRY(auto child, co_await process::spawn(options));
    auto events = child.events();
    LINX_TRY(const auto how, co_await child.wait());
    BOOST_TEST((how == exit_status::exited(3)), to_string(how));
    for (const auto kind :
         {process_event::kind::ready, process_event::kind::running, process_event::kind::exited}) {
      LINX_TRY(const auto event, co_await events.next());
      BOOST_REQUIRE(event);
      BOOST_TEST((event->what() == kind), to_string(*event));
      BOOST_TEST(event->host_pid() > 0);
    }
    LINX_TRY(const auto end, co_await events.next());
    BOOST_TEST(!end);
  }
  co_return success();
}

task<> ended_by_signal()
{
  LINX_TRY(auto child, co_await spawn_running(process_options("/bin/sleep").arg("1000")));
  BOOST_REQUIRE(child.signal(SIGTERM));
  LINX_TRY(const auto how, co_await child.wait());
  BOOST_TEST((how == exit_status::signaled(SIGTERM, false)), to_string(how));
  BOOST_TEST((child.info().state == process_state::signaled));
  BOOST_TEST((child.signal(SIGTERM).error() == errc::no_process));
  BOOST_TEST((child.abort().error() == errc::no_process));
  BOOST_TEST((child.detach().error() == errc::no_process));
  const auto again = co_await child.proceed();
  BOOST_TEST((again.error() == errc::no_process));
  co_return success();
}

// Without namespaces no directory comes with the child; the one that is opened on demand must be the child's.
task<> proc_dir_on_demand()
{
  LINX_TRY(auto child, co_await spawn_running(process_options("/bin/sleep").arg("1000")));
  LINX_TRY(const int dir, child.proc_dir());
  char line[32]{};
  const io::unique_fd file(::openat(dir, "cmdline", O_RDONLY | O_CLOEXEC));
  BOOST_TEST(::read(file.get(), line, sizeof line - 1) > 0);
  BOOST_TEST(std::string(line) == "/bin/sleep");
  BOOST_TEST(child.proc_dir().value() == dir); // kept
  BOOST_REQUIRE(child.signal(SIGKILL));
  LINX_TRYV(co_await child.wait());
  BOOST_TEST((child.proc_dir().error() == errc::no_process));
  co_return success();
}

task<> verbs_before_ready()
{
  LINX_TRY(auto child, co_await process::spawn(shell("exit 0")));
  // The request is on its way and nothing has been read yet.
  BOOST_TEST((child.host_pid().error() == errc::not_ready));
  BOOST_TEST((child.info().state == process_state::starting));
  BOOST_TEST((child.proc_dir().error() == errc::not_ready));
  const auto early = co_await child.proceed();
  BOOST_TEST((early.error() == errc::not_ready));
  const auto step = co_await child.no_new_privs();
  BOOST_TEST((step.error() == errc::not_ready));
  LINX_TRYV(co_await child.ready());
  LINX_TRYV(co_await child.proceed());
  const auto late = co_await child.no_new_privs();
  BOOST_TEST((late.error() == errc::running || late.error() == errc::no_process));
  LINX_TRY(const auto how, co_await child.wait());
  BOOST_TEST(how.success());
  co_return success();
}

task<> abort_in_each_state()
{
  {
    LINX_TRY(auto child, co_await process::spawn(shell("exit 0")));
    BOOST_REQUIRE(child.abort()); // remembered
    LINX_TRY(const auto how, co_await child.wait());
    BOOST_TEST((how == exit_status::aborted()), to_string(how));
    const auto ready = co_await child.ready();
    BOOST_TEST((ready.error() == errc::no_process));
  }
  {
    LINX_TRY(auto child, co_await spawn_parked(shell("exit 0")));
    const pid_t pid = child.host_pid().value();
    BOOST_REQUIRE(child.abort());
    LINX_TRY(const auto how, co_await child.wait());
    BOOST_TEST((how == exit_status::aborted()), to_string(how));
    LINX_TRYV(co_await gone(pid));
  }
  {
    LINX_TRY(auto child, co_await spawn_running(process_options("/bin/sleep").arg("1000")));
    BOOST_TEST((child.abort().error() == errc::running));
    BOOST_REQUIRE(child.signal(SIGKILL));
    LINX_TRYV(co_await child.wait());
  }
  co_return success();
}

task<> buffered_signals()
{
  // Real-time signals queue, so the order in which they were sent can be seen; the traps run one at a time.
  auto options = shell(
      "trap 'echo a' 36; trap 'echo b' 35; trap 'echo c; exit 0' 34; echo go; while :; do sleep 0.01; done");
  options.standard_output(stdio::pipe());
  LINX_TRY(auto child, co_await process::spawn(options));
  BOOST_REQUIRE(child.signal(SIGSTOP)); // stops it as soon as it runs
  LINX_TRYV(co_await child.ready());
  LINX_TRY(const pid_t pid, child.host_pid());
  BOOST_TEST(!status_field(pid, "State").starts_with("T")); // parked: the signal is kept
  LINX_TRYV(co_await child.proceed());
  while (!status_field(pid, "State").starts_with("T")) {
    LINX_TRYV(co_await pause_briefly());
  }
  BOOST_REQUIRE(child.signal(SIGKILL));
  LINX_TRY(const auto how, co_await child.wait());
  BOOST_TEST((how == exit_status::signaled(SIGKILL, false)), to_string(how));
  co_return success();
}

task<exit_status> wait_for(process& child)
{
  co_return co_await child.wait();
}

task<> many_waiters()
{
  LINX_TRY(auto child, co_await spawn_parked(shell("exit 9")));
  std::vector<task<exit_status>> waits;
  for (int i = 0; i != 50; ++i) waits.push_back(child.wait());
  waits.push_back(wait_for(child));
  auto all = all_of(std::move(waits));
  const executor ex = co_await asio::this_coro::executor;
  linx::spawn(ex, child.proceed(), asio::detached);
  LINX_TRY(const auto answers, co_await std::move(all));
  BOOST_TEST(answers.size() == 51u);
  for (const auto& how : answers) BOOST_TEST((how == exit_status::exited(9)));
  LINX_TRY(const auto after, co_await child.wait());
  BOOST_TEST((after == exit_status::exited(9)));
  co_return success();
}

task<> one_borrower_of_events()
{
  LINX_TRY(auto child, co_await process::spawn(shell("exit 0")));
  auto owner = child.events();
  {
    auto second = child.events();
    const auto refused = co_await second.next();
    BOOST_TEST((refused.error() == errc::not_ready));
  }
  LINX_TRY(const auto ready, co_await owner.next());
  BOOST_REQUIRE(ready);
  BOOST_TEST((ready->what() == process_event::kind::ready));
  owner.cancel(); // hands them back
  auto attacher = child.events();
  LINX_TRYV(co_await child.proceed());
  LINX_TRY(const auto running, co_await attacher.next());
  BOOST_REQUIRE(running);
  BOOST_TEST((running->what() == process_event::kind::running));
  LINX_TRY(const auto exited, co_await attacher.next());
  BOOST_REQUIRE(exited);
  BOOST_TEST(exited->terminal());
  attacher.cancel();
  auto back = child.events();
  LINX_TRY(const auto end, co_await back.next());
  BOOST_TEST(!end);
  const auto info = child.info(); // what the attacher saw
  BOOST_TEST((info.state == process_state::exited));
  co_return success();
}

task<> snapshot_after_the_end()
{
  LINX_TRY(auto child, co_await spawn_parked(shell("exit 2").unshare("pid,user")));
  BOOST_TEST(child.info().child_pid == 1); // init of its namespace
  LINX_TRYV(co_await child.proceed());
  LINX_TRYV(co_await child.wait());
  const auto info = child.info();
  BOOST_TEST((info.mode == process_mode::spawn));
  BOOST_TEST((info.state == process_state::exited));
  BOOST_TEST(info.host_pid == child.host_pid().value());
  BOOST_TEST(info.argv.back() == "exit 2");
  BOOST_TEST(info.namespaces.size() == 2u);
  BOOST_REQUIRE(info.outcome);
  BOOST_TEST(info.outcome->value().code() == 2);
  BOOST_REQUIRE(info.usage);
  BOOST_TEST(info.usage->ru_maxrss > 0);
  co_return success();
}

task<> detached_child_lives_on()
{
  pid_t pid = 0;
  {
    LINX_TRY(auto child, co_await spawn_parked(process_options("/bin/sleep").arg("1000")));
    BOOST_TEST((child.detach().error() == errc::not_ready));
    LINX_TRYV(co_await child.proceed());
    BOOST_REQUIRE(child.detach());
    pid = child.host_pid().value();
  }
  LINX_TRYV(co_await pause_briefly());
  BOOST_TEST(alive(pid));
  ::kill(pid, SIGKILL);
  LINX_TRYV(co_await gone(pid));
  co_return success();
}

} // namespace

BOOST_AUTO_TEST_CASE(spawn_ready_proceed_exit)
{
  run_body(normal_life());
}
BOOST_AUTO_TEST_CASE(auto_proceed_passes_the_checkpoint)
{
  run_body(automatic_life());
}
BOOST_AUTO_TEST_CASE(a_signal_ends_it_and_verbs_say_so)
{
  run_body(ended_by_signal());
}
BOOST_AUTO_TEST_CASE(proc_directory_on_demand)
{
  run_body(proc_dir_on_demand());
}

BOOST_AUTO_TEST_CASE(verbs_before_the_checkpoint_are_refused)
{
  run_body(verbs_before_ready());
}
BOOST_AUTO_TEST_CASE(abort_in_every_state)
{
  run_body(abort_in_each_state());
}
BOOST_AUTO_TEST_CASE(signals_are_kept_until_running)
{
  run_body(buffered_signals());
}
BOOST_AUTO_TEST_CASE(many_waiters_get_one_answer)
{
  run_body(many_waiters());
}
// A program whose main() is context.run() must come to its end, the spawner notwithstanding.
BOOST_AUTO_TEST_CASE(run_returns_when_the_last_child_has_ended)
{
  asio::io_context context(1);
  linx::spawn(context.get_executor(), normal_life(), asio::detached);
  linx::spawn(context.get_executor(), abort_in_each_state(), asio::detached);
  linx::spawn(context.get_executor(), detached_child_lives_on(), asio::detached);
  context.run_for(10s);
  BOOST_TEST(context.stopped());
  context.restart();
  linx::spawn(context.get_executor(), normal_life(), asio::detached); // by the same spawner
  context.run_for(10s);
  BOOST_TEST(context.stopped());
}

// Under a root of Asio's own everything works but total and partial cancellation.
BOOST_AUTO_TEST_CASE(a_plain_co_spawn_root)
{
  asio::io_context context(1);
  std::optional<result<>> done;
  auto note = [&done](std::exception_ptr thrown, result<> r) {
    BOOST_TEST(!thrown);
    done.emplace(std::move(r));
  };
  asio::co_spawn(context, normal_life(), note);
  while (!done && context.run_one_for(10s) > 0) {
  }
  BOOST_REQUIRE(done);
  BOOST_TEST(done->has_value(), why(*done));
}

BOOST_AUTO_TEST_CASE(events_have_one_borrower_and_lose_nothing)
{
  run_body(one_borrower_of_events());
}
BOOST_AUTO_TEST_CASE(info_is_there_after_the_end)
{
  run_body(snapshot_after_the_end());
}
BOOST_AUTO_TEST_CASE(detach_keeps_a_running_child)
{
  run_body(detached_child_lives_on());
}

BOOST_AUTO_TEST_SUITE_END()
