// What every descriptor object owes to Asio's rules, and what it does better than a bare Asio object.
#include <linx/io/netlink_socket.hpp>
#include <linx/io/pidfd.hpp>
#include <linx/io/signal_fd.hpp>

#include "io/child.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>

#include <future>
#include <optional>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/eventfd.h>

using namespace linx::io;
using linx::error_code;
namespace asio = boost::asio;

namespace {

// An eventfd is readable exactly when it was signalled: it lets a test decide when a wait ends.
class event {
public:
  event() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  unique_fd share() const { return unique_fd::duplicate(fd_.get()).value(); }
  void signal() const { ::eventfd_write(fd_.get(), 1); }

private:
  unique_fd fd_;
};

pidfd on(asio::any_io_executor ex, const event& e)
{
  return pidfd::adopt(std::move(ex), e.share()).value();
}

bool is_open(int fd)
{
  return ::fcntl(fd, F_GETFD) >= 0;
}

} // namespace

BOOST_AUTO_TEST_SUITE(io_descriptor_kernel)

// ---- any completion token

BOOST_AUTO_TEST_CASE(callback_and_future)
{
  asio::io_context context;
  const event e;
  auto fd = on(context.get_executor(), e);
  bool called = false;
  fd.async_wait([&](error_code ec) { called = !ec; });
  std::future<void> future = fd.async_wait(asio::use_future);
  e.signal();
  context.run();
  BOOST_TEST(called);
  future.get();
}

BOOST_AUTO_TEST_CASE(coroutine_tokens)
{
  asio::io_context context;
  const event e;
  auto fd = on(context.get_executor(), e);
  e.signal();
  int steps = 0;
  const auto body = [&]() -> asio::awaitable<void> {
    co_await fd.async_wait(asio::use_awaitable);
    ++steps;
    co_await fd.async_wait(asio::deferred);
    ++steps;
    co_await fd.async_wait();
    ++steps;
    const auto [ec] = co_await fd.async_wait(asio::as_tuple(asio::use_awaitable));
    steps += !ec;
    error_code redirected = asio::error::fault;
    co_await fd.async_wait(asio::redirect_error(asio::use_awaitable, redirected));
    steps += !redirected;
    fd.close();
    const auto [failed] = co_await fd.async_wait(asio::as_tuple(asio::deferred));
    steps += failed == asio::error::bad_descriptor;
  };
  asio::co_spawn(context, body, asio::detached);
  context.run();
  BOOST_TEST(steps == 6);
}

BOOST_AUTO_TEST_CASE(a_deferred_operation_starts_when_it_is_launched)
{
  asio::io_context context;
  const event e;
  auto fd = on(context.get_executor(), e);
  auto later = fd.async_wait();
  e.signal();
  context.run();
  context.restart();
  bool called = false;
  std::move(later)([&](error_code ec) { called = !ec; });
  BOOST_TEST(!called);
  context.run();
  BOOST_TEST(called);
}

BOOST_AUTO_TEST_CASE(a_move_only_handler)
{
  asio::io_context context;
  const event e;
  auto fd = on(context.get_executor(), e);
  bool called = false;
  fd.async_wait([&, owned = std::make_unique<int>(7)](error_code) { called = *owned == 7; });
  e.signal();
  context.run();
  BOOST_TEST(called);
}

// ---- executors

BOOST_AUTO_TEST_CASE(
    handlers_run_on_the_object_s_strand_by_default_and_on_their_own_executor_if_they_have_one)
{
  asio::io_context context;
  const auto home = asio::make_strand(context);
  const auto other = asio::make_strand(context);
  const event e;
  auto fd = on(home, e);
  BOOST_TEST((fd.get_executor() == asio::any_io_executor(home)));
  bool at_home = false;
  bool elsewhere = false;
  fd.async_wait([&](error_code) { at_home = home.running_in_this_thread(); });
  fd.async_wait(asio::bind_executor(other, [&](error_code) { elsewhere = other.running_in_this_thread(); }));
  e.signal();
  context.run();
  BOOST_TEST(at_home);
  BOOST_TEST(elsewhere);
}

// Each thread of the pool runs handlers of all objects; only the strand keeps one object's members apart.
BOOST_AUTO_TEST_CASE(four_threads_and_a_strand_for_each_object)
{
  asio::io_context context;
  constexpr int rounds = 200;
  struct ping {
    explicit ping(asio::io_context& c) : strand(asio::make_strand(c)), fd(on(strand, e)) {}
    void next()
    {
      fd.async_wait([this](error_code ec) {
        BOOST_ASSERT(!ec);
        if (++count < rounds) next();
      });
    }
    event e;
    asio::strand<asio::io_context::executor_type> strand;
    pidfd fd;
    int count = 0;
  };
  std::vector<std::unique_ptr<ping>> pings;
  for (int i = 0; i < 8; ++i) {
    pings.push_back(std::make_unique<ping>(context));
    pings.back()->e.signal();
    asio::post(pings.back()->strand, [p = pings.back().get()] { p->next(); });
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { context.run(); });
  for (auto& thread : threads) thread.join();
  for (const auto& p : pings) BOOST_TEST(p->count == rounds);
}

// ---- ownership

BOOST_AUTO_TEST_CASE(assign_and_release)
{
  asio::io_context context;
  const event e;
  pidfd fd(context);
  BOOST_TEST(!fd.is_open());
  BOOST_TEST(fd.native_handle() == -1);
  BOOST_REQUIRE(fd.assign(e.share()));
  BOOST_TEST(fd.is_open());

  auto second = e.share();
  const auto refused = fd.assign(std::move(second));
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error() == linx::errc::not_ready));
  BOOST_TEST(!!second); // nothing was lost

  auto back = fd.release();
  BOOST_TEST(is_open(back.get()));
  BOOST_TEST(!fd.is_open());
  BOOST_REQUIRE(fd.assign(std::move(back)));
  BOOST_TEST(!back);
  fd.close();
  fd.close();
  BOOST_TEST(!fd.is_open());
}

BOOST_AUTO_TEST_CASE(what_is_no_descriptor_is_refused)
{
  asio::io_context context;
  pidfd fd(context);
  const auto refused = fd.assign(unique_fd());
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().errnum() == EBADF);
  BOOST_TEST((refused.error().where() == linx::stage::open));
}

BOOST_AUTO_TEST_CASE(an_operation_goes_on_when_its_object_is_moved)
{
  asio::io_context context;
  const event e;
  auto fd = on(context.get_executor(), e);
  int called = 0;
  fd.async_wait([&](error_code ec) { called += !ec; });
  context.poll();
  pidfd constructed(std::move(fd));
  BOOST_TEST(!fd.is_open());
  pidfd assigned(context);
  assigned = std::move(constructed);
  e.signal();
  context.restart();
  context.run();
  BOOST_TEST(called == 1);
}

BOOST_AUTO_TEST_CASE(a_replaced_object_ends_its_own_operations)
{
  asio::io_context context;
  const event mine, other;
  auto fd = on(context.get_executor(), mine);
  const int number = fd.native_handle();
  error_code outcome;
  fd.async_wait([&](error_code ec) { outcome = ec; });
  context.poll();
  auto replacement = on(context.get_executor(), other);
  fd = std::move(replacement);
  BOOST_TEST(!is_open(number));
  context.restart();
  context.run();
  BOOST_TEST(outcome == asio::error::operation_aborted);
}

BOOST_AUTO_TEST_CASE(close_release_cancel_and_destruction_end_what_is_outstanding)
{
  for (const int how : {0, 1, 2, 3}) {
    asio::io_context context;
    const event e;
    std::optional<pidfd> fd(on(context.get_executor(), e));
    int aborted = 0;
    for (int i = 0; i < 3; ++i) {
      fd->async_wait([&](error_code ec) { aborted += ec == asio::error::operation_aborted; });
    }
    context.poll();
    unique_fd kept;
    if (how == 0) fd->close();
    if (how == 1) kept = fd->release();
    if (how == 2) fd->cancel();
    if (how == 3) fd.reset();
    BOOST_TEST(aborted == 0); // never from inside the call
    context.restart();
    context.run();
    BOOST_TEST(aborted == 3);
    BOOST_TEST(is_open(kept.get()) == (how == 1));
    if (how == 2) BOOST_TEST(fd->is_open());
  }
}

// The event has been fetched from epoll and the operation's next step is queued: neither may it look into a
// descriptor that is another file by now, nor may it take something that nobody will see.
BOOST_AUTO_TEST_CASE(closing_or_cancelling_between_readiness_and_the_handler_takes_nothing)
{
  for (const bool close : {true, false}) {
    asio::io_context context;
    const signal_mask mask{SIGUSR1};
    const blocked_signals blocked(mask);
    const event early;
    auto first = on(context.get_executor(), early);
    auto fd = signal_fd::open(context.get_executor(), mask).value();
    error_code outcome;
    fd.async_read([&](error_code ec, signal_info) { outcome = ec; });
    first.async_wait([&](error_code) { close ? fd.close() : fd.cancel(); });
    context.poll();
    early.signal();
    ::kill(::getpid(), SIGUSR1);
    context.run();
    BOOST_TEST(outcome == asio::error::operation_aborted);
    auto reader = signal_fd::open(context.get_executor(), mask).value();
    const auto info = reader.try_read();
    BOOST_REQUIRE(info);
    BOOST_TEST(info.value().number() == SIGUSR1);
  }
}

BOOST_AUTO_TEST_CASE(an_operation_on_a_closed_object_fails_later_and_does_not_hang)
{
  asio::io_context context;
  pidfd fd(context);
  netlink_socket socket(context);
  int failed = 0;
  const auto handler = [&](error_code ec, auto...) { failed += ec == asio::error::bad_descriptor; };
  std::array<std::byte, 16> buffer;
  fd.async_wait(handler);
  socket.async_receive(asio::buffer(buffer), handler);
  socket.async_send(asio::buffer(buffer), handler);
  socket.async_wait(socket.wait_read, handler);
  BOOST_TEST(failed == 0);
  context.run();
  BOOST_TEST(failed == 4);
}

// ---- outliving the io_context; AddressSanitizer is the witness

BOOST_AUTO_TEST_CASE(an_object_may_outlive_its_context)
{
  const event e;
  std::optional<asio::io_context> context(std::in_place);
  auto idle = on(context->get_executor(), e);
  auto busy = on(asio::make_strand(*context), e);
  const int number = busy.native_handle();
  bool called = false;
  busy.async_wait([&, owned = std::make_shared<int>(1)](error_code) { called = true; });
  context->poll();
  context.reset();
  BOOST_TEST(!called);
  BOOST_TEST(!is_open(number)); // closed with the context, not leaked
  BOOST_TEST(!busy.is_open());
  BOOST_TEST(!busy.get_executor());
  busy.cancel();
  busy.close();
  BOOST_TEST(!busy.release());
  const auto refused = busy.assign(e.share());
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error() == linx::errc::closed));
  idle = std::move(busy);
}

BOOST_AUTO_TEST_CASE(a_context_may_go_with_a_coroutine_that_owns_what_it_waits_for)
{
  const event e;
  auto alive = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = alive;
  {
    asio::io_context context;
    const auto body = [](pidfd fd, std::shared_ptr<int>) -> asio::awaitable<void> {
      co_await fd.async_wait(asio::deferred);
    };
    asio::co_spawn(context, body(on(context.get_executor(), e), std::move(alive)), asio::detached);
    context.poll();
    BOOST_TEST(!watched.expired());
  }
  BOOST_TEST(watched.expired());
}

BOOST_AUTO_TEST_CASE(a_handler_may_own_the_object_it_waits_on)
{
  const event e;
  {
    asio::io_context context;
    const auto fd = std::make_shared<pidfd>(on(context.get_executor(), e));
    fd->async_wait([fd](error_code) {});
    context.poll();
  }
  asio::io_context context;
  auto fd = std::make_shared<pidfd>(on(context.get_executor(), e));
  fd->async_wait([fd](error_code) {});
  fd.reset();
  e.signal();
  context.run();
}

// ---- cancellation slots

BOOST_AUTO_TEST_CASE(one_operation_is_cancelled_and_its_neighbour_is_not)
{
  asio::io_context context;
  const event e;
  auto fd = on(context.get_executor(), e);
  asio::cancellation_signal signal;
  error_code first;
  bool second = false;
  fd.async_wait(asio::bind_cancellation_slot(signal.slot(), [&](error_code ec) { first = ec; }));
  fd.async_wait([&](error_code ec) { second = !ec; });
  context.poll();
  signal.emit(asio::cancellation_type::total);
  context.restart();
  context.poll();
  BOOST_TEST(first == asio::error::operation_aborted);
  BOOST_TEST(!second);
  e.signal();
  context.restart();
  context.run();
  BOOST_TEST(second);
}

BOOST_AUTO_TEST_CASE(a_cancel_that_meets_a_finished_operation_changes_nothing)
{
  asio::io_context context;
  const event e;
  auto fd = on(context.get_executor(), e);
  e.signal();
  asio::cancellation_signal signal;
  std::optional<error_code> outcome;
  fd.async_wait(asio::bind_cancellation_slot(signal.slot(), [&](error_code ec) { outcome = ec; }));
  signal.emit(asio::cancellation_type::terminal);
  context.run();
  BOOST_REQUIRE(outcome);
  BOOST_TEST(!*outcome);
}

BOOST_AUTO_TEST_SUITE_END()
