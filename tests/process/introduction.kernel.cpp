// A plain child makes its checkpoint itself, and until its introduction arrives the host has no descriptor of
// it: what the host does meanwhile must reach it all the same.

#include "process/support.hpp"

#include "harness/namespaces.hpp"

#include <algorithm>
#include <csignal>
#include <sys/resource.h>

BOOST_AUTO_TEST_SUITE(process_introduction_kernel)

using namespace linx;
using namespace linx::test;

namespace {

/// Stopped, it makes no child: a request waits in the socket for as long as a test likes.
class held_spawner {
public:
  explicit held_spawner(const process& child)
      : pid_(std::stoi(status_field(child.host_pid().value(), "PPid")))
  {
    ::kill(pid_, SIGSTOP);
  }
  ~held_spawner() { go(); }
  held_spawner(const held_spawner&) = delete;
  held_spawner& operator=(const held_spawner&) = delete;

  void go() const { ::kill(pid_, SIGCONT); }
  pid_t pid() const { return pid_; }

private:
  pid_t pid_;
};

task<> only_child_left(pid_t spawner, pid_t child)
{
  while (children_of(spawner) != std::vector{child}) {
    LINX_TRYV(co_await pause_briefly());
  }
  co_return success();
}

task<> no_socket_in_host()
{
  LINX_TRY(auto first, co_await spawn_parked(process_options("/bin/true")));
  const held_spawner spawner(first);
  const auto before = open_descriptors();
  LINX_TRY(auto child, co_await process::spawn(process_options("/bin/true")));
  BOOST_TEST(open_descriptors() == before);
  BOOST_TEST((child.host_pid().error() == errc::not_ready));
  spawner.go();
  LINX_TRY(const pid_t pid, co_await child.ready());
  BOOST_TEST(open_descriptors() == before + 2); // its pidfd and its checkpoint
  BOOST_TEST(status_field(pid, "PPid") == std::to_string(spawner.pid()));
  BOOST_TEST(child.info().child_pid == pid);
  co_return success();
}

task<> dropped()
{
  LINX_TRY(auto first, co_await spawn_parked(process_options("/bin/true")));
  const held_spawner spawner(first);
  {
    LINX_TRY(auto child, co_await process::spawn(process_options("/bin/true")));
  }
  LINX_TRYV(co_await pause_briefly()); // the drop is done on its executor
  spawner.go();
  co_return co_await only_child_left(spawner.pid(), first.host_pid().value());
}

task<> aborted()
{
  LINX_TRY(auto first, co_await spawn_parked(process_options("/bin/true")));
  const held_spawner spawner(first);
  LINX_TRY(auto child, co_await process::spawn(process_options("/bin/true")));
  BOOST_REQUIRE(child.abort());
  BOOST_REQUIRE(child.signal(SIGTERM));
  spawner.go();
  LINX_TRY(const auto how, co_await child.wait());
  BOOST_TEST((how == exit_status::aborted()), to_string(how));
  co_return success();
}

task<> spawner_killed()
{
  LINX_TRY(auto first, co_await spawn_parked(process_options("/bin/true")));
  const held_spawner spawner(first);
  LINX_TRY(auto child, co_await process::spawn(process_options("/bin/true")));
  ::kill(spawner.pid(), SIGKILL);
  const auto how = co_await child.wait();
  BOOST_REQUIRE(!how);
  BOOST_TEST((how.error().where() == stage::spawner_died), how.error().message());
  co_return success();
}

/// Its socket or its pidfd cannot be made: the exit record is the first that the host hears of it.
task<> no_room_in_the_child()
{
  LINX_TRY(auto first, co_await spawn_parked(process_options("/bin/true")));
  const pid_t spawner = std::stoi(status_field(first.host_pid().value(), "PPid"));
  rlimit before{};
  BOOST_REQUIRE(::prlimit(spawner, RLIMIT_NOFILE, nullptr, &before) == 0);
  // 0 to 11 are the spawner's own, 12 to 15 what comes with the request.
  const rlimit few{16, before.rlim_max};
  BOOST_REQUIRE(::prlimit(spawner, RLIMIT_NOFILE, &few, nullptr) == 0);
  LINX_TRY(auto child, co_await process::spawn(process_options("/bin/true")));
  const auto how = co_await child.wait();
  BOOST_REQUIRE(!how);
  BOOST_TEST((how.error().where() == stage::socketpair), how.error().message());
  BOOST_TEST(how.error().errnum() == EMFILE);
  const auto ready = co_await child.ready();
  BOOST_TEST((ready.error().where() == stage::socketpair));
  BOOST_TEST(child.info().host_pid != 0);
  BOOST_REQUIRE(::prlimit(spawner, RLIMIT_NOFILE, &before, nullptr) == 0);
  co_return success();
}

/// Of a child that shares memory and cannot execute nobody ever hears the pid.
task<unsigned> failures_with_a_pid(std::vector<process>& crowd)
{
  unsigned known = 0;
  for (auto& child : crowd) {
    const auto how = co_await child.wait();
    BOOST_REQUIRE(!how);
    BOOST_TEST((how.error().where() == stage::execve), how.error().message());
    BOOST_TEST(how.error().errnum() == ENOENT);
    if (child.info().host_pid != 0) ++known;
  }
  co_return known;
}

/// With the first few on their way, children that proceed by themselves no longer hold up the spawner; when
/// the crowd is gone they do again, as that is the faster way for one.
task<> in_a_crowd()
{
  LINX_TRY(auto first, co_await spawn_parked(process_options("/bin/true")));
  std::vector<process> crowd;
  {
    const held_spawner spawner(first);
    for (int i = 0; i != 20; ++i) {
      LINX_TRY(auto child, co_await process::spawn(process_options("/nonexistent").auto_proceed()));
      crowd.push_back(std::move(child));
    }
  }
  LINX_TRY(const unsigned apart, co_await failures_with_a_pid(crowd));
  BOOST_TEST(apart <= 16u);
  BOOST_TEST(apart >= 8u); // as many may wait for their turn (spawner/birth.cpp)
  crowd.clear();
  LINX_TRY(auto alone, co_await process::spawn(process_options("/nonexistent").auto_proceed()));
  crowd.push_back(std::move(alone));
  LINX_TRY(const unsigned none, co_await failures_with_a_pid(crowd));
  BOOST_TEST(none == 0u);
  co_return success();
}

/// The life of one of a crowd is that of any other: its events, its status, its usage.
task<> life_in_a_crowd()
{
  LINX_TRY(auto first, co_await spawn_parked(process_options("/bin/true")));
  std::vector<process> crowd;
  {
    const held_spawner spawner(first);
    for (int i = 0; i != 20; ++i) {
      LINX_TRY(auto child, co_await process::spawn(shell("kill -9 $$").auto_proceed()));
      crowd.push_back(std::move(child));
    }
    crowd.erase(crowd.begin() + 15); // dropped
    BOOST_REQUIRE(crowd.back().detach());
  }
  for (auto& child : crowd) {
    auto events = child.events();
    std::vector<process_event::kind> seen;
    for (;;) {
      LINX_TRY(auto event, co_await events.next());
      if (!event) break;
      seen.push_back(event->what());
    }
    using enum process_event::kind;
    BOOST_TEST((seen == std::vector{ready, running, signaled}));
    BOOST_REQUIRE(child.info().usage);
    BOOST_TEST(child.info().usage->ru_maxrss > 0);
  }
  const pid_t child = first.host_pid().value();
  co_return co_await only_child_left(std::stoi(status_field(child, "PPid")), child);
}

/// They run, and their spawner is gone, before the host has heard a word of either.
task<> outliving_in_a_crowd()
{
  LINX_TRY(auto first, co_await spawn_parked(process_options("/bin/true")));
  std::vector<process> crowd;
  const pid_t spawner = std::stoi(status_field(first.host_pid().value(), "PPid"));
  {
    const held_spawner held(first);
    for (int i = 0; i != 20; ++i) {
      auto options = process_options("/bin/sleep").arg("1000").auto_proceed();
      options.orphan(orphan_policy::outlive());
      LINX_TRY(auto child, co_await process::spawn(std::move(options)));
      crowd.push_back(std::move(child));
    }
  }
  const auto sleeps = [](pid_t pid) { return status_field(pid, "Name") == "sleep"; };
  for (std::vector<pid_t> born; std::ranges::count_if(born, sleeps) != 20; ::usleep(1000))
    born = children_of(spawner);
  ::kill(spawner, SIGKILL);
  while (alive(spawner)) ::usleep(1000);
  for (auto& child : crowd) {
    LINX_TRY(const pid_t pid, co_await child.ready());
    BOOST_TEST((child.info().state == process_state::running));
    BOOST_TEST(sleeps(pid));
    BOOST_REQUIRE(child.signal(SIGKILL));
    LINX_TRYV(co_await dead(pid));
  }
  const auto how = co_await first.wait();
  BOOST_TEST((how.has_error() && how.error().where() == stage::spawner_died), why(how));
  co_return success();
}

/// What this process may open, for a while.
class descriptor_limit {
public:
  explicit descriptor_limit(rlim_t soft)
  {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit now{soft, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &now);
  }
  ~descriptor_limit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  descriptor_limit(const descriptor_limit&) = delete;
  descriptor_limit& operator=(const descriptor_limit&) = delete;

private:
  rlimit before_{};
};

/// A crowd takes no more descriptors than it may, also when the host comes to read late: there is room for
/// the pidfd of each and for few sockets.
task<> with_few_descriptors()
{
  LINX_TRY(auto first, co_await spawn_parked(process_options("/bin/true")));
  std::vector<process> crowd;
  const descriptor_limit limit(open_descriptors() + 140);
  {
    const held_spawner spawner(first);
    for (int i = 0; i != 120; ++i) {
      auto options = process_options("/bin/sleep").arg("1000").clear_env().auto_proceed();
      // An ordinary user may have no more in flight than open (ETOOMANYREFS, unix(7)).
      options.standard_input(stdio::devnull()).standard_output(stdio::devnull());
      options.standard_error(stdio::devnull());
      LINX_TRY(auto child, co_await process::spawn(std::move(options)));
      crowd.push_back(std::move(child));
    }
  }
  const pid_t spawner = std::stoi(status_field(first.host_pid().value(), "PPid"));
  while (children_of(spawner).size() != 1 + crowd.size()) ::usleep(1000);
  for (auto& child : crowd) {
    LINX_TRYV(co_await child.ready());
    const auto sent = child.signal(SIGKILL);
    BOOST_REQUIRE_MESSAGE(sent, why(sent));
  }
  for (auto& child : crowd) {
    LINX_TRY(const auto how, co_await child.wait());
    BOOST_TEST((how == exit_status::signaled(SIGKILL, false)), to_string(how));
  }
  co_return success();
}

} // namespace

BOOST_AUTO_TEST_CASE(the_host_makes_no_socket)
{
  run_body(no_socket_in_host());
}
BOOST_AUTO_TEST_CASE(a_handle_dropped_before)
{
  run_body(dropped());
}
BOOST_AUTO_TEST_CASE(an_abort_before)
{
  run_body(aborted());
}
BOOST_AUTO_TEST_CASE(the_spawner_dies_before)
{
  run_body(spawner_killed());
}
BOOST_AUTO_TEST_CASE(it_fails_before)
{
  run_body(no_room_in_the_child());
}
BOOST_AUTO_TEST_CASE(a_crowd_that_proceeds_by_itself)
{
  run_body(in_a_crowd());
}
BOOST_AUTO_TEST_CASE(a_crowd_with_few_descriptors)
{
  run_body(with_few_descriptors());
}
BOOST_AUTO_TEST_CASE(a_crowd_that_outlives_its_spawner)
{
  run_body(outliving_in_a_crowd());
}
BOOST_AUTO_TEST_CASE(one_of_a_crowd)
{
  run_body(life_in_a_crowd());
}

BOOST_AUTO_TEST_SUITE_END()
