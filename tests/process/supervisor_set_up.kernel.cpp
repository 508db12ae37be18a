// What a supervisor does with the set-up of a child, and with one that fails.

#include "process/supervisor_tree.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <fstream>
#include <memory>
#include <stdexcept>

BOOST_AUTO_TEST_SUITE(process_supervisor_set_up_kernel)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

task<> set_ups()
{
  // It works on the parked child, each time anew.
  auto count = std::make_shared<int>(0);
  auto spec = child_spec("a", process_options("/bin/sleep").arg("1000").unshare("user,uts"));
  auto name_host = [count](process& child) -> task<> {
    ++*count;
    LINX_TRYV(co_await child.set_uid_map(id_map::root(::geteuid())));
    LINX_TRYV(co_await child.set_hostname("number" + std::to_string(*count)));
    co_return success();
  };
  spec.set_up(std::move(name_host));
  supervisor_options options;
  options.add(std::move(spec));
  LINX_TRY(auto t, co_await tree::plant(std::move(options)));
  LINX_TRY(const pid_t pid, co_await t.root->running("a"));
  BOOST_TEST(*count == 1);
  std::string map;
  std::getline(std::ifstream("/proc/" + std::to_string(pid) + "/uid_map") >> std::ws, map);
  BOOST_TEST(map.starts_with("0 "), map);
  LINX_TRYV(co_await t.root->restart("a"));
  BOOST_TEST(*count == 2);
  LINX_TRYV(co_await t.stopped());
  co_return success();
}

task<> refuse(process&)
{
  co_return error::argument("no room for this child");
}

task<> explode(process&)
{
  co_await asio::post(asio::deferred);
  throw std::runtime_error("bang");
}

// No coroutine at all: it throws at the call.
task<> explode_at_once(process&)
{
  throw std::runtime_error("bang at once");
}

task<> abort_it(process& child)
{
  co_return child.abort();
}

task<> failing_set_ups()
{
  struct attempt {
    task<> (*set_up)(process&);
    const char* outcome;
    bool abnormal;
  };
  const attempt attempts[] = {
      {refuse, "no room for this child", true},
      {explode, "bang", true},
      {explode_at_once, "bang at once", true},
      {abort_it, "aborted at the checkpoint", false},
  };
  for (const auto& each : attempts) {
    auto spec = sleeper("a");
    spec.restart(restart_policy::transient).set_up(each.set_up);
    supervisor_options options;
    options.add(std::move(spec)).max_restarts(2, 60s);
    LINX_TRY(auto t, co_await tree::plant(std::move(options)));
    auto events = t.root->events();
    if (each.abnormal) {
      LINX_TRY(const auto how, co_await t.ended());
      BOOST_TEST((how.why == errc::restart_limit));
      BOOST_TEST(how.why.object().find(each.outcome) != how.why.object().npos, how.why.message());
    } else {
      LINX_TRYV(co_await t.reach("a", child_state::finished));
      BOOST_TEST((t.child("a").last_outcome->value() == exit_status::aborted()));
      LINX_TRYV(co_await t.stopped());
    }
    LINX_TRYV(co_await gone(t.child("a").host_pid));
  }
  // A permanent child comes back after an abort too.
  auto spec = sleeper("a");
  spec.set_up(abort_it);
  supervisor_options options;
  options.add(std::move(spec)).max_restarts(2, 60s);
  LINX_TRY(auto t, co_await tree::plant(std::move(options)));
  LINX_TRY(const auto how, co_await t.ended());
  BOOST_TEST(how.why.object().ends_with("aborted at the checkpoint"), how.why.message());
  co_return success();
}

task<> death_in_set_up()
{
  auto spec = sleeper("a");
  spec.restart(restart_policy::temporary).set_up(endless);
  supervisor_options options;
  options.add(std::move(spec));
  LINX_TRY(auto t, co_await tree::plant(std::move(options)));
  LINX_TRYV(co_await t.reach("a", child_state::setting_up));
  BOOST_REQUIRE(::kill(t.child("a").host_pid, SIGKILL) == 0);
  LINX_TRYV(co_await t.reach("a", child_state::finished));
  const auto outcome = *t.child("a").last_outcome;
  BOOST_REQUIRE(outcome.has_error());
  BOOST_TEST((outcome.error().where() == stage::exec_outcome), outcome.error().message());
  LINX_TRYV(co_await t.stopped());
  co_return success();
}

} // namespace

// A capturing lambda as set-up, at the checkpoint of each start.
BOOST_AUTO_TEST_CASE(set_up_at_each_start)
{
  run_body(set_ups());
}

// An error, an exception, one thrown at the call: abnormal. An abort is neither.
BOOST_AUTO_TEST_CASE(set_up_that_fails)
{
  run_body(failing_set_ups());
}

// The set-up does not outlive the child it works on.
BOOST_AUTO_TEST_CASE(child_that_dies_in_its_set_up)
{
  run_body(death_in_set_up());
}

BOOST_AUTO_TEST_SUITE_END()
