// A program under the init of its own pid namespace: what it sees, how its end is told, and that nothing
// stays.

#include "process/stdio_support.hpp"

#include "harness/namespaces.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <csignal>
#include <cstdio>
#include <grp.h>
#include <sstream>
#include <sys/wait.h>

BOOST_AUTO_TEST_SUITE(process_init_kernel)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

// An ordinary user needs a user namespace for it.
process_options under_init(process_options options)
{
  if (::geteuid() != 0)
    options.unshare("user").uid_map(id_map::root(::geteuid())).gid_map(id_map::root(::getegid()));
  return std::move(options.unshare("pid").init());
}

// The host pid of the workload, by the init that is its parent.
pid_t workload_of(process& child)
{
  const auto found = children_of(child.host_pid().value());
  BOOST_REQUIRE(found.size() == 1u);
  return found.front();
}

// Fields of /proc/<pid>/stat from the state on (stat(5)): state, ppid, pgrp, session, tty_nr, tpgid.
struct stat_fields {
  std::string state;
  long parent = 0, group = 0, session = 0, tty = 0, foreground = 0;
};

stat_fields stat_of(pid_t pid)
{
  const auto line = content("/proc/" + std::to_string(pid) + "/stat");
  stat_fields f;
  std::istringstream(line.substr(line.rfind(')') + 2)) >> f.state >> f.parent >> f.group >> f.session >>
      f.tty >> f.foreground;
  return f;
}

task<> sees()
{
  for (const bool automatic : {false, true}) {
    auto options = under_init(shell("echo $$ $PPID")).auto_proceed(automatic);
    LINX_TRY(const auto end, co_await run_to_end(std::move(options)));
    BOOST_TEST(end.output == "2 1\n");
    BOOST_TEST(end.status.success());
  }
  co_return success();
}

task<> ends()
{
  struct ending {
    const char* script;
    exit_status how;
  };
  const ending endings[] = {
      {"exit 0", exit_status::exited(0)},
      {"exit 3", exit_status::exited(3)},
      {"exit 143", exit_status::exited(143)}, // what SIGTERM looks like to a shell
      {"exit 255", exit_status::exited(255)},
      {"kill -TERM $$", exit_status::signaled(SIGTERM, false)},
      {"kill -KILL $$", exit_status::signaled(SIGKILL, false)},
      {"kill -34 $$", exit_status::signaled(34, false)},
  };
  for (const auto& each : endings)
    for (const bool automatic : {false, true}) {
      auto options = under_init(shell(each.script)).auto_proceed(automatic);
      LINX_TRY(const auto end, co_await run_to_end(std::move(options)));
      BOOST_TEST((end.status == each.how), each.script << ": " << to_string(end.status));
    }
  co_return success();
}

task<> signals()
{
  {
    auto options = under_init(shell("trap 'echo got; exit 7' USR1; echo go; while :; do sleep 0.01; done"));
    options.standard_output(stdio::pipe());
    LINX_TRY(auto child, co_await process::spawn(std::move(options)));
    LINX_TRY(auto pipe, child.stdout_pipe());
    LINX_TRYV(co_await child.ready());
    LINX_TRYV(co_await child.proceed());
    std::array<char, 8> word;
    const auto room = asio::buffer(word);
    co_await pipe.async_read_some(room, asio::use_awaitable);
    BOOST_REQUIRE(child.signal(SIGUSR1));
    LINX_TRY(const auto text, co_await read_to_end(std::move(pipe)));
    BOOST_TEST(text == "got\n");
    LINX_TRY(const auto how, co_await child.wait());
    BOOST_TEST((how == exit_status::exited(7)), to_string(how));
  }
  // One that has no handler: process 1 would swallow it.
  for (const int signo : {SIGTERM, SIGKILL, SIGUSR2, 40}) {
    LINX_TRY(auto child, co_await spawn_running(under_init(process_options("/bin/sleep").arg("1000"))));
    BOOST_REQUIRE(child.signal(signo));
    LINX_TRY(const auto how, co_await child.wait());
    BOOST_TEST((how == exit_status::signaled(signo, false)), to_string(how));
  }
  co_return success();
}

task<> stop_and_continue()
{
  LINX_TRY(auto child, co_await spawn_running(under_init(process_options("/bin/sleep").arg("1000"))));
  const pid_t workload = workload_of(child);
  for (int i = 0; i != 3; ++i) {
    BOOST_REQUIRE(child.signal(SIGSTOP));
    while (stat_of(workload).state != "T") {
      LINX_TRYV(co_await pause_briefly());
    }
    BOOST_TEST(stat_of(child.host_pid().value()).state != "T"); // the init goes on
    BOOST_REQUIRE(child.signal(SIGCONT));
    while (stat_of(workload).state != "S") {
      LINX_TRYV(co_await pause_briefly());
    }
  }
  // Somebody else stops the init itself: what is sent meanwhile is not lost.
  BOOST_REQUIRE(::kill(child.host_pid().value(), SIGSTOP) == 0);
  BOOST_REQUIRE(child.signal(SIGTERM));
  BOOST_REQUIRE(::kill(child.host_pid().value(), SIGCONT) == 0);
  LINX_TRY(const auto how, co_await child.wait());
  BOOST_TEST((how == exit_status::signaled(SIGTERM, false)), to_string(how));
  co_return success();
}

task<> reaps()
{
  // Each leaves a grandchild that init inherits and that exits after its parent.
  auto options = under_init(shell("for i in 1 2 3 4 5 6 7 8; do (sleep 0.05 &); done; exec sleep 1000"));
  LINX_TRY(auto child, co_await spawn_running(std::move(options)));
  const pid_t init = child.host_pid().value();
  // Past its loop the workload is a sleep itself; then it is the only one left.
  const auto alone = [&] {
    const auto all = children_of(init);
    return all.size() == 1 && content("/proc/" + std::to_string(all.front()) + "/comm") == "sleep\n";
  };
  while (!alone()) {
    LINX_TRYV(co_await pause_briefly());
  }
  BOOST_REQUIRE(child.signal(SIGTERM));
  LINX_TRYV(co_await child.wait());
  co_return success();
}

task<> leaves_nothing(bool kill_init)
{
  auto options = under_init(shell("(setsid sleep 1000 &); (sleep 1001 &); exec sleep 1002"));
  LINX_TRY(auto child, co_await spawn_running(std::move(options)));
  const pid_t init = child.host_pid().value();
  std::vector<pid_t> all;
  const auto sleeping = [&] {
    all = children_of(init);
    return all.size() == 3 && std::ranges::all_of(all, [](pid_t p) {
             return content("/proc/" + std::to_string(p) + "/comm") == "sleep\n";
           });
  };
  while (!sleeping()) {
    LINX_TRYV(co_await pause_briefly());
  }
  BOOST_REQUIRE(child.signal(kill_init ? SIGKILL : SIGTERM));
  LINX_TRY(const auto how, co_await child.wait());
  BOOST_TEST((how == exit_status::signaled(kill_init ? SIGKILL : SIGTERM, false)), to_string(how));
  // The kernel has ended them all before the init was reaped (pid_namespaces(7)).
  LINX_TRYV(co_await gone(init));
  for (const pid_t pid : all) BOOST_TEST(!exists(pid));
  co_return success();
}

task<> refused()
{
  for (const bool automatic : {false, true}) {
    auto options = under_init(process_options("/no/such/program")).auto_proceed(automatic);
    LINX_TRY(auto child, co_await process::spawn(std::move(options)));
    auto events = child.events();
    if (!automatic) {
      LINX_TRYV(co_await child.ready());
      const auto proceeded = co_await child.proceed();
      BOOST_TEST((proceeded.error().where() == stage::execve), why(proceeded));
    }
    const auto how = co_await child.wait();
    BOOST_REQUIRE(!how);
    BOOST_TEST((how.error().where() == stage::execve), how.error().message());
    BOOST_TEST(how.error().errnum() == ENOENT);
    for (;;) {
      LINX_TRY(const auto event, co_await events.next());
      if (!event) break;
      BOOST_TEST((event->what() != process_event::kind::running));
    }
  }
  const auto mistake = co_await process::spawn(process_options("/bin/true").init());
  BOOST_REQUIRE(!mistake);
  BOOST_TEST((mistake.error().where() == stage::argument), mistake.error().message());
  co_return success();
}

task<> holds_nothing()
{
  LINX_TRY(auto child, co_await spawn_running(under_init(process_options("/bin/sleep").arg("1000"))));
  const pid_t init = child.host_pid().value();
  while (content("/proc/" + std::to_string(init) + "/comm") != "linx-init\n" ||
         descriptors_of(init).size() != 1) {
    LINX_TRYV(co_await pause_briefly());
  }
  BOOST_TEST(descriptors_of(init).begin()->second.starts_with("pipe:"));
  const auto maps = content("/proc/" + std::to_string(init) + "/maps");
  BOOST_TEST(maps.find("rw-s") == maps.npos, maps); // what the host and its other children share
  // The dynamic loader opens and closes some of its own.
  while (descriptors_of(workload_of(child)).size() != 3u) {
    LINX_TRYV(co_await pause_briefly());
  }
  co_return success();
}

task<> in_a_terminal()
{
  auto options =
      in_terminal("trap 'n=$((n+1)); echo interrupted $n; [ $n = 2 ] && exit 4' INT; n=0; echo go; "
                  "while :; do sleep 0.05; done");
  LINX_TRY(auto both, co_await spawn_in_terminal(under_init(std::move(options))));
  LINX_TRYV(co_await read_until(both.terminal, "go"));
  const pid_t workload = workload_of(both.child);
  const auto program = stat_of(workload);
  BOOST_TEST(program.session == workload);
  BOOST_TEST(program.group == workload);
  BOOST_TEST(program.foreground == workload);
  BOOST_TEST(program.tty != 0);
  const auto init = stat_of(both.child.host_pid().value());
  BOOST_TEST(init.session != workload);
  BOOST_TEST(init.group == both.child.host_pid().value());
  BOOST_TEST(init.tty != program.tty);
  // Ctrl-C reaches the program's group.
  for (const char* told : {"interrupted 1\r\n", "interrupted 2\r\n"}) {
    LINX_TRYV(co_await type(both.terminal, "\x03"));
    LINX_TRYV(co_await read_until(both.terminal, told));
  }
  LINX_TRY(const auto how, co_await both.child.wait());
  BOOST_TEST((how == exit_status::exited(4)), to_string(how));
  co_return success();
}

task<> activated()
{
  auto options = under_init(shell("echo $LISTEN_PID $$ $LISTEN_FDS"));
  options.listen_descriptor(0);
  LINX_TRY(const auto end, co_await run_to_end(std::move(options)));
  BOOST_TEST(end.output == "2 2 1\n");
  co_return success();
}

task<> ordinary_user()
{
  auto options = shell("echo $$; kill -TERM $$").unshare("user,pid").init();
  options.uid_map(id_map::root(::geteuid())).gid_map(id_map::root(::getegid()));
  LINX_TRY(const auto end, co_await run_to_end(std::move(options)));
  if (end.output != "2\n" || end.status != exit_status::signaled(SIGTERM, false))
    co_return error(errc::invalid).with_object(end.output + to_string(end.status));
  co_return success();
}

task<> in_entered_namespaces()
{
  auto around = process_options("/bin/sleep").arg("1000").unshare("user,uts");
  around.uid_map(id_map::root(::geteuid())).gid_map(id_map::root(::getegid()));
  LINX_TRY(auto target, co_await spawn_running(std::move(around)));
  for (const bool automatic : {false, true}) {
    auto options = shell("echo $$ $PPID; readlink /proc/self/ns/uts; kill -KILL $$").unshare("pid").init();
    options.auto_proceed(automatic).standard_output(stdio::pipe());
    auto where = enter_target(target).only("user,uts");
    LINX_TRY(auto child, co_await process::enter(std::move(where), std::move(options)));
    LINX_TRY(auto pipe, child.stdout_pipe());
    LINX_TRYV(co_await child.ready());
    if (!automatic) {
      LINX_TRYV(co_await child.proceed());
    }
    LINX_TRY(const auto text, co_await read_to_end(std::move(pipe)));
    BOOST_TEST(text == "2 1\n" + ns_link(target.host_pid().value(), "uts") + "\n");
    LINX_TRY(const auto how, co_await child.wait());
    BOOST_TEST((how == exit_status::signaled(SIGKILL, false)), to_string(how));
  }
  co_return success();
}

} // namespace

// It is not process 1, and its parent is.
BOOST_AUTO_TEST_CASE(what_the_program_sees)
{
  run_body(sees());
}

// Exit codes exactly, signals as signals, although process 1 cannot die by one of its own.
BOOST_AUTO_TEST_CASE(ends_as_the_program_does)
{
  run_body(ends());
}

// To a handler, and to programs without one.
BOOST_AUTO_TEST_CASE(signals_reach_the_program)
{
  run_body(signals());
}

// SIGSTOP would stop the init and leave the program running.
BOOST_AUTO_TEST_CASE(stop_and_continue_reach_the_program)
{
  run_body(stop_and_continue());
}

// What was forked twice is nobody's child but the init's.
BOOST_AUTO_TEST_CASE(zombies_are_reaped)
{
  run_body(reaps());
}

// Daemons too, when the program ends and when the init is killed.
BOOST_AUTO_TEST_CASE(nothing_outlives_the_init)
{
  run_body(leaves_nothing(false));
  run_body(leaves_nothing(true));
}

// execve(2) fails in the workload, and is told as without an init; a namespace is needed.
BOOST_AUTO_TEST_CASE(failures_are_told)
{
  run_body(refused());
}

// No descriptor of the program, no memory of the host.
BOOST_AUTO_TEST_CASE(the_init_holds_nothing)
{
  run_body(holds_nothing());
}

// The program leads the session, and the terminal is its own.
BOOST_AUTO_TEST_CASE(the_terminal_is_the_programs)
{
  run_body(in_a_terminal());
}

// LISTEN_PID is the program's pid, not the init's.
BOOST_AUTO_TEST_CASE(socket_activation)
{
  run_body(activated());
}

// The setns helper that enters makes the fresh pid namespace as well.
BOOST_AUTO_TEST_CASE(beside_namespaces_that_are_entered)
{
  run_body(in_entered_namespaces());
}

// The io_context goes, and with it the host as far as the child is concerned: SIGTERM passes the init.
BOOST_AUTO_TEST_CASE(orphans_end_by_their_policy)
{
  pid_t init = 0, workload = 0;
  {
    asio::io_context context(1);
    std::optional<process> kept;
    const auto body = [&]() -> task<> {
      // A grace that no test would survive: it ends by SIGTERM, or not at all.
      auto options = under_init(process_options("/bin/sleep").arg("1000")).orphan(orphan_policy::kill(1h));
      LINX_TRY(auto child, co_await spawn_running(std::move(options)));
      init = child.host_pid().value();
      workload = workload_of(child);
      kept.emplace(std::move(child));
      co_return success();
    };
    const auto done = test::run(context, body());
    BOOST_REQUIRE_MESSAGE(done, why(done));
  }
  run_body(dead(init));
  run_body(dead(workload));
}

// A host that leads its session, as a service does, is in a group that nobody outside controls. The kernel
// hangs such a group up when a job in it ends while a member is stopped (setpgid(2)); a workload is no such
// job.
BOOST_AUTO_TEST_CASE(its_end_does_not_hang_up_a_service)
{
  const int code = run_in_child([] {
    std::signal(SIGHUP, SIG_DFL);
    if (::setsid() < 0) return 1;
    const pid_t stopped = ::fork();
    if (stopped == 0) {
      ::raise(SIGSTOP);
      ::_exit(0);
    }
    if (::waitpid(stopped, nullptr, WUNTRACED) != stopped) return 2;
    const auto end = test::run(run_to_end(under_init(shell("exit 3"))));
    ::kill(stopped, SIGKILL);
    ::waitpid(stopped, nullptr, 0);
    if (!end) std::fprintf(stderr, "%s\n", why(end).c_str());
    return end && end.value().status == exit_status::exited(3) ? 0 : 3;
  });
  BOOST_TEST(code == 0);
}

// Nothing of it needs privilege but the namespaces themselves.
BOOST_AUTO_TEST_CASE(behind_a_user_namespace)
{
  const int code = run_in_child([] {
    if (::geteuid() == 0 && (::setgroups(0, nullptr) != 0 || ::setresgid(65534, 65534, 65534) != 0 ||
                             ::setresuid(65534, 65534, 65534) != 0))
      return child_skipped;
    const auto done = test::run(ordinary_user());
    if (!done) std::fprintf(stderr, "%s\n", why(done).c_str());
    return done ? 0 : 1;
  });
  if (code == child_skipped)
    BOOST_TEST_MESSAGE("skipped: cannot become an ordinary user");
  else
    BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_SUITE_END()
