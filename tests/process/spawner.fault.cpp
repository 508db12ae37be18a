// linx-spawner is killed while children start, are parked and run: each session ends once, honestly, no
// child lives on, and the next spawn works.

#include "process/support.hpp"

#include "harness/namespaces.hpp"
#include "process/exit_info.hpp"

#include <linx/core/spawn.hpp>

#include <sys/syscall.h>
#include <sys/wait.h>

BOOST_AUTO_TEST_SUITE(process_spawner_fault)

using namespace linx;
using namespace linx::test;

namespace {

pid_t spawner_of(const process& child)
{
  return std::stoi(status_field(child.host_pid().value(), "PPid"));
}

task<> works_again(pid_t former)
{
  LINX_TRY(auto child, co_await spawn_running(process_options("/bin/sleep").arg("1000")));
  BOOST_TEST(spawner_of(child) != former);
  co_return success();
}

/// Linux 6.15: PIDFD_GET_INFO tells how a process ended that somebody else has reaped.
bool pidfds_tell_of_the_end()
{
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(42);
  const io::unique_fd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  ::waitpid(pid, nullptr, 0);
  return linx::detail::query_exit_info(fd.get()).answer == linx::detail::exit_answer::known;
}

/// The error of a session that the dead spawner took with it.
void check_blamed(const result<exit_status>& how, pid_t spawner)
{
  BOOST_REQUIRE(!how);
  const std::string message = how.error().message();
  BOOST_TEST((how.error().where() == stage::spawner_died), message);
  BOOST_TEST(message.find("linx-spawner " + std::to_string(spawner)) != std::string::npos, message);
  // Before Linux 6.15 nobody can tell once init has reaped it, and until then only root may look.
  const bool told = message.find("SIGKILL") != std::string::npos;
  BOOST_TEST((told || ::geteuid() != 0 || !pidfds_tell_of_the_end()), message);
}

task<> killed_while_parked()
{
  LINX_TRY(auto child, co_await spawn_parked(process_options("/bin/true").unshare("user,net,pid")));
  const pid_t spawner = spawner_of(child), pid = child.host_pid().value();
  ::kill(spawner, SIGKILL);
  const auto how = co_await child.wait();
  check_blamed(how, spawner);
  BOOST_TEST((how.error() == errc::died), how.error().message());
  const auto late = co_await child.proceed();
  BOOST_TEST((late.error() == errc::no_process));
  LINX_TRYV(co_await dead(pid));
  co_return co_await works_again(spawner);
}

task<> killed_while_running()
{
  LINX_TRY(auto child, co_await spawn_running(process_options("/bin/sleep").arg("1000")));
  auto events = child.events();
  const pid_t spawner = spawner_of(child), pid = child.host_pid().value();
  ::kill(spawner, SIGKILL);
  const auto how = co_await child.wait();
  // Killed by its parent-death signal; whether anybody can say so depends on the kernel (6.15) and on init.
  if (how)
    BOOST_TEST((how.value() == exit_status::signaled(SIGKILL, false)), to_string(how.value()));
  else
    BOOST_TEST((how.error() == errc::exit_unknown), how.error().message());
  LINX_TRYV(co_await dead(pid));
  int terminal = 0;
  for (;;) {
    LINX_TRY(const auto event, co_await events.next());
    if (!event) break;
    terminal += event->terminal();
  }
  BOOST_TEST(terminal == 1);
  co_return co_await works_again(spawner);
}

task<> killed_before_the_child_exists()
{
  LINX_TRY(auto anchor, co_await spawn_running(process_options("/bin/sleep").arg("1000")));
  const pid_t spawner = spawner_of(anchor);
  ::kill(spawner, SIGSTOP); // it will not read the request
  LINX_TRY(auto child, co_await process::spawn(process_options("/bin/true")));
  LINX_TRY(auto by_itself, co_await process::spawn(process_options("/bin/true").auto_proceed()));
  ::kill(spawner, SIGKILL);
  const auto ready = co_await child.ready();
  BOOST_TEST((ready.error().where() == stage::spawner_died), why(ready));
  const auto how = co_await child.wait();
  check_blamed(how, spawner);
  const auto other = co_await by_itself.wait();
  check_blamed(other, spawner);
  BOOST_TEST((child.host_pid().error() == errc::not_ready));
  co_return co_await works_again(spawner);
}

// The host has not heard of the death yet: the request goes to a fresh spawner.
task<> dead_at_the_call()
{
  LINX_TRY(auto anchor, co_await spawn_running(process_options("/bin/sleep").arg("1000")));
  const pid_t spawner = spawner_of(anchor), pid = anchor.host_pid().value();
  ::kill(spawner, SIGKILL);
  while (alive(spawner)) ::usleep(1000); // not the context's turn
  LINX_TRYV(co_await works_again(spawner));
  (void)co_await anchor.wait();
  co_return co_await dead(pid);
}

task<> step_in_flight()
{
  LINX_TRY(auto child, co_await spawn_parked(process_options("/bin/true")));
  const pid_t spawner = spawner_of(child);
  ::kill(child.host_pid().value(), SIGSTOP); // the step is not answered
  const executor ex = co_await asio::this_coro::executor;
  std::optional<result<>> answer;
  auto note = [&answer](result<> r) { answer.emplace(std::move(r)); };
  linx::spawn(ex, child.no_new_privs(), note);
  LINX_TRYV(co_await pause_briefly());
  ::kill(spawner, SIGKILL);
  const auto how = co_await child.wait();
  check_blamed(how, spawner);
  while (!answer) {
    LINX_TRYV(co_await pause_briefly());
  }
  BOOST_TEST((answer->error() == errc::no_process), why(*answer));
  co_return success();
}

task<> outliving_child()
{
  auto options = process_options("/bin/sleep").arg("1000").orphan(orphan_policy::outlive());
  LINX_TRY(auto child, co_await spawn_running(std::move(options)));
  const pid_t spawner = spawner_of(child), pid = child.host_pid().value();
  ::kill(spawner, SIGKILL);
  LINX_TRYV(co_await dead(spawner));
  LINX_TRYV(co_await pause_briefly());
  BOOST_TEST(alive(pid));
  BOOST_REQUIRE(child.signal(SIGTERM)); // the pidfd still works
  const auto how = co_await child.wait();
  if (how)
    BOOST_TEST((how.value() == exit_status::signaled(SIGTERM, false)), to_string(how.value()));
  else
    BOOST_TEST((how.error() == errc::exit_unknown), how.error().message());
  co_return success();
}

// A stopped spawner delays and loses nothing.
task<> stopped_for_a_while()
{
  LINX_TRY(auto first, co_await spawn_parked(shell("exit 3")));
  const pid_t spawner = spawner_of(first);
  // Another life, so that the spawner is through with the first request and its descriptors.
  LINX_TRYV(co_await run_to_end(process_options("/bin/true").auto_proceed()));
  ::kill(spawner, SIGSTOP);
  LINX_TRYV(co_await first.proceed()); // the child needs no spawner for this
  LINX_TRY(auto second, co_await process::spawn(shell("exit 4")));
  LINX_TRYV(co_await pause_briefly());
  BOOST_TEST((first.info().state == process_state::running));
  BOOST_TEST((second.info().state == process_state::starting));
  ::kill(spawner, SIGCONT);
  LINX_TRY(const auto one, co_await first.wait());
  BOOST_TEST((one == exit_status::exited(3)));
  LINX_TRYV(co_await second.ready());
  LINX_TRYV(co_await second.proceed());
  LINX_TRY(const auto two, co_await second.wait());
  BOOST_TEST((two == exit_status::exited(4)));
  co_return success();
}

} // namespace

BOOST_AUTO_TEST_CASE(spawner_killed_child_parked)
{
  run_body(killed_while_parked());
}
BOOST_AUTO_TEST_CASE(spawner_killed_child_running)
{
  run_body(killed_while_running());
}
BOOST_AUTO_TEST_CASE(spawner_killed_child_not_born)
{
  run_body(killed_before_the_child_exists());
}
BOOST_AUTO_TEST_CASE(spawner_dead_at_the_call)
{
  run_body(dead_at_the_call());
}
BOOST_AUTO_TEST_CASE(spawner_killed_step_in_flight)
{
  run_body(step_in_flight());
}
BOOST_AUTO_TEST_CASE(spawner_killed_child_outlives)
{
  run_body(outliving_child());
}
BOOST_AUTO_TEST_CASE(spawner_stopped)
{
  run_body(stopped_for_a_while());
}

BOOST_AUTO_TEST_CASE(no_descriptor_is_left_by_dead_spawners)
{
  asio::io_context context(1);
  const auto life = [&context] {
    auto child = test::run(context, spawn_parked(process_options("/bin/true")));
    BOOST_REQUIRE_MESSAGE(child, why(child));
    ::kill(spawner_of(child.value()), SIGKILL);
    (void)test::run(context, child.value().wait());
  };
  life();
  const auto before = open_descriptors();
  for (int i = 0; i != 5; ++i) life();
  BOOST_TEST(open_descriptors() == before);
}

// Linux 6.15 and later tell how a process ended that somebody else reaped.
BOOST_AUTO_TEST_CASE(the_kernel_is_asked_how_it_ended)
{
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(42);
  const io::unique_fd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  ::waitpid(pid, nullptr, 0);
  const auto info = linx::detail::query_exit_info(fd.get());
  if (info.answer == linx::detail::exit_answer::unsupported) {
    BOOST_TEST_MESSAGE("skipped: PIDFD_GET_INFO does not tell the exit code before Linux 6.15");
    return;
  }
  BOOST_TEST((info.answer == linx::detail::exit_answer::known));
  BOOST_TEST(info.record.code == CLD_EXITED);
  BOOST_TEST(info.record.status == 42);
}

BOOST_AUTO_TEST_SUITE_END()
