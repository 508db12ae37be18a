// Thousands of children of one host at the same time: none is lost, and each costs the host little.

#include "process/support.hpp"

#include "harness/namespaces.hpp"

#include <linx/core/all_of.hpp>

#include <algorithm>
#include <malloc.h>
#include <sched.h>
#include <sys/resource.h>

BOOST_AUTO_TEST_SUITE(process_scale_kernel)

using namespace linx;
using namespace linx::test;

namespace {

/// As many descriptors as may be, while it lives: a child takes two while it is parked.
class all_descriptors {
public:
  all_descriptors()
  {
    ::getrlimit(RLIMIT_NOFILE, &former_);
    rlimit most = former_;
    most.rlim_cur = most.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &most);
  }
  ~all_descriptors() { ::setrlimit(RLIMIT_NOFILE, &former_); }
  all_descriptors(const all_descriptors&) = delete;
  all_descriptors& operator=(const all_descriptors&) = delete;
  std::size_t count() const { return former_.rlim_max; }

private:
  rlimit former_{};
};

task<> one_life(std::size_t& succeeded)
{
  LINX_TRY(auto child, co_await process::spawn(process_options("/bin/true")));
  LINX_TRYV(co_await child.ready());
  LINX_TRYV(co_await child.proceed());
  LINX_TRY(const auto how, co_await child.wait());
  succeeded += how.success();
  co_return success();
}

task<std::size_t> storm(std::size_t count)
{
  std::size_t succeeded = 0;
  std::vector<task<>> all;
  for (std::size_t i = 0; i != count; ++i) all.push_back(one_life(succeeded));
  auto everybody = all_of(std::move(all));
  LINX_TRYV(co_await std::move(everybody));
  co_return succeeded;
}

/// Parks `count` children and aborts them all; what each took of the heap.
task<std::size_t> crowd(std::size_t count)
{
  std::vector<process> children;
  children.reserve(count);
  // Sent with each request, and not to be kept.
  const std::string large(8192, 'x');
  const auto before = ::mallinfo2().uordblks;
  for (std::size_t i = 0; i != count; ++i) {
    auto options = process_options("/bin/true").env("LARGE", large);
    LINX_TRY(auto child, co_await process::spawn(std::move(options)));
    children.push_back(std::move(child));
    if (i % 64 != 63) continue; // what waits in the host's queue holds descriptors of its own
    LINX_TRYV(co_await children.back().ready());
  }
  for (auto& child : children) {
    LINX_TRYV(co_await child.ready());
  }
  const auto each = (::mallinfo2().uordblks - before) / count;
  // All of them are there, each for itself.
  std::vector<pid_t> pids;
  for (const auto& child : children) pids.push_back(child.host_pid().value());
  std::ranges::sort(pids);
  BOOST_TEST((std::ranges::adjacent_find(pids) == pids.end()));
  BOOST_TEST(::kill(pids.front(), 0) == 0);
  BOOST_TEST(::kill(pids.back(), 0) == 0);
  for (auto& child : children) BOOST_REQUIRE(child.abort());
  std::size_t aborted = 0;
  for (auto& child : children) {
    LINX_TRY(const auto how, co_await child.wait());
    aborted += how == exit_status::aborted();
  }
  BOOST_TEST(aborted == count);
  co_return each;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_thousand_at_once_all_end_well)
{
  const all_descriptors descriptors;
  const auto succeeded = test::run(storm(1000));
  BOOST_REQUIRE_MESSAGE(succeeded, why(succeeded));
  BOOST_TEST(succeeded.value() == 1000u);
}

// A real-time spawner can run ahead of its children by as many as it pleases; it has to let them come.
BOOST_AUTO_TEST_CASE(a_storm_of_a_real_time_host)
{
  const int code = run_in_child([] {
    const sched_param lowest{1};
    if (::sched_setscheduler(0, SCHED_FIFO, &lowest) != 0)
      return skip_child("no right to a real-time policy");
    const all_descriptors descriptors;
    const auto succeeded = test::run(storm(1000));
    return succeeded && succeeded.value() == 1000u ? 0 : 1;
  });
  BOOST_TEST((code == 0 || code == child_skipped));
}

BOOST_AUTO_TEST_CASE(thousands_stand_at_their_checkpoints)
{
  const all_descriptors descriptors;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) // ten times as slow
  constexpr std::size_t most = 1000;
#else
  constexpr std::size_t most = 5'000;
#endif
  const std::size_t count = std::min(most, (descriptors.count() - 512) / 2);
  BOOST_TEST_MESSAGE(count << " children");
  asio::io_context context(1);
  const auto first = test::run(context, crowd(64)); // pools fill
  BOOST_REQUIRE_MESSAGE(first, why(first));
  const auto in_use = ::mallinfo2().uordblks;
  const auto done = test::run(context, crowd(count));
  BOOST_REQUIRE_MESSAGE(done, why(done));
#ifndef __SANITIZE_ADDRESS__ // its allocations are larger, and it keeps freed memory on purpose
  BOOST_TEST(done.value() <= 4096u);
  // What Asio keeps for descriptors to come, and the tables that have grown.
  BOOST_TEST(::mallinfo2().uordblks <= in_use + count * 512);
#else
  (void)in_use;
#endif
}

BOOST_AUTO_TEST_SUITE_END()
