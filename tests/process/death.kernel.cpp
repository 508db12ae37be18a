// A context that dies at any moment, with children at every stage, whichever of its services was made first.
// The sanitizers are the judges, and the kernel: nothing is left behind.
#include "process/support.hpp"

#include "harness/namespaces.hpp"

#include <linx/core/spawn.hpp>
#include <linx/core/with_timeout.hpp>
#include <linx/process/run.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <random>

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

// What lives on one executor. The handles may be kept by somebody outside, who outlives the context.
class load {
public:
  load(const linx::executor& ex, std::mt19937& random)
  {
    for (unsigned n = 0; n < 8; ++n) begin(ex, random);
  }

private:
  void begin(const linx::executor& ex, std::mt19937& random)
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
      linx::spawn(ex, process::spawn(long_life()), [kept = kept_](linx::result<process> made) {
        if (made) kept->push_back(std::move(made).value());
      });
    }
  }

  // Shared with those who make them, who may outlive it.
  std::shared_ptr<std::vector<process>> kept_ = std::make_shared<std::vector<process>>();
};

// The services of a context in the order given; the one made last is shut down first.
class services {
public:
  services(asio::io_context& context, const std::array<int, 3>& order)
  {
    for (const int each : order) {
      if (each == 0) linx_.emplace(linx::test::run(context, linx::test::spawn_parked(long_life())).value());
      if (each == 1) strand_.emplace(asio::make_strand(context));
      if (each == 2) timer_.emplace(context, 1h);
    }
  }
  const asio::strand<asio::io_context::executor_type>& strand() const { return *strand_; }

private:
  std::optional<process> linx_;
  std::optional<asio::strand<asio::io_context::executor_type>> strand_;
  std::optional<asio::steady_timer> timer_;
};

void live_and_die(const std::array<int, 3>& order, std::mt19937& random)
{
  std::optional<load> outside; // what it keeps goes after the context
  asio::io_context context(1);
  const services made(context, order);
  context.restart();
  const bool on_strand = random() % 4 != 0;
  const linx::executor ex =
      on_strand ? linx::executor(made.strand()) : linx::executor(context.get_executor());
  std::optional<load> inside;
  (random() % 2 == 0 ? inside : outside).emplace(ex, random);
  const auto handlers = random() % (random() % 2 == 0 ? 40 : 400);
  for (unsigned n = 0; n < handlers; ++n) context.run_one_for(1ms);
  if (random() % 4 == 0) {
    inside.reset(); // the handles go while everything waits
    context.poll_one();
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
  const auto before = linx::test::open_descriptors();
  const unsigned seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  BOOST_TEST_CONTEXT("seed " << seed)
  {
    std::mt19937 random(seed);
    std::array<int, 3> order{0, 1, 2};
    for (int round = 0; round < 4; ++round) {
      do {
        live_and_die(order, random);
      } while (std::next_permutation(order.begin(), order.end()));
    }
    BOOST_TEST(linx::test::open_descriptors() == before);
    BOOST_TEST(nobody_is_left());
  }
}

BOOST_AUTO_TEST_SUITE_END()
