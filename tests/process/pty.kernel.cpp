// Children with a terminal: what the child sees of it, what the host reads and writes.

#include "process/stdio_support.hpp"

#include <linx/core/spawn.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>

BOOST_AUTO_TEST_SUITE(process_pty_kernel)

using namespace linx;
using namespace linx::test;

task<> look_around(bool automatic)
{
  // stat(5): session is field 6, tty_nr field 7, tpgid field 8; the name holds no blank.
  auto options = shell("tty; stty size; cut -d' ' -f6-8 /proc/$$/stat; echo $$");
  options.terminal(io::window_size(50, 132, 640, 480)).auto_proceed(automatic);
  LINX_TRY(auto child, co_await process::spawn(std::move(options)));
  LINX_TRY(auto terminal, child.terminal());
  LINX_TRY(const pid_t pid, co_await child.ready());
  LINX_TRYV(co_await child.proceed());
  LINX_TRY(const std::string text, co_await read_all(terminal));
  LINX_TRY(const io::window_size size, terminal.window_size());
  BOOST_TEST((size == io::window_size(50, 132, 640, 480)));
  std::istringstream lines(text);
  std::string name, rows, columns, shell_pid;
  int session = 0, tty = 0, foreground = 0;
  lines >> name >> rows >> columns >> session >> tty >> foreground >> shell_pid;
  BOOST_TEST(name.starts_with("/dev/pts/"), text);
  BOOST_TEST(rows == "50", text);
  BOOST_TEST(columns == "132", text);
  BOOST_TEST(session == pid, text);
  BOOST_TEST(tty >> 8 == 136, text); // UNIX98_PTY_SLAVE_MAJOR, Documentation/admin-guide/devices.txt
  BOOST_TEST(foreground == pid, text);
  BOOST_TEST(shell_pid == std::to_string(pid), text);
  LINX_TRY(const auto how, co_await child.wait());
  BOOST_TEST(how.success());
  co_return success();
}

// It leads a session, the slave is its controlling terminal with the size asked for, and it is in the
// foreground.
BOOST_AUTO_TEST_CASE(what_the_child_sees)
{
  run_body(look_around(false));
  run_body(look_around(true));
}

task<> without_terminal()
{
  LINX_TRY(auto child, co_await process::spawn(process_options("/bin/true").auto_proceed()));
  const auto terminal = child.terminal();
  BOOST_REQUIRE(!terminal);
  BOOST_TEST((terminal.error() == errc::no_pty));
  BOOST_TEST_MESSAGE(terminal.error().message());
  LINX_TRYV(co_await child.wait());
  co_return success();
}
BOOST_AUTO_TEST_CASE(no_pty)
{
  run_body(without_terminal());
}

task<> interrupt()
{
  LINX_TRY(auto both, co_await spawn_in_terminal(in_terminal("echo up; read line")));
  LINX_TRYV(co_await read_until(both.terminal, "up"));
  const auto open = descriptors_of(both.child.host_pid().value());
  BOOST_TEST(open.size() == 3u);
  for (const auto& [number, link] : open) BOOST_TEST(link == open.at(0));
  LINX_TRYV(co_await type(both.terminal, "\x03"));
  LINX_TRY(const auto how, co_await both.child.wait());
  BOOST_TEST((how == exit_status::signaled(SIGINT, false)), to_string(how));
  // The line discipline shows what was typed.
  LINX_TRY(const std::string rest, co_await read_all(both.terminal));
  BOOST_TEST(rest.find("^C") != rest.npos, rest);
  co_return success();
}

// Ctrl-C is the byte 0x03, and goes to the foreground of the child's session.
BOOST_AUTO_TEST_CASE(ctrl_c)
{
  run_body(interrupt());
}

task<> resize_live()
{
  auto options = in_terminal("trap 'stty size; exit 7' WINCH; echo up; while :; do sleep 0.01; done");
  LINX_TRY(auto both, co_await spawn_in_terminal(std::move(options)));
  LINX_TRYV(co_await read_until(both.terminal, "up"));
  LINX_TRYV(both.terminal.resize(io::window_size(11, 22)));
  LINX_TRY(const std::string text, co_await read_all(both.terminal));
  BOOST_TEST(text.find("11 22") != text.npos, text);
  LINX_TRY(const auto how, co_await both.child.wait());
  BOOST_TEST((how == exit_status::exited(7)), to_string(how));
  // After the end nothing can be typed or resized, and what was set can be read.
  const auto late = both.terminal.resize(io::window_size(1, 1));
  BOOST_TEST((late.has_error() && late.error() == errc::no_process));
  const auto typed = co_await type(both.terminal, "too late");
  BOOST_TEST((typed.has_error() && typed.error() == errc::no_process));
  LINX_TRY(const auto size, both.terminal.window_size());
  BOOST_TEST((size == io::window_size(11, 22)));
  co_return success();
}

// A new size reaches the running workload as SIGWINCH.
BOOST_AUTO_TEST_CASE(sigwinch)
{
  run_body(resize_live());
}

task<> read_after_the_end()
{
  const std::string script = "stty raw; head -c 4000 /dev/zero | tr '\\0' x";
  LINX_TRY(auto both, co_await spawn_in_terminal(in_terminal(script)));
  LINX_TRY(const auto how, co_await both.child.wait());
  BOOST_TEST(how.success());
  LINX_TRY(auto again, both.child.terminal()); // a second handle, after the end
  LINX_TRY(const std::string text, co_await read_all(again));
  BOOST_TEST(text.size() == 4000u);
  LINX_TRY(const std::string nothing, co_await read_all(both.terminal));
  BOOST_TEST(nothing.empty());
  co_return success();
}

// What the child left in its terminal is there after it has gone.
BOOST_AUTO_TEST_CASE(nothing_is_lost_at_exit)
{
  run_body(read_after_the_end());
}

task<> read_beside_a_grandchild()
{
  LINX_TRY(auto both,
           co_await spawn_in_terminal(in_terminal("trap '' HUP; sleep 1000 & echo $! and this; exit 3")));
  LINX_TRY(const auto how, co_await both.child.wait());
  BOOST_TEST((how == exit_status::exited(3)));
  LINX_TRY(const std::string text, co_await read_all(both.terminal));
  BOOST_TEST(text.find("and this") != text.npos, text);
  const pid_t grandchild = std::stoi(text);
  BOOST_TEST(alive(grandchild));
  ::kill(grandchild, SIGKILL);
  co_return success();
}

// A grandchild that holds the slave for ever does not keep the reader for ever.
BOOST_AUTO_TEST_CASE(a_grandchild_holds_the_terminal)
{
  run_body(read_beside_a_grandchild());
}

task<> paste()
{
  const scratch dir;
  const std::string bytes = random_bytes(1 << 20);
  // It reads late, so that the host meets a full terminal first.
  auto options = in_terminal("stty raw -echo; echo up; sleep 0.2; head -c 1048576 >" + (dir / "got"));
  LINX_TRY(auto both, co_await spawn_in_terminal(std::move(options)));
  LINX_TRYV(co_await read_until(both.terminal, "up"));
  const auto data = asio::buffer(bytes);
  LINX_TRYV(co_await both.terminal.write(data));
  BOOST_TEST(both.terminal.written() == bytes.size());
  LINX_TRY(const auto how, co_await both.child.wait());
  BOOST_TEST(how.success());
  BOOST_TEST((content(dir / "got") == bytes));
  co_return success();
}

// 1 MiB of any bytes arrives whole at a program that is slow to read.
BOOST_AUTO_TEST_CASE(a_paste_of_1_mib)
{
  run_body(paste());
}

task<> read_late()
{
  const scratch dir;
  const std::string bytes = random_bytes(1 << 20);
  std::ofstream(dir / "bytes") << bytes;
  auto options = in_terminal("stty raw -echo; exec cat " + (dir / "bytes"));
  LINX_TRY(auto both, co_await spawn_in_terminal(std::move(options)));
  for (int n = 0; n != 20; ++n) { // others are not held up by it
    LINX_TRY(const auto end, co_await run_to_end(process_options("/bin/echo").arg("here")));
    BOOST_TEST(end.output == "here\n");
  }
  BOOST_TEST((both.child.info().state == process_state::running));
  LINX_TRY(const std::string text, co_await read_all(both.terminal));
  BOOST_TEST((text == bytes));
  LINX_TRY(const auto how, co_await both.child.wait());
  BOOST_TEST(how.success());
  co_return success();
}

// Output that nobody reads waits in the child, whole, and holds up nobody else.
BOOST_AUTO_TEST_CASE(a_reader_that_comes_late)
{
  run_body(read_late());
}

task<> hang_up()
{
  LINX_TRY(auto both, co_await spawn_in_terminal(in_terminal("echo up; exec sleep 1000")));
  LINX_TRYV(co_await read_until(both.terminal, "up"));
  // The reader that waits is told.
  auto& terminal = both.terminal;
  const executor here = co_await asio::this_coro::executor;
  asio::post(here, [&terminal] { terminal.close(); });
  const auto read = co_await read_all(terminal);
  BOOST_TEST((read.has_error() && read.error() == errc::closed));
  LINX_TRY(const auto how, co_await both.child.wait());
  BOOST_TEST((how == exit_status::signaled(SIGHUP, false)), to_string(how));
  const auto typed = co_await type(terminal, "x");
  BOOST_TEST((typed.has_error() && typed.error() == errc::closed));
  const auto resized = terminal.resize(small_window);
  BOOST_TEST((resized.has_error() && resized.error() == errc::closed));
  co_return success();
}

// close() is a hang-up: SIGHUP to the child's session, errc::closed to everybody here.
BOOST_AUTO_TEST_CASE(close_hangs_up)
{
  run_body(hang_up());
}

task<> cancel_a_write()
{
  const scratch dir;
  BOOST_TEST(::mkfifo((dir / "gate").c_str(), 0600) == 0);
  const std::string bytes = random_bytes(1 << 20);
  auto options = in_terminal("stty raw -echo; echo up; n=$(cat " + (dir / "gate") + "); head -c $n >" +
                             (dir / "got") + "; echo done; head -c 4 >" + (dir / "next"));
  LINX_TRY(auto both, co_await spawn_in_terminal(std::move(options)));
  auto& terminal = both.terminal;
  LINX_TRYV(co_await read_until(terminal, "up"));

  const executor here = co_await asio::this_coro::executor;
  asio::cancellation_signal stop;
  std::optional<result<>> written;
  auto writing = terminal.write(asio::buffer(bytes));
  linx::spawn(here, std::move(writing),
              asio::bind_cancellation_slot(stop.slot(), [&written](result<> r) { written = std::move(r); }));
  while (terminal.written() == 0) {
    LINX_TRYV(co_await pause_briefly());
  }
  stop.emit(asio::cancellation_type::total);
  while (!written) {
    LINX_TRYV(co_await pause_briefly());
  }
  const std::uint64_t took = terminal.written();
  BOOST_TEST((written->has_error() && written->error() == errc::cancelled));
  BOOST_TEST(took > 0u);
  BOOST_TEST(took < bytes.size());
  const std::string says = std::to_string(took) + " of 1048576 bytes";
  BOOST_TEST(written->error().message().find(says) != says.npos, written->error().message());

  std::ofstream(dir / "gate") << took;
  LINX_TRYV(co_await read_until(terminal, "done"));
  BOOST_TEST((content(dir / "got") == bytes.substr(0, took)));
  LINX_TRYV(co_await type(terminal, "next"));
  LINX_TRYV(co_await both.child.wait());
  BOOST_TEST(content(dir / "next") == "next");
  co_return success();
}

// A cancelled write says how much the terminal took, and the child gets exactly that.
BOOST_AUTO_TEST_CASE(cancelled_write_says_how_much)
{
  run_body(cancel_a_write());
}

task<> overlap()
{
  const scratch dir;
  auto options = in_terminal("stty raw -echo; echo up; head -c 600000 >" + (dir / "got"));
  LINX_TRY(auto both, co_await spawn_in_terminal(std::move(options)));
  auto& terminal = both.terminal;
  LINX_TRYV(co_await read_until(terminal, "up"));
  const executor here = co_await asio::this_coro::executor;
  std::string texts[3];
  int done = 0;
  for (int n = 0; n != 3; ++n) {
    texts[n].assign(200000, static_cast<char>('a' + n));
    auto writing = terminal.write(asio::buffer(texts[n]));
    linx::spawn(here, std::move(writing), [&done](result<> r) { done += r.has_value(); });
  }
  LINX_TRYV(co_await both.child.wait());
  BOOST_TEST(done == 3);
  BOOST_TEST((content(dir / "got") == texts[0] + texts[1] + texts[2]));
  co_return success();
}

// Writes that overlap do not mix.
BOOST_AUTO_TEST_CASE(overlapping_writes_are_whole)
{
  run_body(overlap());
}

task<> two_readers()
{
  LINX_TRY(auto both, co_await spawn_in_terminal(in_terminal("exec sleep 1000")));
  const executor here = co_await asio::this_coro::executor;
  std::optional<result<std::size_t>> first;
  std::array<char, 8> room{};
  {
    LINX_TRY(auto other, both.child.terminal());
    auto reading = other.read_some(asio::buffer(room));
    linx::spawn(here, std::move(reading), [&first](result<std::size_t> r) { first = std::move(r); });
    LINX_TRYV(co_await pause_briefly());
    const auto buffer = asio::buffer(room);
    const auto second = co_await both.terminal.read_some(buffer);
    BOOST_TEST((second.has_error() && second.error() == errc::not_ready));
  } // the handle of the first reader goes, and its operation with it
  while (!first) {
    LINX_TRYV(co_await pause_briefly());
  }
  BOOST_TEST((first->has_error() && first->error() == errc::closed));
  const auto none = co_await both.terminal.read_some(asio::mutable_buffer());
  BOOST_TEST((none.has_error() && none.error().where() == stage::argument));
  // The terminal is still there for the other handle.
  LINX_TRYV(co_await type(both.terminal, "\x03"));
  LINX_TRY(const auto how, co_await both.child.wait());
  BOOST_TEST((how == exit_status::signaled(SIGINT, false)));
  co_return success();
}

// One reader at a time; a dropped handle ends its own operations, and only those.
BOOST_AUTO_TEST_CASE(one_reader_at_a_time)
{
  run_body(two_readers());
}

task<> keep_the_terminal_only()
{
  const std::string script = "trap '' INT; echo up; read line";
  LINX_TRY(auto both, co_await spawn_in_terminal(in_terminal(script)));
  LINX_TRYV(co_await read_until(both.terminal, "up"));
  const pid_t pid = both.child.host_pid().value();
  {
    const process dropped = std::move(both.child);
  }
  LINX_TRYV(co_await read_all(both.terminal));
  LINX_TRYV(co_await gone(pid));
  for (;;) { // taken until the host has heard of the end
    const auto typed = co_await type(both.terminal, "x");
    if (typed.has_error()) {
      BOOST_TEST((typed.error() == errc::no_process), why(typed));
      break;
    }
    LINX_TRYV(co_await pause_briefly());
  }
  co_return success();
}

// Dropping the process ends the child by SIGKILL, and the reader of its terminal sees the end.
BOOST_AUTO_TEST_CASE(the_process_is_dropped_first)
{
  run_body(keep_the_terminal_only());
}

task<> hang_up_by_dropping()
{
  LINX_TRY(auto both, co_await spawn_in_terminal(in_terminal("echo up; read line")));
  LINX_TRYV(co_await read_until(both.terminal, "up"));
  const pid_t pid = both.child.host_pid().value();
  LINX_TRYV(both.child.detach());
  {
    const terminal_child dropped = std::move(both);
  }
  LINX_TRYV(co_await gone(pid)); // by the SIGHUP of the last handle's end
  co_return success();
}

// A terminal hangs up with its last handle, a detached child's, too.
BOOST_AUTO_TEST_CASE(the_last_handle_hangs_up)
{
  run_body(hang_up_by_dropping());
}

// A handle, and a reader that waits, outlive the io_context; its end hangs up.
BOOST_AUTO_TEST_CASE(handles_outlive_the_context)
{
  std::optional<terminal_child> kept;
  std::array<char, 8> room{};
  {
    asio::io_context context(1);
    auto spawned = test::run(context, spawn_in_terminal(in_terminal("exec sleep 1000")));
    BOOST_REQUIRE_MESSAGE(spawned, why(spawned));
    kept.emplace(std::move(spawned).assume_value());
    linx::spawn(context.get_executor(), kept->terminal.read_some(asio::buffer(room)), [](auto&&) {});
    context.poll();
  }
  const auto resized = kept->terminal.resize(small_window);
  BOOST_TEST((resized.has_error() && resized.error() == errc::closed));
  const auto read = test::run(kept->terminal.read_some(asio::buffer(room)));
  BOOST_TEST((read.has_error() && read.error() == errc::closed));
  run_body(dead(kept->child.host_pid().value()));
}

BOOST_AUTO_TEST_SUITE_END()
