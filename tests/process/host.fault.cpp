// The host dies, or its end of everything: what it left behind follows the orphan policy of each child, and
// nothing else is left.

#include "process/support.hpp"

#include "harness/namespaces.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>

BOOST_AUTO_TEST_SUITE(process_host_fault)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 8s;

bool dies(pid_t pid)
{
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (alive(pid)) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    ::usleep(2000);
  }
  return true;
}

/// A host in a process of its own: it sets up what the body says, reports pids, and stands still.
class host {
public:
  using set_up = task<std::vector<pid_t>> (*)(int witness);

  explicit host(set_up body)
  {
    int report[2], witness[2];
    BOOST_REQUIRE(::pipe2(report, O_CLOEXEC) == 0);
    BOOST_REQUIRE(::pipe2(witness, O_CLOEXEC) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(witness[0]);
      asio::io_context context(1);
      auto pids = test::run(context, body(witness[1]));
      ::close(witness[1]);
      if (!pids) ::_exit(1);
      const auto& list = pids.value();
      if (::write(report[1], list.data(), list.size() * sizeof(pid_t)) < 0) ::_exit(1);
      for (;;) ::pause();
    }
    ::close(report[1]);
    ::close(witness[1]);
    witness_ = io::unique_fd(witness[0]);
    pid_t pids[16];
    const auto n = ::read(report[0], pids, sizeof pids);
    ::close(report[0]);
    BOOST_REQUIRE(n > 0);
    children.assign(pids, pids + n / static_cast<ssize_t>(sizeof(pid_t)));
    spawner = std::stoi(status_field(children.front(), "PPid"));
  }
  ~host() { kill(); }

  void kill()
  {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

  /// What children wrote to the witness until the last of them was gone.
  std::string witnessed()
  {
    std::string text;
    char part[64];
    pollfd ready{witness_.get(), POLLIN, 0};
    while (::poll(&ready, 1, 8000) > 0) {
      const auto n = ::read(witness_.get(), part, sizeof part);
      if (n <= 0) return text;
      text.append(part, static_cast<std::size_t>(n));
    }
    return text + "(nobody closed it)";
  }

  std::vector<pid_t> children;
  pid_t spawner = 0;

private:
  pid_t pid_ = 0;
  io::unique_fd witness_;
};

/// Keeps handles in a process that only ends by SIGKILL.
void keep(process child)
{
  (void)new process(std::move(child));
}

task<std::vector<pid_t>> parked_and_running(int)
{
  std::vector<pid_t> pids;
  for (const char* namespaces : {"", "user,pid,net", "user,pid"}) {
    auto options = process_options("/bin/sleep").arg("1000").orphan(orphan_policy::kill(0ms));
    if (*namespaces) options.unshare(namespaces);
    LINX_TRY(auto parked, co_await spawn_parked(options));
    LINX_TRY(auto running, co_await spawn_running(options));
    pids.push_back(parked.host_pid().value());
    pids.push_back(running.host_pid().value());
    keep(std::move(parked));
    keep(std::move(running));
  }
  co_return std::move(pids);
}

/// Nothing new, a pid namespace of which it is the init, or one in which it has an init.
enum class place { here, init_of_its_own, under_an_init };

/// \return the child, and the program last.
template <place where>
task<std::vector<pid_t>> with_term_handler(int witness)
{
  auto options = shell("echo up; trap 'echo term; exit 0' TERM; while :; do sleep 0.01; done");
  options.standard_output(stdio::descriptor(witness));
  if (where != place::here) options.unshare("user,pid").orphan(orphan_policy::kill(1h));
  if (where == place::under_an_init) options.init();
  LINX_TRY(auto child, co_await spawn_running(std::move(options)));
  std::vector<pid_t> pids{child.host_pid().value()};
  if (where == place::under_an_init) pids.push_back(children_of(pids.front()).at(0));
  keep(std::move(child));
  co_return std::move(pids);
}

task<std::vector<pid_t>> stopped_under_an_init(int)
{
  auto options = process_options("/bin/sleep").arg("1000").unshare("user,pid").init();
  options.orphan(orphan_policy::kill(1h));
  LINX_TRY(auto child, co_await spawn_running(std::move(options)));
  std::vector<pid_t> pids{child.host_pid().value()};
  pids.push_back(children_of(pids.front()).at(0));
  LINX_TRYV(child.signal(SIGSTOP));
  while (!status_field(pids.back(), "State").starts_with("T")) {
    LINX_TRYV(co_await pause_briefly());
  }
  keep(std::move(child));
  co_return std::move(pids);
}

task<std::vector<pid_t>> init_without_handler(int)
{
  auto options = process_options("/bin/sleep").arg("1000").unshare("user,pid");
  options.orphan(orphan_policy::kill(1h)); // a grace that no test would survive
  LINX_TRY(auto child, co_await spawn_running(std::move(options)));
  std::vector<pid_t> pids{child.host_pid().value()};
  keep(std::move(child));
  co_return std::move(pids);
}

task<std::vector<pid_t>> outliving_under_an_init(int)
{
  auto options = process_options("/bin/sleep").arg("1000").unshare("user,pid").init();
  options.orphan(orphan_policy::outlive());
  LINX_TRY(auto child, co_await spawn_running(std::move(options)));
  std::vector<pid_t> pids{child.host_pid().value()};
  pids.push_back(children_of(pids.front()).at(0));
  keep(std::move(child));
  co_return std::move(pids);
}

task<std::vector<pid_t>> stubborn(int witness)
{
  auto options = shell("echo up; trap 'echo no' TERM; while :; do sleep 0.01; done");
  options.standard_output(stdio::descriptor(witness)).orphan(orphan_policy::kill(100ms));
  LINX_TRY(auto child, co_await spawn_running(std::move(options)));
  std::vector<pid_t> pids{child.host_pid().value()};
  keep(std::move(child));
  co_return std::move(pids);
}

task<std::vector<pid_t>> outliving_and_detached(int)
{
  auto options = process_options("/bin/sleep").arg("1000").orphan(orphan_policy::outlive());
  LINX_TRY(auto outliving, co_await spawn_running(std::move(options)));
  LINX_TRY(auto detached, co_await spawn_running(process_options("/bin/sleep").arg("1000")));
  BOOST_REQUIRE(detached.detach());
  auto sleeper = process_options("/bin/sleep").arg("1000").auto_proceed();
  LINX_TRY(auto early, co_await process::spawn(std::move(sleeper)));
  BOOST_REQUIRE(early.detach()); // before it exists
  LINX_TRYV(co_await early.ready());
  std::vector<pid_t> pids{outliving.host_pid().value(), detached.host_pid().value(),
                          early.host_pid().value()};
  keep(std::move(outliving));
  LINX_TRYV(co_await pause_briefly());
  co_return std::move(pids);
}

/// A shell catches other signals from its start on.
void wait_for_trap(pid_t shell)
{
  while ((std::stoull('0' + status_field(shell, "SigCgt"), nullptr, 16) >> (SIGTERM - 1) & 1) == 0)
    ::usleep(1000);
}

} // namespace

BOOST_AUTO_TEST_CASE(host_killed_children_parked_and_running)
{
  host h(parked_and_running);
  BOOST_TEST(h.children.size() == 6u);
  for (const pid_t pid : h.children) BOOST_TEST(alive(pid));
  h.kill();
  for (const pid_t pid : h.children) BOOST_TEST(dies(pid));
  BOOST_TEST(dies(h.spawner));
}

// By default SIGTERM first: a child may tidy up, as the init of a pid namespace and under one, too.
BOOST_AUTO_TEST_CASE(host_killed_child_tidies_up)
{
  for (const auto set_up : {with_term_handler<place::here>, with_term_handler<place::init_of_its_own>,
                            with_term_handler<place::under_an_init>}) {
    host h(set_up);
    wait_for_trap(h.children.back());
    h.kill();
    const auto text = h.witnessed();
    BOOST_TEST(text == "up\nterm\n");
    for (const pid_t pid : h.children) BOOST_TEST(dies(pid));
    BOOST_TEST(dies(h.spawner));
  }
}

// An init that does not hear SIGTERM has no use for its grace.
BOOST_AUTO_TEST_CASE(host_killed_init_without_handler)
{
  host h(init_without_handler);
  h.kill();
  BOOST_TEST(dies(h.children.front()));
  BOOST_TEST(dies(h.spawner));
}

// A program that was stopped takes no SIGTERM before it goes on; its init passes on that it may.
BOOST_AUTO_TEST_CASE(host_killed_program_stopped_under_an_init)
{
  host h(stopped_under_an_init);
  h.kill();
  for (const pid_t pid : h.children) BOOST_TEST(dies(pid));
  BOOST_TEST(dies(h.spawner));
}

// An init that outlives the host goes on with its work, without a spawner.
BOOST_AUTO_TEST_CASE(host_killed_init_stays)
{
  for (const std::size_t killed : {0u, 1u}) { // the init, the program
    host h(outliving_under_an_init);
    h.kill();
    BOOST_TEST(dies(h.spawner));
    for (const pid_t pid : h.children) BOOST_TEST(alive(pid));
    ::kill(h.children.at(killed), SIGKILL);
    for (const pid_t pid : h.children) BOOST_TEST(dies(pid));
  }
}

BOOST_AUTO_TEST_CASE(host_killed_child_does_not_listen)
{
  host h(stubborn);
  wait_for_trap(h.children.front());
  h.kill();
  const auto text = h.witnessed(); // until SIGKILL ends it
  BOOST_TEST(text.starts_with("up\n"));
  BOOST_TEST(text.find("(nobody") == std::string::npos);
  BOOST_TEST(dies(h.children.front()));
}

BOOST_AUTO_TEST_CASE(host_killed_children_that_stay)
{
  host h(outliving_and_detached);
  h.kill();
  ::usleep(50000); // there is no event for "nothing happens"
  for (const pid_t pid : h.children) {
    BOOST_TEST(alive(pid));
    ::kill(pid, SIGKILL);
    BOOST_TEST(dies(pid));
  }
  BOOST_TEST(dies(h.spawner));
}

// The same by destroying the io_context: the handles are still there, their process is not.
BOOST_AUTO_TEST_CASE(context_destroyed_children_follow_their_policy)
{
  std::vector<process> handles;
  std::vector<pid_t> pids;
  pid_t spawner = 0;
  {
    asio::io_context context(1);
    for (const bool running : {false, true}) {
      auto options = process_options("/bin/sleep").arg("1000");
      auto child = test::run(context, running ? spawn_running(options) : spawn_parked(options));
      BOOST_REQUIRE_MESSAGE(child, why(child));
      pids.push_back(child.value().host_pid().value());
      handles.push_back(std::move(child).value());
    }
    spawner = std::stoi(status_field(pids.front(), "PPid"));
  }
  for (const pid_t pid : pids) BOOST_TEST(dies(pid));
  BOOST_TEST(dies(spawner));
}

BOOST_AUTO_TEST_SUITE_END()
