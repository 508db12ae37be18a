// The end of a supervisor: by a cancel with the grace of each child, by a drop of its handle, with its
// context.

#include "process/stdio_support.hpp"
#include "process/supervisor_tree.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <memory>

BOOST_AUTO_TEST_SUITE(process_supervisor_end_kernel)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

// A program that ignores SIGTERM, and says on a pipe when it does.
task<tree> deaf(shutdown_policy policy, std::shared_ptr<asio::posix::stream_descriptor>& says)
{
  auto options = shell("trap '' TERM; echo deaf; while :; do sleep 0.05; done");
  options.standard_output(stdio::pipe());
  auto piped = child_spec("deaf", std::move(options));
  auto take_pipe = [&says](process& child) -> task<> {
    LINX_TRY(auto pipe, child.stdout_pipe());
    says = std::make_shared<asio::posix::stream_descriptor>(std::move(pipe));
    co_return success();
  };
  piped.shutdown(policy).set_up(std::move(take_pipe));
  supervisor_options all;
  all.add(std::move(piped));
  LINX_TRY(auto t, co_await tree::plant(std::move(all)));
  LINX_TRYV(co_await t.root->running("deaf"));
  std::array<char, 16> word;
  error_code failed;
  auto buffer = asio::buffer(word);
  co_await says->async_read_some(buffer, asio::redirect_error(asio::use_awaitable, failed));
  BOOST_TEST(!failed);
  co_return std::move(t);
}

task<> deaf_children()
{
  for (const auto policy : {shutdown_policy::grace(50ms), shutdown_policy::kill()}) {
    std::shared_ptr<asio::posix::stream_descriptor> says;
    LINX_TRY(auto t, co_await deaf(policy, says));
    const pid_t pid = t.child("deaf").host_pid;
    LINX_TRYV(co_await t.stopped());
    BOOST_TEST((t.child("deaf").last_outcome->value() == exit_status::signaled(SIGKILL, false)));
    LINX_TRYV(co_await gone(pid));
  }
  {
    // It is waited for as long as it takes, which is until somebody else kills it.
    std::shared_ptr<asio::posix::stream_descriptor> says;
    LINX_TRY(auto t, co_await deaf(shutdown_policy::infinity(), says));
    t.cancel();
    LINX_TRYV(co_await t.reach("deaf", child_state::stopping));
    for (int i = 0; i != 20; ++i) {
      LINX_TRYV(co_await pause_briefly());
    }
    BOOST_TEST((t.child("deaf").state == child_state::stopping));
    BOOST_REQUIRE(::kill(t.child("deaf").host_pid, SIGKILL) == 0);
    LINX_TRYV(co_await t.ended());
  }
  co_return success();
}

task<> cancelled_anywhere()
{
  {
    // The request is on its way.
    LINX_TRY(auto t, co_await tree::plant(supervisor_options().add(sleeper("a"))));
    LINX_TRYV(co_await t.reach("a", child_state::starting));
    LINX_TRY(const auto how, co_await t.stopped());
    BOOST_TEST((how.why == errc::cancelled));
    if (const pid_t pid = t.child("a").host_pid) {
      LINX_TRYV(co_await gone(pid));
    }
  }
  {
    // Its program runs, and the host has not heard of it: the program has its grace all the same.
    const scratch place;
    const auto up = place / "up", asked = place / "asked";
    const auto script = "trap '>" + asked + "; exit 0' TERM; >" + up + "; while :; do sleep 0.05; done";
    LINX_TRY(auto t, co_await tree::plant(supervisor_options().add(child_spec("a", shell(script)))));
    do {
      auto turn = asio::post(asio::use_awaitable);
      co_await std::move(turn);
      ::usleep(20'000); // nothing goes on in this host meanwhile
    } while (::access(up.c_str(), F_OK) != 0);
    LINX_TRYV(co_await t.stopped());
    BOOST_TEST(::access(asked.c_str(), F_OK) == 0);
    BOOST_TEST((t.child("a").last_outcome->value() == exit_status::exited(0)));
  }
  {
    // In the set-up; the next child never starts.
    auto parked = sleeper("parked");
    parked.set_up(endless);
    supervisor_options options;
    options.add(std::move(parked)).add(sleeper("next"));
    LINX_TRY(auto t, co_await tree::plant(std::move(options)));
    LINX_TRYV(co_await t.reach("parked", child_state::setting_up));
    const pid_t pid = t.child("parked").host_pid;
    BOOST_TEST(alive(pid));
    BOOST_TEST((t.child("next").state == child_state::waiting));
    LINX_TRYV(co_await t.stopped());
    BOOST_TEST((t.child("parked").last_outcome->value() == exit_status::aborted()));
    BOOST_TEST(t.child("next").host_pid == 0);
    LINX_TRYV(co_await gone(pid));
  }
  {
    // In a delay: nobody waits for it.
    supervisor_options options;
    options.add(child_spec("a", shell("exit 1"))).backoff(restart_backoff(1h).maximum(1h));
    LINX_TRY(auto t, co_await tree::plant(std::move(options)));
    LINX_TRYV(co_await t.reach("a", child_state::backoff));
    LINX_TRYV(co_await t.stopped());
    BOOST_TEST((t.child("a").state == child_state::stopped));
  }
  {
    // Nothing to do at all.
    LINX_TRY(auto t, co_await tree::plant(supervisor_options()));
    LINX_TRYV(co_await pause_briefly());
    LINX_TRY(const auto how, co_await t.stopped());
    BOOST_TEST((how.why == errc::cancelled));
  }
  co_return success();
}

task<> dropped()
{
  auto parked = sleeper("parked");
  parked.set_up(endless);
  supervisor_options options;
  // Grace without an end: a drop does not ask for it.
  auto running = child_spec("running", shell("trap '' TERM; while :; do sleep 0.05; done"));
  running.shutdown(shutdown_policy::infinity());
  options.add(std::move(running)).add(std::move(parked));
  LINX_TRY(auto t, co_await tree::plant(std::move(options)));
  LINX_TRY(const pid_t one, co_await t.root->running("running"));
  LINX_TRYV(co_await t.reach("parked", child_state::setting_up));
  const pid_t two = t.child("parked").host_pid;
  t.root.reset();
  LINX_TRY(const auto how, co_await t.ended());
  BOOST_TEST((how.why == errc::closed), how.why.message());
  LINX_TRYV(co_await gone(one));
  LINX_TRYV(co_await gone(two));
  co_return success();
}

task<> dropped_while_stopping()
{
  std::shared_ptr<asio::posix::stream_descriptor> says;
  LINX_TRY(auto t, co_await deaf(shutdown_policy::infinity(), says));
  const pid_t pid = t.child("deaf").host_pid;
  t.cancel();
  LINX_TRYV(co_await t.reach("deaf", child_state::stopping));
  t.root.reset();
  LINX_TRYV(co_await t.ended());
  LINX_TRYV(co_await gone(pid));
  co_return success();
}

} // namespace

// SIGTERM, grace, SIGKILL; SIGKILL at once; SIGTERM and patience.
BOOST_AUTO_TEST_CASE(shutdown_policies)
{
  run_body(deaf_children());
}

// While a child is being made, set up, in its delay, and with no child: nothing is left.
BOOST_AUTO_TEST_CASE(cancelled_in_any_state)
{
  run_body(cancelled_anywhere());
}

// SIGKILL for all, whatever their grace, in any state.
BOOST_AUTO_TEST_CASE(handle_dropped)
{
  run_body(dropped());
  run_body(dropped_while_stopping());
}

// The context dies with a supervisor at work: no leak, no use after free, no process.
BOOST_AUTO_TEST_CASE(handle_outlives_the_context)
{
  std::optional<tree> survivor;
  pid_t pid = 0;
  {
    asio::io_context context(1);
    auto body = [&]() -> task<> {
      auto parked = sleeper("parked");
      parked.set_up(endless);
      auto options = process_options("/bin/sleep").arg("1000").orphan(orphan_policy::kill(0ms));
      supervisor_options all;
      all.add(child_spec("a", std::move(options))).add(std::move(parked));
      LINX_TRY(auto t, co_await tree::plant(std::move(all)));
      LINX_TRY(pid, co_await t.root->running("a"));
      LINX_TRYV(co_await t.reach("parked", child_state::setting_up));
      survivor.emplace(std::move(t));
      co_return success();
    };
    const auto done = test::run(context, body());
    BOOST_REQUIRE_MESSAGE(done, why(done));
  }
  BOOST_TEST(survivor->root->status().children.size() == 2u);
  BOOST_TEST((survivor->root->add(sleeper("late")).error() == errc::closed));
  run_body(gone(pid));
}

BOOST_AUTO_TEST_SUITE_END()
