// A terminal's other end.
#include "harness/value.hpp"

#include <linx/io/pty_master.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(io_pty_master_kernel)

using namespace linx::io;
using linx::error_code;
namespace asio = boost::asio;

namespace {

pty_master opened(asio::io_context& context)
{
  return linx::test::value_of(pty_master::open(context.get_executor()));
}

unique_fd slave_of(const pty_master& pty)
{
  return linx::test::value_of(pty.open_slave());
}

void make_raw(const unique_fd& slave)
{
  termios settings{};
  BOOST_REQUIRE(::tcgetattr(slave.get(), &settings) == 0);
  ::cfmakeraw(&settings);
  BOOST_REQUIRE(::tcsetattr(slave.get(), TCSANOW, &settings) == 0);
}

void put(const unique_fd& slave, std::string_view text)
{
  BOOST_REQUIRE(::write(slave.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

} // namespace

BOOST_AUTO_TEST_CASE(what_one_end_writes_the_other_reads)
{
  asio::io_context context;
  auto pty = opened(context);
  const auto slave = slave_of(pty);
  make_raw(slave);
  std::array<char, 64> buffer;
  std::string got;
  pty.async_read_some(asio::buffer(buffer), [&](error_code ec, std::size_t size) {
    BOOST_TEST(!ec);
    got.assign(buffer.data(), size);
  });
  context.poll();
  BOOST_TEST(got == "");
  put(slave, "out");
  context.restart();
  context.run();
  BOOST_TEST(got == "out");

  std::size_t written = 0;
  pty.async_write_some(asio::buffer("in", 2), [&](error_code, std::size_t size) { written = size; });
  context.restart();
  context.run();
  BOOST_TEST(written == 2u);
  BOOST_TEST(::read(slave.get(), buffer.data(), buffer.size()) == 2);
  BOOST_TEST(std::string_view(buffer.data(), 2) == "in");
}

// The last output of a program that exits at once is the one people miss: it is read before the end is
// reported.
BOOST_AUTO_TEST_CASE(the_end_comes_after_the_last_byte_and_is_eof)
{
  asio::io_context context;
  auto pty = opened(context);
  auto slave = slave_of(pty);
  make_raw(slave);
  put(slave, "last words");
  slave.reset();
  std::string text;
  error_code outcome;
  asio::async_read(pty, asio::dynamic_buffer(text), [&](error_code ec, std::size_t) { outcome = ec; });
  context.run();
  BOOST_TEST(outcome == asio::error::eof);
  BOOST_TEST(text == "last words");
}

BOOST_AUTO_TEST_CASE(a_read_that_waits_ends_when_the_last_slave_goes_and_not_before)
{
  asio::io_context context;
  auto pty = opened(context);
  auto slave = slave_of(pty);
  auto held = unique_fd::duplicate(slave.get());
  BOOST_REQUIRE(held);
  std::array<char, 8> buffer;
  std::optional<error_code> outcome;
  pty.async_read_some(asio::buffer(buffer), [&](error_code ec, std::size_t) { outcome = ec; });
  context.poll();
  slave.reset();
  context.restart();
  context.poll();
  BOOST_TEST(!outcome);
  held.value().reset();
  context.restart();
  context.run();
  BOOST_REQUIRE(outcome);
  BOOST_TEST(*outcome == asio::error::eof);
}

BOOST_AUTO_TEST_CASE(before_the_first_slave_a_read_waits)
{
  asio::io_context context;
  auto pty = opened(context);
  std::array<char, 8> buffer;
  std::optional<error_code> outcome;
  pty.async_read_some(asio::buffer(buffer), [&](error_code ec, std::size_t) { outcome = ec; });
  context.poll();
  BOOST_TEST(!outcome);
  const auto slave = slave_of(pty);
  make_raw(slave);
  put(slave, "x");
  context.restart();
  context.run();
  BOOST_REQUIRE(outcome);
  BOOST_TEST(!*outcome);
}

BOOST_AUTO_TEST_CASE(it_is_a_stream_for_asio_s_composed_operations)
{
  asio::io_context context;
  auto pty = opened(context);
  const auto slave = slave_of(pty);
  make_raw(slave);
  std::string line;
  const auto body = [&]() -> asio::awaitable<void> {
    const std::string text = "echo this\n";
    co_await asio::async_write(pty, asio::buffer(text), asio::use_awaitable);
    std::array<char, 64> copy;
    const auto size = ::read(slave.get(), copy.data(), copy.size());
    (void)!::write(slave.get(), copy.data(), static_cast<std::size_t>(size));
    co_await asio::async_read_until(pty, asio::dynamic_buffer(line), '\n', asio::use_awaitable);
    pty.close();
    std::array<char, 8> buffer;
    const auto [ec, none] =
        co_await pty.async_read_some(asio::buffer(buffer), asio::as_tuple(asio::deferred));
    BOOST_TEST(ec == asio::error::bad_descriptor);
    BOOST_TEST(none == 0u);
  };
  asio::co_spawn(context, body, asio::detached);
  context.run();
  BOOST_TEST(line == "echo this\n");
}

BOOST_AUTO_TEST_CASE(reads_into_several_buffers)
{
  asio::io_context context;
  auto pty = opened(context);
  const auto slave = slave_of(pty);
  make_raw(slave);
  put(slave, "abcdef");
  std::array<char, 2> head;
  std::array<char, 8> tail;
  const std::array<asio::mutable_buffer, 2> buffers{asio::buffer(head), asio::buffer(tail)};
  std::size_t got = 0;
  pty.async_read_some(buffers, [&](error_code, std::size_t size) { got = size; });
  context.run();
  // The kernel may end a read at the first buffer; nothing is lost by that.
  BOOST_TEST(got >= 2u);
  BOOST_TEST(std::string_view(head.data(), 2) == "ab");
}

BOOST_AUTO_TEST_CASE(the_size_is_what_the_terminal_sees)
{
  asio::io_context context;
  auto pty = opened(context);
  const auto slave = slave_of(pty);
  const window_size wanted(24, 80, 640, 480);
  BOOST_REQUIRE(pty.resize(wanted));
  winsize seen{};
  BOOST_REQUIRE(::ioctl(slave.get(), TIOCGWINSZ, &seen) == 0);
  BOOST_TEST(seen.ws_row == 24);
  BOOST_TEST(seen.ws_col == 80);
  BOOST_TEST(seen.ws_xpixel == 640);
  BOOST_TEST(seen.ws_ypixel == 480);
  BOOST_TEST((pty.size().value() == wanted));
}

// The slave is the peer of this master, by number too, and belongs to nobody as a controlling terminal.
BOOST_AUTO_TEST_CASE(the_slave_is_this_master_s_peer)
{
  asio::io_context context;
  auto first = opened(context);
  auto second = opened(context);
  const auto slave = slave_of(second);
  BOOST_TEST(first.number().value() != second.number().value());
  struct stat by_fd {};
  struct stat by_name {};
  const auto name = "/dev/pts/" + std::to_string(second.number().value());
  BOOST_REQUIRE(::fstat(slave.get(), &by_fd) == 0);
  BOOST_REQUIRE(::stat(name.c_str(), &by_name) == 0);
  BOOST_TEST(by_fd.st_rdev == by_name.st_rdev);
  BOOST_TEST(::isatty(slave.get()) == 1);
  BOOST_TEST((::fcntl(slave.get(), F_GETFD) & FD_CLOEXEC) != 0);
  BOOST_TEST((::fcntl(second.native_handle(), F_GETFD) & FD_CLOEXEC) != 0);
  // The workload's end must block, as any terminal does.
  BOOST_TEST((::fcntl(slave.get(), F_GETFL) & O_NONBLOCK) == 0);
}

BOOST_AUTO_TEST_CASE(every_kind_of_cancellation_leaves_the_bytes)
{
  for (const auto type : {asio::cancellation_type::terminal, asio::cancellation_type::partial,
                          asio::cancellation_type::total}) {
    asio::io_context context;
    auto pty = opened(context);
    const auto slave = slave_of(pty);
    make_raw(slave);
    std::array<char, 8> buffer;
    asio::cancellation_signal signal;
    error_code outcome;
    pty.async_read_some(
        asio::buffer(buffer),
        asio::bind_cancellation_slot(signal.slot(), [&](error_code ec, std::size_t) { outcome = ec; }));
    context.poll();
    signal.emit(type);
    put(slave, "kept");
    context.restart();
    context.run();
    BOOST_TEST(outcome == asio::error::operation_aborted);
    std::size_t size = 0;
    pty.async_read_some(asio::buffer(buffer), [&](error_code, std::size_t n) { size = n; });
    context.restart();
    context.run();
    BOOST_TEST(size == 4u);
  }
}

// Readiness alone, and its cancellation: nothing is taken.
BOOST_AUTO_TEST_CASE(waits_for_readiness)
{
  asio::io_context context;
  auto pty = opened(context);
  const auto slave = slave_of(pty);
  make_raw(slave);
  int writable = 0, readable = 0, cancelled = 0;
  asio::cancellation_signal stop;
  pty.async_wait(pty_master::wait_write, [&](error_code failed) { writable += !failed; });
  auto never = [&](error_code failed) { cancelled += failed == asio::error::operation_aborted; };
  pty.async_wait(pty_master::wait_read, asio::bind_cancellation_slot(stop.slot(), never));
  context.poll();
  BOOST_TEST(writable == 1);
  stop.emit(asio::cancellation_type::total);
  pty.async_wait(pty_master::wait_read, [&](error_code failed) { readable += !failed; });
  context.poll();
  BOOST_TEST(cancelled == 1);
  BOOST_TEST(readable == 0);
  put(slave, "x");
  context.restart();
  context.run();
  BOOST_TEST(readable == 1);
  char byte = 0;
  BOOST_TEST(::read(pty.native_handle(), &byte, 1) == 1);
  BOOST_TEST(byte == 'x');
}

BOOST_AUTO_TEST_CASE(adopts_a_master_and_nothing_else)
{
  asio::io_context context;
  auto pty = opened(context);
  auto slave = slave_of(pty);
  auto adopted = pty_master::adopt(context.get_executor(), pty.release());
  BOOST_TEST(!!adopted);
  const auto file =
      pty_master::adopt(context.get_executor(), unique_fd(::open("/dev/null", O_RDWR | O_CLOEXEC)));
  BOOST_REQUIRE(!file);
  BOOST_TEST((file.error().where() == linx::stage::argument));
}

BOOST_AUTO_TEST_SUITE_END()
