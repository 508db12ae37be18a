// A context that dies at any moment, with children at every stage, whichever of its services was made first.
// The sanitizers are the judges, and the kernel: nothing is left behind.
#include "process/support.hpp"

#include "harness/death.hpp"

#include <linx/core/spawn.hpp>
#include <linx/core/with_timeout.hpp>
#include <linx/process/run.hpp>

#include <boost/asio/detached.hpp>

#include <chrono>
#include <memory>
#include <random>
#include <vector>

BOOST_AUTO_TEST_SUITE(process_death_kernel)

using namespace std::chrono_literals;
namespace asio = boost::asio;
using linx::process;
using linx::process_options;
using linx::task;

namespace {

// Ends neither by itself nor by the end of its input.
process_options long_life()
{
  process_options options("/bin/sleep");
  options.arg("600");
  return options;
}

task<> live(process_options options, unsigned how)
{
  if (how % 2 == 0) options.auto_proceed();
  if (how % 3 == 0) options.terminal(linx::io::window_size(24, 80));
  LINX_TRY(auto child, co_await process::spawn(std::move(options)));
  LINX_TRYV(co_await child.ready());
  if (how % 2 != 0 && how % 5 != 0) {
    LINX_TRYV(co_await child.proceed());
  }
  if (how % 7 == 0) {
    auto limited = linx::with_timeout(child.wait(), 1ms);
    static_cast<void>(co_await std::move(limited));
  }
  auto events = child.events();
  for (;;) {
    LINX_TRY(const auto event, co_await events.next());
    if (!event) co_return linx::success();
  }
}

task<> run_on()
{
  for (;;) {
    static_cast<void>(co_await linx::run(linx::test::shell("echo word; cat")));
  }
}

// The handles, which those who make them share: these may outlive them.
using handles = std::shared_ptr<std::vector<process>>;

void begin(const linx::executor& ex, std::mt19937& random, const handles& kept)
{
  switch (random() % 4) {
  case 0:
  case 1:
    linx::spawn(ex, live(random() % 2 ? long_life() : process_options("/bin/true"), random()),
                asio::detached);
    break;
  case 2:
    linx::spawn(ex, run_on(), asio::detached);
    break;
  default:
    linx::spawn(ex, process::spawn(long_life()), [kept](linx::result<process> made) {
      if (made) kept->push_back(std::move(made).value());
    });
  }
}

bool nobody_is_left()
{
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (std::chrono::steady_clock::now() < deadline) {
    if (linx::test::children_of(::getpid()).empty()) return true;
    ::usleep(1000);
  }
  return false;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_context_may_die_at_any_moment)
{
  linx::test::let_contexts_die(
      4,
      [](asio::io_context& context) {
        return std::make_shared<process>(
            linx::test::run(context, linx::test::spawn_parked(long_life())).value());
      },
      [](const linx::executor& ex, std::mt19937& random) {
        const auto kept = std::make_shared<std::vector<process>>();
        for (unsigned n = 0; n < 8; ++n) begin(ex, random, kept);
        return kept;
      });
  BOOST_TEST(nobody_is_left());
}

BOOST_AUTO_TEST_SUITE_END()
