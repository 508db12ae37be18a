// The window of a child's terminal, as the child's own descriptor tells it: rows, columns and pixels, from
// before its program runs until it ends.

#include "process/stdio_support.hpp"

#include <csignal>
#include <fcntl.h>
#include <sys/ioctl.h>

BOOST_AUTO_TEST_SUITE(process_window_size_kernel)

using namespace linx;
using namespace linx::test;

namespace {

/// What the child's standard input says (TIOCGWINSZ, ioctl_tty(2)).
io::window_size seen_by(pid_t child)
{
  const std::string path = "/proc/" + std::to_string(child) + "/fd/0";
  const io::unique_fd slave(::open(path.c_str(), O_RDONLY | O_NOCTTY | O_CLOEXEC));
  winsize size{};
  BOOST_TEST(::ioctl(slave.get(), TIOCGWINSZ, &size) == 0);
  return {size.ws_row, size.ws_col, size.ws_xpixel, size.ws_ypixel};
}

/// While the child is parked only root may look into it.
io::window_size parked_size(pid_t child, const pty& terminal)
{
  return ::geteuid() == 0 ? seen_by(child) : terminal.window_size().value();
}

task<> before_exec()
{
  const io::window_size first(50, 132, 640, 480), second(11, 22, 33, 44), third(1, 65535, 65535, 0);
  auto options = shell("stty size").terminal(first);
  LINX_TRY(auto child, co_await process::spawn(std::move(options)));
  LINX_TRY(auto terminal, child.terminal());
  LINX_TRYV(terminal.resize(second)); // there is no child yet
  LINX_TRY(const pid_t pid, co_await child.ready());
  BOOST_TEST((parked_size(pid, terminal) == second));
  LINX_TRYV(terminal.resize(third));
  BOOST_TEST((parked_size(pid, terminal) == third));
  LINX_TRYV(terminal.resize(first));
  LINX_TRYV(co_await child.proceed());
  LINX_TRY(const std::string text, co_await read_all(terminal));
  BOOST_TEST(text == "50 132\r\n");
  LINX_TRYV(co_await child.wait());
  co_return success();
}

task<> live()
{
  auto options = in_terminal("trap 'echo changed' WINCH; echo up; while :; do sleep 0.01; done");
  LINX_TRY(auto both, co_await spawn_in_terminal(std::move(options)));
  LINX_TRYV(co_await read_until(both.terminal, "up"));
  const pid_t pid = both.child.host_pid().value();
  BOOST_TEST((seen_by(pid) == small_window));
  // Pixels alone are a change, too.
  for (const io::window_size size : {io::window_size(24, 80, 7, 0), io::window_size(24, 80, 7, 9),
                                     io::window_size(25, 80, 7, 9), io::window_size(25, 81, 7, 9)}) {
    LINX_TRYV(both.terminal.resize(size));
    LINX_TRYV(co_await read_until(both.terminal, "changed"));
    BOOST_TEST((seen_by(pid) == size));
    BOOST_TEST((both.terminal.window_size().value() == size));
  }
  BOOST_REQUIRE(both.child.signal(SIGKILL));
  LINX_TRYV(co_await both.child.wait());
  const auto late = both.terminal.resize(small_window);
  BOOST_TEST((late.has_error() && late.error() == errc::no_process));
  co_return success();
}

} // namespace

// As asked for, and as changed while there is no child, and while it is parked.
BOOST_AUTO_TEST_CASE(before_the_program_runs)
{
  run_body(before_exec());
}

// Each change reaches the program as SIGWINCH, none after its end.
BOOST_AUTO_TEST_CASE(while_it_runs)
{
  run_body(live());
}

BOOST_AUTO_TEST_SUITE_END()
