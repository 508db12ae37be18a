// Whoever has made a child and is gone, or ends it: a host that dies, a supervisor that stops. They end it
// whole.

#include "process/family.hpp"
#include "process/supervisor_tree.hpp"

#include <csignal>
#include <fcntl.h>
#include <memory>
#include <poll.h>
#include <sys/wait.h>

BOOST_AUTO_TEST_SUITE(process_kill_scope_owner_kernel)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

// A host that goes, by SIGKILL, when it has been told: yields the pipe on which all below it speak.
io::unique_fd orphaned(const std::string& script, orphan_policy policy, std::size_t others)
{
  int words[2], told[2];
  BOOST_REQUIRE(::pipe2(words, O_CLOEXEC) == 0);
  BOOST_REQUIRE(::pipe2(told, O_CLOEXEC) == 0);
  const pid_t host = ::fork();
  if (host == 0) {
    ::close(words[0]);
    asio::io_context context(1);
    auto options = tree_of(script).orphan(policy);
    options.standard_output(stdio::descriptor(words[1]));
    auto child = test::run(context, spawn_running(std::move(options)));
    ::close(words[1]);
    if (!child || ::write(told[1], "x", 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  ::close(words[1]);
  ::close(told[1]);
  io::unique_fd says(words[0]), up(told[0]);
  char word = 0;
  BOOST_TEST(::read(up.get(), &word, 1) == 1);
  for (std::size_t lines = 0; lines != others && ::read(says.get(), &word, 1) == 1;) lines += word == '\n';
  ::kill(host, SIGKILL);
  ::waitpid(host, nullptr, 0);
  return says;
}

bool falls_silent(const io::unique_fd& pipe)
{
  char rest[64];
  pollfd ready{pipe.get(), POLLIN, 0};
  const auto patience = std::chrono::milliseconds(watchdog).count();
  while (::poll(&ready, 1, static_cast<int>(patience)) > 0)
    if (::read(pipe.get(), rest, sizeof rest) <= 0) return true;
  return false;
}

} // namespace

// At once; after the grace; and where the program ends by SIGTERM before that, as it was told to.
BOOST_AUTO_TEST_CASE(the_host_dies)
{
  const std::string both = daemon_word + member_word;
  BOOST_TEST(falls_silent(orphaned(both + "sleep 1000; :", orphan_policy::kill(0ms), 2)));
  const std::string deaf = "trap '' TERM; while :; do sleep 0.05; done";
  BOOST_TEST(falls_silent(orphaned(both + deaf, orphan_policy::kill(100ms), 2)));
  const std::string polite = "trap 'exit 0' TERM; while :; do sleep 0.05; done";
  BOOST_TEST(falls_silent(orphaned(both + polite, orphan_policy::kill(1h), 2)));
}

namespace {

// A supervised shell with a daemon; `says` is where they speak.
task<tree> supervised(const std::string& script, restart_policy restart, std::shared_ptr<pipe_end>& says,
                      std::vector<pid_t>& others)
{
  auto options = shell(daemon_word + script);
  options.standard_output(stdio::pipe());
  child_spec one("one", std::move(options));
  auto take_pipe = [&says](process& child) -> task<> {
    LINX_TRY(auto pipe, child.stdout_pipe());
    says = std::make_shared<pipe_end>(std::move(pipe));
    co_return success();
  };
  one.restart(restart).set_up(std::move(take_pipe));
  LINX_TRY(auto t, co_await tree::plant(supervisor_options().add(std::move(one))));
  LINX_TRYV(co_await t.root->running("one"));
  LINX_TRY(others, co_await read_numbers(*says, 1));
  co_return std::move(t);
}

} // namespace

// Told to stop, it ends whole, by SIGTERM as well; by itself it leaves what it leaves.
task<> stopped()
{
  for (const bool drops : {false, true}) {
    std::shared_ptr<pipe_end> says;
    std::vector<pid_t> others;
    LINX_TRY(auto t, co_await supervised("sleep 1000; :", restart_policy::permanent, says, others));
    if (drops)
      t.root.reset();
    else {
      LINX_TRYV(co_await t.stopped());
      BOOST_TEST(!exists(others.at(0)));
    }
    LINX_TRYV(co_await gone(others.at(0)));
  }
  std::shared_ptr<pipe_end> says;
  std::vector<pid_t> others;
  LINX_TRY(auto t, co_await supervised("exit 0", restart_policy::temporary, says, others));
  LINX_TRYV(co_await t.reach("one", child_state::finished));
  BOOST_TEST(alive(others.at(0)));
  LINX_TRYV(co_await t.stopped());
  BOOST_TEST(alive(others.at(0)));
  ::kill(others.at(0), SIGKILL);
  co_return success();
}

BOOST_AUTO_TEST_CASE(a_supervisor_stops_whole_children)
{
  run_body(stopped());
}

BOOST_AUTO_TEST_SUITE_END()
