// Who holds a descriptor and how long: assign, release, move, close, and life after the io_context.
#include <linx/io/netlink_socket.hpp>
#include <linx/io/signal_fd.hpp>

#include "io/event.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <memory>
#include <optional>

#include <fcntl.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(io_ownership_kernel)

using namespace linx::io;
using linx::error_code;
using linx::test::event;
using linx::test::on;
namespace asio = boost::asio;

namespace {

bool is_open(int fd)
{
  return ::fcntl(fd, F_GETFD) >= 0;
}

} // namespace

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

BOOST_AUTO_TEST_SUITE_END()
