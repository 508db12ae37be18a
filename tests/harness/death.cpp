#include "harness/death.hpp"

#include "harness/namespaces.hpp"
#include "harness/threads.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <thread>

namespace linx::test {

using namespace std::chrono_literals;

namespace {

// The services of a context in the order given; the one made last is shut down first.
class services {
public:
  services(asio::io_context& context, const std::array<int, 3>& order,
           const std::function<std::shared_ptr<void>(asio::io_context&)>& first)
  {
    for (const int each : order) {
      if (each == 0) linx_ = first(context);
      if (each == 1) strand_.emplace(asio::make_strand(context));
      if (each == 2) timer_.emplace(context, 1h);
    }
  }
  const asio::strand<asio::io_context::executor_type>& strand() const { return *strand_; }

private:
  std::shared_ptr<void> linx_;
  std::optional<asio::strand<asio::io_context::executor_type>> strand_;
  std::optional<asio::steady_timer> timer_;
};

} // namespace

void let_contexts_die(int rounds, const std::function<std::shared_ptr<void>(asio::io_context&)>& first,
                      const std::function<std::shared_ptr<void>(const executor&, std::mt19937&)>& load)
{
  const auto before = open_descriptors();
  const unsigned seed = std::random_device()();
  std::mt19937 random(seed);
  const auto live_and_die = [&](const std::array<int, 3>& order) {
    std::shared_ptr<void> outside; // what is kept goes after the context
    asio::io_context context(1);
    const services made(context, order, first);
    context.restart();
    const bool on_strand = random() % 4 != 0;
    const executor ex = on_strand ? executor(made.strand()) : executor(context.get_executor());
    std::shared_ptr<void> inside = load(ex, random);
    if (random() % 2 == 0) outside = std::exchange(inside, nullptr);
    const auto handlers = random() % (random() % 2 == 0 ? 40 : 400);
    for (unsigned n = 0; n < handlers; ++n) context.run_one_for(1ms);
    if (random() % 4 == 0) {
      inside.reset(); // the handles go while everything waits
      context.poll_one();
    }
  };
  BOOST_TEST_CONTEXT("seed " << seed)
  {
    std::array<int, 3> order{0, 1, 2};
    for (int round = 0; round < rounds; ++round) {
      do {
        live_and_die(order);
      } while (std::next_permutation(order.begin(), order.end()));
    }
    BOOST_TEST(open_descriptors() == before);
  }
}

void let_contexts_die_under_users(int rounds,
                                  const std::function<void(threads& owner, threads& users)>& begin)
{
  threads users;
  for (int round = 0; round < rounds; ++round) {
    const auto before = open_descriptors();
    threads owner(round % 2 == 0 ? threads::kind::context : threads::kind::pool, 2);
    begin(owner, users);
    std::this_thread::sleep_for(std::chrono::milliseconds(round % 5));
    owner.kill();
    users.check();
    BOOST_TEST(open_descriptors() <= before);
  }
}

} // namespace linx::test
