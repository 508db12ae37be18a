// A program in one line: what it says, what it is given, when it is ended, and that nothing is left of it.

#include "process/stdio_support.hpp"

#include "harness/namespaces.hpp"

#include <linx/core/all_of.hpp>
#include <linx/core/spawn.hpp>
#include <linx/process/run.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sstream>

BOOST_AUTO_TEST_SUITE(process_run_kernel)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

run_result outcome_of(process_options options, run_limits limits = run_limits())
{
  auto done = test::run(linx::run(std::move(options), std::move(limits)));
  BOOST_REQUIRE_MESSAGE(done, why(done));
  return std::move(done).value();
}

std::vector<pid_t> numbers(const std::string& text)
{
  std::istringstream in(text);
  std::vector<pid_t> found;
  for (pid_t pid = 0; in >> pid;) found.push_back(pid);
  return found;
}

// What a program has said by the time at which it is killed: on a busy machine it takes a while to say
// anything.
run_result too_slow(const process_options& options)
{
  for (auto limit = 200ms; limit < 20s; limit *= 2) {
    auto done = outcome_of(options, run_limits().time(limit));
    BOOST_REQUIRE(done.timed_out);
    if (done.output.ends_with("\n")) return done;
  }
  BOOST_REQUIRE_MESSAGE(false, "it never says anything");
  return {exit_status::aborted(), {}, {}};
}

// Kills what a test has left on purpose.
class leftover {
public:
  explicit leftover(pid_t pid) : pid_(pid) {}
  ~leftover() { ::kill(pid_, SIGKILL); }
  leftover(const leftover&) = delete;
  leftover& operator=(const leftover&) = delete;

private:
  pid_t pid_;
};

} // namespace

BOOST_AUTO_TEST_CASE(what_it_says_and_how_it_ends)
{
  const auto done = outcome_of(shell("echo out; echo err >&2; exit 3"));
  BOOST_TEST(done.output == "out\n");
  BOOST_TEST(done.errors == "err\n");
  BOOST_TEST((done.status == exit_status::exited(3)));
  BOOST_TEST(!done.success());
  BOOST_TEST(!done.output_cut);
  BOOST_TEST(!done.errors_cut);
  BOOST_TEST(!done.timed_out);
  const auto killed = outcome_of(shell("kill -9 $$"));
  BOOST_TEST((killed.status == exit_status::signaled(SIGKILL, false)));
  const auto plain = test::run(linx::run(process_options("true").search_path()));
  BOOST_REQUIRE_MESSAGE(plain, why(plain));
  BOOST_TEST(plain.value().success());
}

// More than any pipe holds, in both directions at once.
BOOST_AUTO_TEST_CASE(input_and_output_of_any_size)
{
  const auto data = random_bytes(3'000'000);
  auto limits = run_limits().input(data);
  const auto done = outcome_of(shell("tee /dev/fd/2"), limits);
  BOOST_TEST(done.success());
  BOOST_TEST((done.output == data));
  BOOST_TEST((done.errors == data));
}

// Without input there is none, not the host's.
BOOST_AUTO_TEST_CASE(no_input)
{
  const auto done = outcome_of(shell("cat; readlink /proc/$$/fd/0"));
  BOOST_TEST(done.output == "/dev/null\n");
}

// Nor is the host killed by SIGPIPE, whose default it has here.
BOOST_AUTO_TEST_CASE(input_that_nobody_reads)
{
  const int code = run_in_child([] {
    for (const char* script : {"exit 0", "head -c 10 >/dev/null", "exec <&-; sleep 0.1"}) {
      auto limits = run_limits().input(std::string(1'000'000, 'x'));
      const auto done = test::run(linx::run(shell(script), std::move(limits)));
      if (!done || !done.value().success()) return 1;
    }
    return 0;
  });
  BOOST_TEST(code == 0);
}

// The same through the pipe of a process, after its end.
task<int> write_to_the_dead()
{
  process_options options("/bin/true");
  options.standard_input(stdio::pipe());
  LINX_TRY(auto child, co_await process::spawn(std::move(options)));
  LINX_TRYV(co_await child.ready());
  LINX_TRYV(co_await child.proceed());
  LINX_TRY(auto in, child.stdin_pipe());
  LINX_TRYV(co_await child.wait());
  const std::string data(100'000, 'x');
  error_code failed;
  const auto buffer = asio::buffer(data);
  (void)co_await in.async_write_some(buffer, asio::redirect_error(asio::use_awaitable, failed));
  co_return failed.value();
}

BOOST_AUTO_TEST_CASE(a_pipe_without_a_reader_is_no_death)
{
  const int code = run_in_child([] {
    const auto failed = test::run(write_to_the_dead());
    return failed && failed.value() == EPIPE ? 0 : 1;
  });
  BOOST_TEST(code == 0);
}

// What is beyond the limit is thrown away, and the program is not held up by it.
BOOST_AUTO_TEST_CASE(limits_of_output)
{
  auto script = shell("yes | head -c 1000000; yes e | head -c 1000 >&2; echo done >&2");
  const auto cut = outcome_of(script, run_limits().output(1001).errors(1005));
  BOOST_TEST(cut.success());
  BOOST_TEST(cut.output.size() == 1001u);
  BOOST_TEST(cut.output.ends_with("y\ny"));
  BOOST_TEST(cut.output_cut);
  BOOST_TEST(cut.errors.ends_with("done\n")); // exactly as much as there was
  BOOST_TEST(!cut.errors_cut);
  const auto none = outcome_of(script, run_limits().output(0));
  BOOST_TEST(none.output.empty());
  BOOST_TEST(none.output_cut);
}

// The host's own streams are left to what the options say.
BOOST_AUTO_TEST_CASE(streams_of_the_options)
{
  const scratch dir;
  std::ofstream(dir / "in") << "from a file\n";
  auto options = shell("cat; echo err >&2; echo out").standard_error(stdio::same_as(1));
  options.standard_input(stdio::file(dir / "in", O_RDONLY));
  const auto done = outcome_of(options);
  BOOST_TEST(done.output == "from a file\nerr\nout\n");
  BOOST_TEST(done.errors == "");
  options.standard_output(stdio::file(dir / "out", O_WRONLY | O_CREAT));
  const auto away = outcome_of(options);
  BOOST_TEST(away.output == "");
  BOOST_TEST(content(dir / "out") == "from a file\nerr\nout\n");
}

BOOST_AUTO_TEST_CASE(what_keeps_it_from_running)
{
  const auto missing = test::run(linx::run(process_options("/nonexistent/program")));
  BOOST_REQUIRE(!missing);
  BOOST_TEST((missing.error().where() == stage::execve));
  BOOST_TEST(missing.error().errnum() == ENOENT);
  auto limits = run_limits().input("x");
  auto both = process_options("/bin/true").standard_input(stdio::devnull());
  const auto twice = test::run(linx::run(std::move(both), std::move(limits)));
  BOOST_REQUIRE(!twice);
  BOOST_TEST((twice.error().where() == stage::argument));
  const auto terminal = test::run(linx::run(process_options("/bin/true").terminal({24, 80})));
  BOOST_REQUIRE(!terminal);
  BOOST_TEST((terminal.error().where() == stage::argument));
}

// Killed and awaited, and what it had said is there.
BOOST_AUTO_TEST_CASE(a_time_limit)
{
  const auto done = too_slow(shell("echo $$; exec sleep 1000"));
  BOOST_TEST((done.status == exit_status::signaled(SIGKILL, false)), to_string(done.status));
  BOOST_TEST(!done.success());
  BOOST_TEST(!alive(numbers(done.output).at(0)));
  const auto in_time = outcome_of(shell("echo x"), run_limits().time(1h));
  BOOST_TEST(in_time.success());
}

// The group goes along if the program leads one, by either way to it.
BOOST_AUTO_TEST_CASE(a_time_limit_and_a_group)
{
  const auto script = shell("sleep 1000 & echo $$ $!; wait");
  for (const bool session : {false, true}) {
    auto options = script;
    if (session)
      options.session();
    else
      options.process_group();
    const auto pids = numbers(too_slow(options).output);
    BOOST_REQUIRE(pids.size() == 2u);
    BOOST_TEST(!alive(pids[0]));
    test::run_body(dead(pids[1]));
  }
  const auto pids = numbers(too_slow(script).output);
  BOOST_REQUIRE(pids.size() == 2u);
  const leftover grandchild(pids[1]);
  BOOST_TEST(!alive(pids[0]));
  BOOST_TEST(alive(pids[1])); // nobody asked for its end
}

// A grandchild has all three pipes, and neither reads nor writes nor ends.
BOOST_AUTO_TEST_CASE(a_grandchild_holds_the_pipes)
{
  auto script = shell("exec 3<&0; sleep 1000 <&3 & echo $!; head -c 60000 /dev/zero >&2");
  for (const auto linger : {std::chrono::nanoseconds(0), std::chrono::nanoseconds(50ms)}) {
    auto limits = run_limits().linger(linger).input(std::string(1'000'000, 'x'));
    const auto done = outcome_of(script, limits);
    const leftover grandchild(numbers(done.output).at(0));
    BOOST_TEST(done.success());
    BOOST_TEST(done.errors.size() == 60'000u); // all that it wrote itself
    BOOST_TEST(alive(numbers(done.output).at(0)));
  }
}

// What comes while it lingers is there; it does not linger when there is nobody left.
BOOST_AUTO_TEST_CASE(a_grandchild_says_something)
{
  const auto done = outcome_of(shell("(sleep 0.2; echo late) & echo early"), run_limits().linger(1h));
  BOOST_TEST(done.output == "early\nlate\n");
  BOOST_TEST(done.success());
}

// One that never stops does not hold the caller, and is told by SIGPIPE.
BOOST_AUTO_TEST_CASE(a_grandchild_says_too_much)
{
  const auto done = outcome_of(shell("yes & echo $! >&2"), run_limits().output(1000));
  BOOST_TEST(done.success());
  run_body(dead(numbers(done.errors).at(0)));
}

task<> cancelled_one(bool in_group)
{
  const scratch dir;
  const executor home = co_await asio::this_coro::executor;
  const auto before = open_descriptors();
  asio::cancellation_signal stop;
  std::optional<result<run_result>> ended;
  auto options = shell("trap '' TERM; sleep 1000 & echo $$ $! >" + (dir / "new") + "; mv " + (dir / "new") +
                       ' ' + (dir / "pids") + "; wait");
  if (in_group) options.process_group();
  linx::spawn(home, linx::run(std::move(options)),
              asio::bind_cancellation_slot(stop.slot(),
                                           [&](result<run_result> how) { ended.emplace(std::move(how)); }));
  while (!std::filesystem::exists(dir / "pids")) {
    LINX_TRYV(co_await pause_briefly());
  }
  const auto pids = numbers(content(dir / "pids"));
  const leftover grandchild(pids.at(1));
  stop.emit(asio::cancellation_type::total);
  while (!ended) {
    LINX_TRYV(co_await pause_briefly());
  }
  BOOST_REQUIRE(!*ended);
  BOOST_TEST((ended->error() == errc::cancelled), why(*ended));
  BOOST_TEST(!alive(pids.at(0)));
  if (in_group) {
    LINX_TRYV(co_await dead(pids.at(1)));
  }
  // The context's own stay: its epoll set, the spawner's socket.
  BOOST_TEST(open_descriptors() <= before + 8);
  co_return success();
}

BOOST_AUTO_TEST_CASE(a_cancel_kills)
{
  for (const bool in_group : {false, true}) run_body(cancelled_one(in_group));
}

// The root of somebody else, who is not told by a result but by an exception that he has asked for.
BOOST_AUTO_TEST_CASE(under_a_plain_co_spawn)
{
  asio::io_context context(1);
  bool over = false;
  auto body = []() -> asio::awaitable<void> {
    auto running = linx::run(shell("echo x"));
    const auto done = co_await std::move(running);
    BOOST_REQUIRE_MESSAGE(done, why(done));
    BOOST_TEST(done.value().output == "x\n");
  };
  asio::co_spawn(context, body, [&](std::exception_ptr failure) { over = !failure; });
  context.run();
  BOOST_TEST(over);
}

// Nothing is left open when a run is over, however it has ended.
task<> many_in_a_row()
{
  LINX_TRYV(co_await linx::run(shell("true"))); // the spawner's own descriptors
  const auto before = open_descriptors();
  for (int i = 0; i != 30; ++i) {
    auto limits = run_limits().input("x").time(1ms * (i % 3 == 0 ? 1 : 100'000));
    auto one = linx::run(shell("cat"), std::move(limits));
    LINX_TRYV(co_await std::move(one));
    const auto failed = co_await linx::run(process_options("/nonexistent"));
    BOOST_TEST(!failed);
  }
  BOOST_TEST(open_descriptors() == before);
  co_return success();
}

BOOST_AUTO_TEST_CASE(no_descriptor_is_left)
{
  run_body(many_in_a_row());
}

task<> on_a_strand(int number, std::atomic<int>& right)
{
  for (int i = 0; i != 5; ++i) {
    const std::string said = std::to_string(number) + ' ' + std::to_string(i);
    auto limits = run_limits().input(said);
    LINX_TRY(const auto done, co_await linx::run(shell("cat; cat /dev/null >&2"), std::move(limits)));
    if (done.success() && done.output == said && done.errors.empty()) ++right;
  }
  co_return success();
}

// Four threads, a strand for each.
BOOST_AUTO_TEST_CASE(on_many_threads)
{
  std::atomic<int> right = 0, failed = 0;
  asio::thread_pool pool(4);
  for (int number = 0; number != 40; ++number)
    linx::spawn(asio::make_strand(pool.get_executor()), on_a_strand(number, right), [&failed](result<> how) {
      if (!how) ++failed;
    });
  pool.join();
  BOOST_TEST(failed == 0);
  BOOST_TEST(right == 200);
}

BOOST_AUTO_TEST_SUITE_END()
