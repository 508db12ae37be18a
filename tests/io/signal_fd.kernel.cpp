// Signals without handlers.
#include "harness/value.hpp"

#include <linx/io/signal_fd.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <csignal>
#include <optional>
#include <vector>

#include <unistd.h>

BOOST_AUTO_TEST_SUITE(io_signal_fd_kernel)

using namespace linx::io;
using linx::error_code;
namespace asio = boost::asio;

namespace {

signal_fd opened(asio::io_context& context, const signal_mask& mask)
{
  return linx::test::value_of(signal_fd::open(context.get_executor(), mask));
}

bool is_blocked(int signal)
{
  sigset_t now;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &now);
  return ::sigismember(&now, signal) == 1;
}

} // namespace

BOOST_AUTO_TEST_CASE(reads_a_signal_with_its_sender)
{
  asio::io_context context;
  const signal_mask mask{SIGUSR1};
  const blocked_signals blocked(mask);
  auto fd = opened(context, mask);
  std::optional<signal_info> seen;
  fd.async_read([&](error_code ec, signal_info info) {
    if (!ec) seen = info;
  });
  context.poll();
  BOOST_TEST(!seen);
  ::kill(::getpid(), SIGUSR1);
  context.run();
  BOOST_REQUIRE(seen);
  BOOST_TEST(seen->number() == SIGUSR1);
  BOOST_TEST(seen->code() == SI_USER);
  BOOST_TEST(seen->sender_pid() == static_cast<std::uint32_t>(::getpid()));
  BOOST_TEST(seen->sender_uid() == ::getuid());
}

BOOST_AUTO_TEST_CASE(a_pending_signal_completes_later_all_the_same)
{
  asio::io_context context;
  const signal_mask mask{SIGUSR1};
  const blocked_signals blocked(mask);
  auto fd = opened(context, mask);
  ::kill(::getpid(), SIGUSR1);
  int number = 0;
  fd.async_read([&](error_code, signal_info info) { number = info.number(); });
  BOOST_TEST(number == 0);
  context.run();
  BOOST_TEST(number == SIGUSR1);
}

// "Delivered in order" is what nobody may promise: the kernel takes the lowest number first.
BOOST_AUTO_TEST_CASE(standard_signals_come_lowest_first_and_merged)
{
  asio::io_context context;
  const signal_mask mask{SIGUSR1, SIGUSR2, SIGHUP};
  const blocked_signals blocked(mask);
  auto fd = opened(context, mask);
  for (const int signal : {SIGUSR2, SIGUSR1, SIGUSR2, SIGHUP}) ::kill(::getpid(), signal);
  std::vector<int> order;
  while (const auto info = fd.try_read()) order.push_back(info.value().number());
  const std::vector<int> expected{SIGHUP, SIGUSR1, SIGUSR2};
  BOOST_TEST(order == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(real_time_signals_queue_with_their_values)
{
  asio::io_context context;
  const signal_mask mask{SIGRTMIN};
  const blocked_signals blocked(mask);
  auto fd = opened(context, mask);
  for (int i = 1; i <= 3; ++i) {
    sigval value{};
    value.sival_int = i;
    ::sigqueue(::getpid(), SIGRTMIN, value);
  }
  for (int i = 1; i <= 3; ++i) {
    const auto info = fd.try_read();
    BOOST_REQUIRE(info);
    BOOST_TEST(info.value().value() == i);
    BOOST_TEST(info.value().code() == SI_QUEUE);
  }
  const auto none = fd.try_read();
  BOOST_REQUIRE(!none);
  BOOST_TEST(none.error().errnum() == EAGAIN);
}

BOOST_AUTO_TEST_CASE(a_cancelled_read_takes_no_signal_away)
{
  asio::io_context context;
  const signal_mask mask{SIGUSR1};
  const blocked_signals blocked(mask);
  auto fd = opened(context, mask);
  asio::cancellation_signal cancel;
  error_code outcome;
  fd.async_read(
      asio::bind_cancellation_slot(cancel.slot(), [&](error_code ec, signal_info) { outcome = ec; }));
  context.poll();
  // The signal arrives, and before its readiness is handled the read is given up.
  ::kill(::getpid(), SIGUSR1);
  cancel.emit(asio::cancellation_type::total);
  context.run();
  BOOST_TEST(outcome == asio::error::operation_aborted);
  const auto info = fd.try_read();
  BOOST_REQUIRE(info);
  BOOST_TEST(info.value().number() == SIGUSR1);
}

BOOST_AUTO_TEST_CASE(the_set_can_change)
{
  asio::io_context context;
  const signal_mask both{SIGUSR1, SIGUSR2};
  const blocked_signals blocked(both);
  auto fd = opened(context, signal_mask{SIGUSR1});
  ::kill(::getpid(), SIGUSR2);
  BOOST_TEST(!fd.try_read());
  BOOST_REQUIRE(fd.set_mask(signal_mask{SIGUSR2}));
  const auto info = fd.try_read();
  BOOST_REQUIRE(info);
  BOOST_TEST(info.value().number() == SIGUSR2);
}

BOOST_AUTO_TEST_CASE(blocking_is_undone_to_what_was_before)
{
  BOOST_TEST(!is_blocked(SIGUSR1));
  {
    const blocked_signals outer(signal_mask{SIGUSR1});
    {
      const blocked_signals inner(signal_mask{SIGUSR1, SIGUSR2});
      BOOST_TEST(is_blocked(SIGUSR2));
    }
    BOOST_TEST(is_blocked(SIGUSR1));
    BOOST_TEST(!is_blocked(SIGUSR2));
  }
  BOOST_TEST(!is_blocked(SIGUSR1));
}

BOOST_AUTO_TEST_CASE(a_mask_takes_signals_only)
{
  signal_mask mask;
  mask.add(SIGTERM).add(4096).add(-1);
  BOOST_TEST(mask.contains(SIGTERM));
  BOOST_TEST(!mask.contains(SIGINT));
  BOOST_TEST(!mask.contains(4096));
}

BOOST_AUTO_TEST_SUITE_END()
