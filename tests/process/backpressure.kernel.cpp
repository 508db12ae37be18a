// Terminals that nobody reads, on either side: what is written waits, nothing is lost, nobody else is held
// up, and an end is an end all the same.

#include "process/stdio_support.hpp"

#include "harness/namespaces.hpp"

#include <linx/core/all_of.hpp>
#include <linx/core/spawn.hpp>
#include <linx/core/with_timeout.hpp>

#include <csignal>

BOOST_AUTO_TEST_SUITE(process_backpressure_kernel)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t mebibyte = 1 << 20;

task<> write_all(pty& terminal, std::string bytes)
{
  const auto data = asio::buffer(bytes);
  co_return co_await terminal.write(data);
}

task<> read_exactly(pty& terminal, std::string expected)
{
  std::string text;
  std::array<char, 512> part; // a slow reader
  while (text.size() < expected.size()) {
    const auto room = asio::buffer(part);
    LINX_TRY(const std::size_t n, co_await terminal.read_some(room));
    if (n == 0) break;
    text.append(part.data(), n);
  }
  if (text != expected) co_return error(errc::invalid).with_object(std::to_string(text.size()) + " bytes");
  co_return success();
}

task<> both_ways()
{
  LINX_TRY(auto both, co_await spawn_in_terminal(in_terminal("stty raw -echo; echo up; cat")));
  LINX_TRYV(co_await read_until(both.terminal, "up\n"));
  const std::string bytes = random_bytes(mebibyte);
  std::vector<task<>> ends;
  ends.push_back(write_all(both.terminal, bytes));
  ends.push_back(read_exactly(both.terminal, bytes));
  LINX_TRYV(co_await all_of(std::move(ends)));
  BOOST_TEST(both.terminal.written() == bytes.size());
  co_return success();
}

/// \param script a program that does not read, and ends while there is more for it than it has room for.
task<> paste_in_vain(std::string script)
{
  LINX_TRY(auto both, co_await spawn_in_terminal(in_terminal("stty raw -echo; echo up; " + script)));
  LINX_TRYV(co_await read_until(both.terminal, "up\n"));
  const auto written = co_await write_all(both.terminal, std::string(mebibyte, 'x'));
  BOOST_REQUIRE(written.has_error());
  BOOST_TEST((written.error() == errc::no_process), why(written));
  const std::string says = std::to_string(both.terminal.written()) + " of 1048576 bytes";
  BOOST_TEST(written.error().message().find(says) != std::string::npos, why(written));
  LINX_TRY(const auto how, co_await both.child.wait());
  BOOST_TEST((how == exit_status::exited(3)), to_string(how));
  co_return success();
}

task<> never_read()
{
  const std::string flood = "stty raw -echo; head -c 1048576 /dev/zero; exit 3";
  LINX_TRY(auto stuck, co_await spawn_in_terminal(in_terminal(flood)));
  LINX_TRY(auto dropped, co_await spawn_in_terminal(in_terminal(flood)));
  for (int i = 0; i != 5; ++i) { // others, with a terminal of their own, have theirs
    LINX_TRY(auto other, co_await spawn_in_terminal(in_terminal("echo here")));
    LINX_TRY(const std::string text, co_await read_all(other.terminal));
    BOOST_TEST(text == "here\r\n");
  }
  auto waiting = stuck.child.wait();
  const auto early = co_await with_timeout(std::move(waiting), 20ms);
  BOOST_TEST((early.has_error() && early.error() == errc::timed_out));
  BOOST_TEST((stuck.child.info().state == process_state::running));
  BOOST_REQUIRE(stuck.child.signal(SIGKILL));
  LINX_TRY(const auto how, co_await stuck.child.wait());
  BOOST_TEST((how == exit_status::signaled(SIGKILL, false)), to_string(how));
  // What it had got rid of is there, and then the end.
  LINX_TRY(const std::string text, co_await read_all(stuck.terminal));
  BOOST_TEST(text.size() > 0u);
  BOOST_TEST(text.size() < mebibyte);
  const pid_t pid = dropped.child.host_pid().value();
  {
    const terminal_child gone = std::move(dropped);
  }
  co_return co_await gone(pid);
}

task<> small_and_never_read()
{
  LINX_TRY(auto both, co_await spawn_in_terminal(in_terminal("echo bye; exit 3")));
  LINX_TRY(const auto how, co_await both.child.wait()); // the end waits for no reader
  BOOST_TEST((how == exit_status::exited(3)), to_string(how));
  co_return success();
}

} // namespace

// 1 MiB through a program that gives back what it reads, to a reader that is slower than the writer.
BOOST_AUTO_TEST_CASE(a_mebibyte_there_and_back)
{
  run_body(both_ways());
}

// It ends with the program, whoever may still have the slave, and says how far it came.
BOOST_AUTO_TEST_CASE(a_paste_to_a_program_that_ends)
{
  run_body(paste_in_vain("sleep 0.1; exit 3"));
  run_body(paste_in_vain("trap '' HUP; sleep 3 & sleep 0.1; exit 3"));
}

BOOST_AUTO_TEST_CASE(output_that_nobody_ever_reads)
{
  asio::io_context context(1);
  const auto once = [&context] {
    const auto done = test::run(context, never_read());
    BOOST_REQUIRE_MESSAGE(done, why(done));
    const auto small = test::run(context, small_and_never_read());
    BOOST_REQUIRE_MESSAGE(small, why(small));
  };
  once();
  const auto before = open_descriptors();
  once();
  context.poll(); // what the last handles have left to do
  BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_SUITE_END()
