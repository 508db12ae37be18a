// Writing to a pipe that is read, that is full, and that nobody reads any more.
#include <linx/io/pipe_writer.hpp>

#include "harness/namespaces.hpp"
#include "harness/run.hpp"
#include "harness/seccomp.hpp"
#include "harness/value.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(io_pipe_writer_kernel)

using namespace linx;

namespace {

constexpr auto as_tuple = asio::as_tuple(asio::deferred);

struct pipe_ends {
  io::unique_fd reader, writer;
};

pipe_ends make_pipe()
{
  int ends[2];
  BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  return {io::unique_fd(ends[0]), io::unique_fd(ends[1])};
}

bool is_sigpipe_pending()
{
  sigset_t pending;
  ::sigemptyset(&pending);
  ::sigpending(&pending);
  return ::sigismember(&pending, SIGPIPE) == 1;
}

// The errno of it, 0 for none.
task<int> write_once(io::pipe_writer& to, std::string text)
{
  const auto data = asio::buffer(text);
  const auto wrote = co_await asio::async_write(to, data, as_tuple);
  BOOST_TEST((std::get<0>(wrote) == error_code() || std::get<0>(wrote) == asio::error::broken_pipe));
  co_return std::get<0>(wrote).value();
}

// 0 if the write fails with EPIPE and nothing else has happened. The default of SIGPIPE would end the
// process.
int write_to_nobody()
{
  asio::io_context context(1);
  auto ends = make_pipe();
  auto to = io::pipe_writer::adopt(context.get_executor(), std::move(ends.writer));
  if (!to) return 1;
  ends.reader.reset();
  sigset_t before, after;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
  const auto wrote = test::run(context, write_once(to.value(), std::string(100'000, 'x')));
  ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
  if (!wrote || wrote.value() != EPIPE) return 2;
  if (::sigismember(&before, SIGPIPE) != ::sigismember(&after, SIGPIPE)) return 4;
  struct sigaction action {};
  if (::sigaction(SIGPIPE, nullptr, &action) != 0 || action.sa_handler != SIG_DFL) return 5;
  return is_sigpipe_pending() ? 6 : 0;
}

// One that was blocked and pending before is there after it.
int write_with_one_pending()
{
  sigset_t pipe;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  if (::raise(SIGPIPE) != 0 || !is_sigpipe_pending()) return 10;
  const int outcome = write_to_nobody();
  return outcome == 6 ? 0 : 11;
}

} // namespace

// By the flag of Linux 6.18 where it is known, and as kernels before it are written to.
BOOST_AUTO_TEST_CASE(nobody_reads_and_nobody_dies)
{
  for (const auto body : {write_to_nobody, write_with_one_pending}) {
    BOOST_TEST(test::run_in_child(body) == 0);
    const int older = test::run_denied({{SYS_pwritev2, EOPNOTSUPP}}, body);
    if (older != test::child_skipped) BOOST_TEST(older == 0);
    const int oldest = test::run_denied({{SYS_pwritev2, ENOSYS}}, body);
    if (oldest != test::child_skipped) BOOST_TEST(oldest == 0);
  }
}

// More than the pipe holds: in order, whole, and without O_NONBLOCK for the other end.
BOOST_AUTO_TEST_CASE(a_full_pipe_is_waited_for)
{
  asio::io_context context(1);
  auto ends = make_pipe();
  BOOST_TEST((::fcntl(ends.writer.get(), F_GETFL) & O_NONBLOCK) == 0);
  auto to = test::value_of(io::pipe_writer::adopt(context.get_executor(), std::move(ends.writer)));
  BOOST_TEST((::fcntl(to.native_handle(), F_GETFL) & O_NONBLOCK) != 0);
  BOOST_TEST((::fcntl(ends.reader.get(), F_GETFL) & O_NONBLOCK) == 0);
  std::vector<std::string> parts; // more than one write takes, an empty one among them
  for (int i = 0; i != 40; ++i)
    parts.emplace_back(static_cast<std::size_t>(i) * 1000, static_cast<char>('A' + i));
  std::vector<asio::const_buffer> buffers;
  std::string all;
  for (const auto& part : parts) {
    buffers.emplace_back(part.data(), part.size());
    all += part;
  }
  bool wrote = false;
  asio::async_write(to, buffers, [&](error_code ec, std::size_t n) {
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(n == all.size());
    wrote = true;
    to.close();
  });
  std::string got;
  std::vector<char> room(10'000);
  for (ssize_t n = 1; n > 0;) {
    context.poll();
    context.restart();
    n = ::read(ends.reader.get(), room.data(), room.size());
    if (n > 0) got.append(room.data(), static_cast<std::size_t>(n));
  }
  BOOST_TEST(wrote);
  BOOST_TEST((got == all));
}

BOOST_AUTO_TEST_CASE(nothing_is_written_by_an_empty_write)
{
  asio::io_context context(1);
  auto ends = make_pipe();
  auto to = test::value_of(io::pipe_writer::adopt(context.get_executor(), std::move(ends.writer)));
  const auto wrote = test::run(context, write_once(to, ""));
  BOOST_TEST(test::value_of(wrote) == 0);
}

// A reader that goes while a write waits for room ends it.
BOOST_AUTO_TEST_CASE(the_reader_goes_meanwhile)
{
  const int outcome = test::run_in_child([] {
    asio::io_context context(1);
    auto ends = make_pipe();
    auto to = test::value_of(io::pipe_writer::adopt(context.get_executor(), std::move(ends.writer)));
    error_code how;
    const std::string data(1'000'000, 'x');
    asio::async_write(to, asio::buffer(data), [&](error_code ec, std::size_t) { how = ec; });
    context.poll();
    if (how) return 1;
    ends.reader.reset();
    context.run();
    return how == asio::error::broken_pipe ? 0 : 2;
  });
  BOOST_TEST(outcome == 0);
}

BOOST_AUTO_TEST_SUITE_END()
