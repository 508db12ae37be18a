#include <linx/process/run.hpp>

#include "core/cancelled.hpp"
#include "core/fairness.hpp"

#include <linx/core/all_of.hpp>
#include <linx/core/cleanup.hpp>
#include <linx/core/with_timeout.hpp>
#include <linx/process/process.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>

namespace linx {

namespace {

using clock = std::chrono::steady_clock;

constexpr auto as_tuple = asio::as_tuple(asio::deferred);
constexpr auto patience_when_cancelled = std::chrono::seconds(5);
constexpr auto patience_when_late = std::chrono::seconds(10);

/// One pipe that the program writes to.
struct outlet {
  std::optional<asio::posix::stream_descriptor> pipe;
  std::size_t most = 0;
  std::string text;
  bool cut = false;
  std::size_t owed = 0; ///< bytes that lay in the pipe when the program had ended, and were not read yet

  void take(std::string_view part)
  {
    owed -= std::min(owed, part.size());
    const auto kept = std::min(part.size(), most - text.size());
    text.append(part.substr(0, kept));
    cut = cut || kept < part.size();
  }
};

/// What the coroutines of one run share. They run interleaved on one executor, and its frame outlives them.
struct course {
  course(executor home, process c) : child(std::move(c)), linger(std::move(home)) {}

  process child;
  std::optional<io::pipe_writer> input;
  std::array<outlet, 2> outlets; ///< standard output and standard error
  asio::steady_timer linger;
  bool timed_out = false; ///< it was killed for that
  bool closing = false;   ///< nobody is listened to any more

  bool is_silent() const noexcept { return !outlets[0].pipe && !outlets[1].pipe; }
};

result<> check(const process_options& options, const run_limits& limits)
{
  if (options.terminal())
    return error::argument("run() with a terminal; spawn the process, and read its terminal()");
  const auto source = options.standard_streams()[0].what();
  if (!limits.input().empty() && source != stdio::kind::inherit && source != stdio::kind::pipe)
    return error::argument("run() with an input and with a standard input of its own; leave one of them out");
  return success();
}

void set_streams(process_options& options, const run_limits& limits)
{
  const auto streams = options.standard_streams();
  if (streams[0].what() == stdio::kind::inherit)
    options.standard_input(limits.input().empty() ? stdio::devnull() : stdio::pipe());
  if (streams[1].what() == stdio::kind::inherit) options.standard_output(stdio::pipe());
  if (streams[2].what() == stdio::kind::inherit) options.standard_error(stdio::pipe());
}

result<> take_pipes(course& c, const std::array<stdio, 3>& streams)
{
  if (streams[0].what() == stdio::kind::pipe) {
    BOOST_OUTCOME_TRY(auto input, c.child.stdin_pipe());
    c.input.emplace(std::move(input));
  }
  for (std::size_t i = 0; i != c.outlets.size(); ++i) {
    if (streams[i + 1].what() != stdio::kind::pipe) continue;
    BOOST_OUTCOME_TRY(auto pipe, i == 0 ? c.child.stdout_pipe() : c.child.stderr_pipe());
    error_code failed;
    pipe.native_non_blocking(true, failed);
    if (failed) return error(failed, stage::configure).with_object("pipe of a standard stream");
    c.outlets[i].pipe.emplace(std::move(pipe));
  }
  return success();
}

task<> feed(course& c, std::string input)
{
  if (!c.input) co_return success();
  const auto data = asio::buffer(input);
  // EPIPE is the program's own decision, and a pipe that is closed here that of the program's end.
  (void)co_await asio::async_write(*c.input, data, as_tuple);
  c.input->close();
  co_return success();
}

/// Until the end of file, or until it has been closed for want of time.
task<> drain(course& c, outlet& from)
{
  std::array<char, 16 * 1024> room;
  while (from.pipe) {
    const ssize_t n = ::read(from.pipe->native_handle(), room.data(), room.size());
    if (n > 0) {
      from.take({room.data(), static_cast<std::size_t>(n)});
      if (c.closing && from.owed == 0) break;
      if (detail::yield_due()) {
        co_await asio::post(asio::deferred);
        const auto cancel = co_await asio::this_coro::cancellation_state;
        if (detail::is_cancelled(cancel)) co_return errc::cancelled;
      }
      continue;
    }
    if (n == 0 || (errno == EAGAIN && c.closing)) break;
    if (errno == EINTR) continue;
    if (errno != EAGAIN)
      co_return error::from_errno(errno, stage::receive).with_object("output of a program");
    const auto cancel = co_await asio::this_coro::cancellation_state;
    if (detail::is_cancelled(cancel)) co_return errc::cancelled;
    (void)co_await from.pipe->async_wait(asio::posix::descriptor_base::wait_read, as_tuple);
  }
  from.pipe.reset();
  if (c.is_silent()) c.linger.cancel();
  co_return success();
}

task<exit_status> await_killed(course& c)
{
  (void)c.child.kill();
  auto end = c.child.wait();
  auto how = co_await with_timeout(std::move(end), patience_when_late);
  if (!how && how.error() == errc::timed_out)
    co_return std::move(how).error().with_object("the end of a process that was sent SIGKILL");
  co_return how;
}

/// The end of the program itself, which its time limit brings about.
task<exit_status> await_end(course& c, std::optional<clock::time_point> deadline)
{
  auto end = c.child.wait();
  result<exit_status> how;
  if (deadline) {
    how = co_await with_timeout(std::move(end), *deadline - clock::now());
    if (!how && how.error() == errc::timed_out) {
      c.timed_out = true;
      auto killed = await_killed(c);
      how = co_await std::move(killed);
    }
  } else {
    how = co_await std::move(end);
  }
  if (!how && how.error() == errc::cancelled) {
    (void)c.child.kill();
    auto killed = c.child.wait();
    (void)co_await cleanup(std::move(killed), patience_when_cancelled);
  }
  co_return how;
}

/// From the end of the program to the end of its output.
task<exit_status> attend(course& c, std::optional<clock::time_point> deadline,
                         std::chrono::nanoseconds linger)
{
  auto end = await_end(c, deadline);
  LINX_TRY(const auto how, co_await std::move(end));
  if (c.input) c.input->close(); // a grandchild may have the other end, and not read
  for (auto& each : c.outlets) {
    int lying = 0;
    if (each.pipe && ::ioctl(each.pipe->native_handle(), FIONREAD, &lying) == 0)
      each.owed = static_cast<std::size_t>(lying);
  }
  if (!c.is_silent() && !c.timed_out && linger.count() > 0) {
    c.linger.expires_after(linger);
    (void)co_await c.linger.async_wait(as_tuple);
  }
  c.closing = true;
  for (auto& each : c.outlets)
    if (each.pipe) each.pipe->cancel();
  co_return how;
}

} // namespace

task<run_result> run(process_options options, run_limits limits)
{
  std::optional<clock::time_point> deadline;
  if (limits.time()) deadline = clock::now() + *limits.time();
  LINX_TRYV(check(options, limits));
  set_streams(options, limits);
  options.auto_proceed();
  const auto streams = options.standard_streams();
  const auto& given = std::as_const(options);
  if (!given.kill_scope() && (given.process_group() == 0 || given.has_own_session()))
    options.kill_scope(kill_scope::group);

  LINX_TRY(auto child, co_await process::spawn(std::move(options)));
  const executor home = co_await asio::this_coro::executor;
  course c(home, std::move(child));
  LINX_TRYV(take_pipes(c, streams));
  c.outlets[0].most = limits.output();
  c.outlets[1].most = limits.errors();

  auto input = feed(c, std::move(limits.input()));
  auto output = drain(c, c.outlets[0]);
  auto errors = drain(c, c.outlets[1]);
  auto end = attend(c, deadline, limits.linger());
  auto all = all_of(std::move(input), std::move(output), std::move(errors), std::move(end));
  LINX_TRY(const auto ended, co_await std::move(all));
  run_result done{std::get<3>(ended),
                  std::move(c.outlets[0].text),
                  std::move(c.outlets[1].text),
                  c.outlets[0].cut,
                  c.outlets[1].cut,
                  c.timed_out};
  co_return std::move(done);
}

task<run_result> run(process_options options)
{
  run_limits limits;
  return run(std::move(options), std::move(limits));
}

} // namespace linx
