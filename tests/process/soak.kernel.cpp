// Two thousand children: nothing may grow.

#include "process/support.hpp"

#include "harness/namespaces.hpp"
#include "process/spawner_client.hpp"

#include <linx/core/all_of.hpp>

#include <algorithm>
#include <fstream>
#include <malloc.h>

BOOST_AUTO_TEST_SUITE(process_soak_kernel)

using namespace linx;
using namespace linx::test;

namespace {

task<> one_life(int n)
{
  process_options options("/bin/true");
  options.auto_proceed(n % 2 == 0);
  LINX_TRY(auto child, co_await process::spawn(std::move(options)));
  LINX_TRYV(co_await child.ready());
  if (n % 8 == 1) {
    BOOST_REQUIRE(child.abort());
  } else if (n % 2 == 1) {
    LINX_TRYV(co_await child.proceed());
  }
  if (n % 16 == 5) co_return success(); // dropped while it runs
  LINX_TRYV(co_await child.wait());
  co_return success();
}

/// `count` lives, 16 at a time.
task<> lives(int count)
{
  for (int done = 0; done < count; done += 16) {
    std::vector<task<>> some;
    for (int n = 0; n != 16; ++n) some.push_back(one_life(n));
    auto all = all_of(std::move(some));
    LINX_TRYV(co_await std::move(all));
  }
  co_return success();
}

/// Until the others are reaped, and the host has let go of what it had of those that it has dropped.
task<> nobody_left(pid_t spawner, std::size_t but)
{
  std::size_t before = 0, now = open_descriptors();
  while (children_of(spawner).size() != but || now != before) {
    LINX_TRYV(co_await pause_briefly());
    before = std::exchange(now, open_descriptors());
  }
  co_return success();
}

long resident_kib(pid_t pid)
{
  return std::stol(status_field(pid, "VmRSS"));
}

/// The youngest pid, of whomever (proc(5)).
long last_pid()
{
  std::ifstream load("/proc/loadavg");
  std::string text;
  for (int field = 0; field != 5; ++field) load >> text;
  return std::stol(text);
}

} // namespace

BOOST_AUTO_TEST_CASE(two_thousand_children_leave_nothing)
{
  asio::io_context context(1);
  auto anchor = test::run(context, spawn_running(process_options("/bin/sleep").arg("1000")));
  BOOST_REQUIRE_MESSAGE(anchor, why(anchor));
  const pid_t spawner = std::stoi(status_field(anchor.value().host_pid().value(), "PPid"));
  const auto run_lives = [&](int count) {
    const auto done = test::run(context, lives(count));
    BOOST_REQUIRE_MESSAGE(done, why(done));
    BOOST_REQUIRE(test::run(context, nobody_left(spawner, 1)));
  };
  for (int i = 0; i != 6; ++i) run_lives(160); // pools fill
  const auto descriptors = open_descriptors();
  const long host_kib = resident_kib(::getpid()), spawner_kib = resident_kib(spawner);
  const auto in_use = ::mallinfo2().uordblks;
  const auto pids_before = last_pid();
  for (int i = 0; i != 13; ++i) run_lives(160);
  BOOST_TEST(open_descriptors() == descriptors);
  // Its table of children has a page for each 128 pids; it grows to 2 MiB as the machine's numbers go by.
  const auto passed = last_pid() < pids_before ? 65536 : last_pid() - pids_before;
  const long table_kib = std::min(2048l, (passed / 128 + 2) * 4);
  BOOST_TEST(resident_kib(spawner) <= spawner_kib + 128 + table_kib);
#ifndef __SANITIZE_ADDRESS__ // keeps freed memory on purpose
  BOOST_TEST(::mallinfo2().uordblks <= in_use + 16 * 1024);
  BOOST_TEST(resident_kib(::getpid()) <= host_kib + 1024);
#else
  (void)in_use, (void)host_kib;
#endif
  BOOST_TEST((anchor.value().info().state == process_state::running));
}

task<std::size_t> storm(std::size_t count)
{
  std::vector<process> children;
  for (std::size_t i = 0; i != count; ++i) {
    auto options = process_options("/bin/true").auto_proceed(i % 2 == 0);
    LINX_TRY(auto child, co_await process::spawn(std::move(options)));
    children.push_back(std::move(child));
  }
  std::size_t exited = 0;
  for (std::size_t i = 0; i != count; ++i) {
    LINX_TRYV(co_await children[i].ready());
    if (i % 2 == 1) {
      LINX_TRYV(co_await children[i].proceed());
    }
  }
  for (auto& child : children) {
    LINX_TRY(const auto how, co_await child.wait());
    exited += how.success();
  }
  co_return exited;
}

// A stopped spawner reads nothing: far more requests than the control socket takes (167 of five
// descriptors, measured) wait in the host, in order, and none is lost.
task<std::size_t> storm_on_a_stopped_spawner()
{
  LINX_TRY(auto anchor, co_await spawn_running(process_options("/bin/sleep").arg("1000")));
  const pid_t spawner = std::stoi(status_field(anchor.host_pid().value(), "PPid"));
  std::vector<process> children;
  ::kill(spawner, SIGSTOP);
  for (int i = 0; i != 200; ++i) {
    auto options = process_options("/bin/true").auto_proceed();
    LINX_TRY(auto child, co_await process::spawn(std::move(options)));
    children.push_back(std::move(child));
  }
  ::kill(spawner, SIGCONT);
  std::size_t exited = 0;
  pid_t last = 0;
  for (auto& child : children) {
    LINX_TRY(const auto how, co_await child.wait());
    exited += how.success();
    const pid_t pid = child.host_pid().value();
    BOOST_TEST((pid > last || last - pid > 10000)); // in order, but for the pids beginning anew
    last = pid;
  }
  co_return exited;
}

BOOST_AUTO_TEST_CASE(a_storm_is_queued_and_complete)
{
  auto exited = test::run(storm(200));
  BOOST_REQUIRE_MESSAGE(exited, why(exited));
  BOOST_TEST(exited.value() == 200u);
  exited = test::run(storm_on_a_stopped_spawner());
  BOOST_REQUIRE_MESSAGE(exited, why(exited));
  BOOST_TEST(exited.value() == 200u);
}

BOOST_AUTO_TEST_SUITE_END()
