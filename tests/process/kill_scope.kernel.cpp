// How far the end of a child reaches: what is in its scope is gone when its end is told, and nobody else is
// touched. Whoever is there still holds the pipe on which all of them speak.

#include "process/family.hpp"
#include "process/own_cgroup.hpp"
#include "process/stdio_support.hpp"

#include "harness/namespaces.hpp"

#include <linx/core/spawn.hpp>
#include <linx/process/enter_target.hpp>
#include <linx/process/run.hpp>

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sstream>

BOOST_AUTO_TEST_SUITE(process_kill_scope_kernel)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(scopes_have_names)
{
  for (const auto scope :
       {kill_scope::process, kill_scope::group, kill_scope::session, kill_scope::tree, kill_scope::cgroup})
    BOOST_TEST((parse_kill_scope(to_string(scope)) == scope));
  BOOST_TEST(!parse_kill_scope("world"));
}

task<> killed_whole()
{
  const std::string script =
      daemon_word + member_word + "(sh -c 'sleep 1000; :'; :) & " + daemon_word + "wait";
  LINX_TRY(auto all, co_await found(tree_of(script), 3));
  const pid_t spawner = std::stoi(status_field(all.pid(), "PPid"));
  BOOST_REQUIRE(all.child.kill());
  LINX_TRY(const auto how, co_await all.child.wait());
  LINX_TRYV(co_await dead(spawner));
  BOOST_TEST((how == exit_status::signaled(SIGKILL, false)));
  BOOST_TEST(all.is_silent());                                   // at once
  for (const pid_t each : all.others) BOOST_TEST(!exists(each)); // not even a zombie
  BOOST_TEST((all.child.kill().error() == errc::no_process));
  co_return success();
}

BOOST_AUTO_TEST_CASE(a_tree_is_killed_whole)
{
  run_body(killed_whole());
}

task<> dropped_whole()
{
  std::optional<pipe_end> says;
  std::vector<pid_t> others;
  {
    LINX_TRY(auto all, co_await found(tree_of(daemon_word + member_word + "wait"), 2));
    says.emplace(std::move(all.says));
    others = all.others;
  }
  auto rest = read_to_end(std::move(*says)); // which comes to its end with the last of them
  LINX_TRYV(co_await std::move(rest));
  for (const pid_t each : others) {
    LINX_TRYV(co_await gone(each));
  }
  co_return success();
}

BOOST_AUTO_TEST_CASE(a_tree_is_dropped_whole)
{
  run_body(dropped_whole());
}

BOOST_AUTO_TEST_CASE(a_time_limit_ends_a_tree)
{
  auto options = tree_of(daemon_word + member_word + "wait");
  for (auto limit = 200ms; limit < 20s; limit *= 2) {
    auto done = test::run(linx::run(options, run_limits().time(limit)));
    BOOST_REQUIRE_MESSAGE(done, why(done));
    BOOST_TEST(done.value().timed_out);
    std::istringstream in(done.value().output);
    pid_t one = 0, other = 0;
    if (!(in >> one >> other)) continue;
    BOOST_TEST(!exists(one));
    BOOST_TEST(!exists(other));
    return;
  }
  BOOST_TEST(false, "it never says anything");
}

// What makes processes all the time, and never is the same one for long.
task<> stormed()
{
  const scratch dir;
  // One that starts the next and ends; one that starts daemons without an end; one that doubles, for a while.
  std::ofstream(dir / "hop") << "sh " << dir / "hop"
                             << " &\n";
  std::ofstream(dir / "daemons") << "while [ -e " << dir / "daemons"
                                 << " ]; do (setsid sleep 1000 &); done\n";
  std::ofstream(dir / "double") << "[ $1 = 0 ] && exec sleep 1000\n"
                                << "sh " << dir / "double"
                                << " $(($1 - 1)) & sh " << dir / "double"
                                << " $(($1 - 1)) & wait\n";
  std::string script;
  for (const char* each : {"hop", "hop", "daemons"}) script += "setsid sh " + (dir / each) + " & ";
  script += "setsid sh " + (dir / "double") + " 8 & echo 1; wait; sleep 1000";
  LINX_TRY(auto all, co_await found(tree_of(script), 1));
  LINX_TRYV(co_await sleep_for(200ms));
  BOOST_REQUIRE(all.child.kill());
  LINX_TRYV(co_await all.child.wait());
  BOOST_TEST(all.is_silent());
  co_return success();
}

BOOST_AUTO_TEST_CASE(a_storm_is_ended)
{
  run_body(stormed());
}

// Two trees, and a child that shares its spawner with others: each has what it has left, and one of them is
// ended.
task<> side_by_side()
{
  const std::string script = daemon_word + member_word + "wait";
  LINX_TRY(auto ended, co_await found(tree_of(script), 2));
  LINX_TRY(auto tree, co_await found(tree_of(script), 2));
  LINX_TRY(auto plain, co_await found(shell(script), 2));
  LINX_TRY(auto neighbour, co_await found(shell(script), 2));
  BOOST_REQUIRE(ended.child.kill());
  LINX_TRYV(co_await ended.child.wait());
  BOOST_TEST(ended.is_silent());
  BOOST_REQUIRE(plain.child.kill()); // scope process: what it has left is nobody's
  LINX_TRYV(co_await plain.child.wait());
  for (const family* each : {&tree, &plain, &neighbour})
    for (const pid_t one : each->others) BOOST_TEST(alive(one));
  BOOST_TEST(alive(tree.pid()));
  BOOST_TEST(alive(neighbour.pid()));
  BOOST_REQUIRE(tree.child.kill());
  LINX_TRYV(co_await tree.child.wait());
  BOOST_TEST(tree.is_silent());
  for (const pid_t one : plain.others) BOOST_TEST(alive(one));
  plain.end_others();
  neighbour.end_others();
  co_return success();
}

BOOST_AUTO_TEST_CASE(a_neighbour_is_not_touched)
{
  run_body(side_by_side());
}

// After the program's own end: left alone, unless asked beforehand or while it runs.
task<> the_rest()
{
  for (const char* when : {"never", "before", "meanwhile"}) {
    BOOST_TEST_CONTEXT(when)
    {
      auto options = tree_of(daemon_word + "read word; exit 3");
      int ends[2];
      BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
      io::unique_fd reading(ends[0]), writing(ends[1]);
      options.standard_input(stdio::descriptor(reading.get()));
      if (*when == 'b') options.kill_rest();
      LINX_TRY(auto all, co_await found(std::move(options), 1));
      if (*when == 'm') BOOST_REQUIRE(all.child.kill_rest());
      BOOST_REQUIRE(::write(writing.get(), "\n", 1) == 1);
      LINX_TRY(const auto how, co_await all.child.wait());
      BOOST_TEST((how == exit_status::exited(3)));
      BOOST_TEST(all.is_silent() == (*when != 'n'));
      BOOST_TEST(exists(all.others.at(0)) == (*when == 'n'));
      all.end_others();
    }
  }
  co_return success();
}

BOOST_AUTO_TEST_CASE(the_rest_after_its_own_end)
{
  run_body(the_rest());
}

// A session with two groups, and a daemon outside of it.
task<> groups_and_sessions()
{
  const std::string script =
      "set -m; sleep 1000 & echo $!; set +m; sleep 1000 & echo $!; " + daemon_word + "wait";
  const auto bash = [&script] {
    return process_options("/bin/bash").arg("-c").arg(script).standard_error(stdio::devnull());
  };
  for (const auto scope : {kill_scope::group, kill_scope::session}) {
    LINX_TRY(auto all, co_await found(bash().session().kill_scope(scope), 3));
    BOOST_TEST(::getpgid(all.others[0]) == all.others[0]);
    BOOST_TEST(::getpgid(all.others[1]) == all.pid());
    BOOST_REQUIRE(all.child.kill());
    LINX_TRYV(co_await all.child.wait());
    LINX_TRYV(co_await dead(all.others[1]));
    BOOST_TEST(alive(all.others[2]));
    if (scope == kill_scope::session) BOOST_TEST(!alive(all.others[0]));
    if (scope == kill_scope::group) BOOST_TEST(alive(all.others[0]));
    all.end_others();
  }
  co_return success();
}

BOOST_AUTO_TEST_CASE(groups_and_sessions_are_ended)
{
  run_body(groups_and_sessions());
}

// With linx-spawner, and with that dead, by the host itself.
task<> cgroups(bool spawner_dies)
{
  const own_cgroup group;
  if (cannot_make(group)) co_return success();
  const std::string script = daemon_word + member_word + "wait";
  auto options = shell(script).kill_scope(kill_scope::cgroup);
  options.resources(resources().cgroup(group.fd()));
  auto reused = shell("exit 5").kill_scope(kill_scope::cgroup);
  reused.resources(resources().cgroup(group.fd()));
  LINX_TRY(auto outside, co_await found(shell(script), 2));
  LINX_TRY(auto all, co_await found(std::move(options), 2));
  if (spawner_dies)
    BOOST_TEST(::kill(std::stoi(status_field(all.pid(), "PPid")), SIGKILL) == 0);
  else
    BOOST_TEST(all.child.kill().has_value());
  (void)co_await all.child.wait();
  for (const pid_t each : all.others) {
    LINX_TRYV(co_await dead(each));
  }
  // Where it was used before another child can be born in it (Linux 6.18 kills whom clone3(2) puts there).
  LINX_TRY(const auto again, co_await linx::run(reused));
  BOOST_TEST((again.status == exit_status::exited(5)));
  for (const pid_t one : outside.others) BOOST_TEST(alive(one));
  outside.end_others();
  co_return success();
}

BOOST_AUTO_TEST_CASE(a_cgroup_is_ended)
{
  for (const bool spawner_dies : {false, true}) run_body(cgroups(spawner_dies));
}

namespace {

void check_refused(process_options options, stage where, int errnum, std::string_view word)
{
  const auto child = test::run(process::spawn(std::move(options)));
  BOOST_REQUIRE(!child);
  BOOST_TEST((child.error().where() == where), why(child));
  BOOST_TEST(child.error().errnum() == errnum);
  BOOST_TEST(child.error().message().find(word) != std::string::npos, child.error().message());
}

} // namespace

BOOST_AUTO_TEST_CASE(what_cannot_be_is_refused)
{
  const auto plain = [] { return process_options("/bin/true"); };
  check_refused(plain().kill_scope(kill_scope::group), stage::argument, 0, "process_group()");
  check_refused(plain().process_group(1).kill_scope(kill_scope::group), stage::argument, 0,
                "process_group()");
  check_refused(plain().process_group().kill_scope(kill_scope::session), stage::argument, 0, "session()");
  check_refused(plain().kill_scope(kill_scope::cgroup), stage::argument, 0, "cgroup()");
  check_refused(plain().kill_rest(), stage::argument, 0, "kill_scope()");
  const io::unique_fd no_cgroup(::open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  auto options = plain().kill_scope(kill_scope::cgroup);
  options.resources(resources().cgroup(no_cgroup.get()));
  check_refused(std::move(options), stage::cgroup, EINVAL, "cgroup.kill");
}

task<> entered()
{
  auto target = process_options("/bin/sleep").arg("1000").unshare("user,pid");
  LINX_TRY(auto inside, co_await spawn_running(std::move(target)));
  auto options = tree_of("true");
  const auto child = co_await process::enter(enter_target(inside), std::move(options));
  BOOST_REQUIRE(!child);
  BOOST_TEST((child.error().where() == stage::argument), why(child));
  co_return success();
}

BOOST_AUTO_TEST_CASE(no_tree_in_an_entered_pid_namespace)
{
  run_body(entered());
}

// Process 1 is killed with its namespace whatever the scope, and needs no spawner of its own.
task<> process_one()
{
  LINX_TRY(auto plain, co_await spawn_parked(process_options("/bin/true")));
  auto options = tree_of("setsid sleep 1000 & echo 1; wait").unshare("user,pid");
  LINX_TRY(auto all, co_await found(std::move(options), 1));
  BOOST_TEST(status_field(all.pid(), "PPid") == status_field(plain.host_pid().value(), "PPid"));
  BOOST_REQUIRE(all.child.kill());
  LINX_TRYV(co_await all.child.wait());
  BOOST_TEST(all.is_silent());
  co_return success();
}

BOOST_AUTO_TEST_CASE(process_one_is_a_tree)
{
  run_body(process_one());
}

// At each moment before it runs.
task<> before_it_runs()
{
  for (const bool automatic : {false, true}) {
    auto options = tree_of("sleep 1000").auto_proceed(automatic);
    LINX_TRY(auto early, co_await process::spawn(options));
    BOOST_REQUIRE(early.abort());
    LINX_TRYV(co_await early.wait());
  }
  LINX_TRY(auto parked, co_await spawn_parked(tree_of("sleep 1000")));
  const pid_t pid = parked.host_pid().value();
  BOOST_REQUIRE(parked.kill());
  LINX_TRY(const auto how, co_await parked.wait());
  BOOST_TEST((how == exit_status::aborted()));
  LINX_TRYV(co_await gone(pid));
  co_return success();
}

// Many at once, each struck at another moment of its life in another way: nobody is left of any.
task<> struck(int number, io::unique_fd says)
{
  auto options = tree_of(daemon_word + member_word + "wait").auto_proceed(number % 2 == 0);
  options.standard_output(stdio::descriptor(says.get()));
  if (number % 3 == 0) options.kill_rest();
  LINX_TRY(auto child, co_await process::spawn(std::move(options)));
  says.reset();
  const int moment = number / 2 % 4;
  if (moment > 0) {
    LINX_TRYV(co_await child.ready());
  }
  if (moment > 1) {
    LINX_TRYV(co_await child.proceed());
  }
  if (moment > 2) {
    LINX_TRYV(co_await sleep_for(std::chrono::milliseconds(number)));
  }
  if (number % 5 == 0) co_return success(); // the handle is dropped
  if (number % 3 == 0 && moment > 1)
    (void)child.signal(SIGKILL); // to the program alone, and its rest is asked for
  else
    (void)child.kill();
  (void)co_await child.wait();
  co_return success();
}

task<> crowd()
{
  int ends[2];
  BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const executor home = co_await asio::this_coro::executor;
  pipe_end words(home, ends[0]);
  io::unique_fd says(ends[1]);
  constexpr int count = 40;
  int over = 0;
  for (int number = 0; number != count; ++number) {
    LINX_TRY(auto copy, io::unique_fd::duplicate(says.get()));
    linx::spawn(home, struck(number, std::move(copy)), [&over](result<> how) {
      BOOST_TEST(how.has_value(), why(how));
      ++over;
    });
  }
  says.reset();
  while (over != count) {
    LINX_TRYV(co_await pause_briefly());
  }
  auto rest = read_to_end(std::move(words)); // which comes to its end with the last of them
  LINX_TRYV(co_await std::move(rest));
  co_return success();
}

BOOST_AUTO_TEST_CASE(a_crowd_of_trees)
{
  run_body(crowd());
}

BOOST_AUTO_TEST_CASE(trees_that_never_run)
{
  run_body(before_it_runs());
}

// Its spawner goes with it, and the descriptors that the host has for that.
task<> many()
{
  LINX_TRYV(co_await linx::run(tree_of("true")));
  LINX_TRYV(co_await linx::run(shell("true")));
  const auto before = open_descriptors();
  for (int i = 0; i != 20; ++i) {
    LINX_TRY(const auto done, co_await linx::run(tree_of("exit 4")));
    BOOST_TEST((done.status == exit_status::exited(4)));
  }
  LINX_TRYV(co_await pause_briefly());
  BOOST_TEST(open_descriptors() == before);
  co_return success();
}

BOOST_AUTO_TEST_CASE(no_spawner_is_left)
{
  run_body(many());
}

BOOST_AUTO_TEST_SUITE_END()
