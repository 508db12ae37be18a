// A command in namespaces, with limits and under another identity, over linx::process.
#include "../command_line.hpp"
#include "course.hpp"

#include <linx/core/spawn.hpp>

#include <boost/asio/io_context.hpp>

#include <cerrno>
#include <csignal>
#include <iostream>
#include <string>

namespace {

constexpr int exit_timeout = 124;
constexpr int exit_own_failure = 125;
constexpr int exit_not_executable = 126;
constexpr int exit_not_found = 127;

int status_of(const linx::error& error)
{
  if (error.where() != linx::stage::execve) return exit_own_failure;
  return error.errnum() == ENOENT ? exit_not_found : exit_not_executable;
}

int fail(const linx::error& error)
{
  command_line::complain("linx-run", error);
  return status_of(error);
}

int status_of(linx::exit_status ended, bool is_rehearsal)
{
  switch (ended.what()) {
  case linx::exit_status::kind::exited:
    return ended.code();
  case linx::exit_status::kind::signaled:
    return 128 + ended.signal();
  case linx::exit_status::kind::aborted:
    break;
  }
  if (!is_rehearsal) return exit_own_failure;
  std::cerr << "linx-run: all of that works, and the command can be executed; nothing was run\n";
  return 0;
}

int run(int argc, char** argv)
{
  command_line::fill_standard_streams();
  auto given = run_tool::read_settings(argc, argv);
  if (!given) return fail(given.error());
  if (given.value().help) {
    const auto printed = command_line::print(run_tool::usage);
    return printed ? 0 : fail(printed.error());
  }
  const bool is_rehearsal = given.value().abort;

  // Who reads the events or the output may go; that is no reason to die with the terminal in raw mode.
  std::signal(SIGPIPE, SIG_IGN);
  const linx::io::signal_mask passed{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCONT, SIGWINCH};
  const linx::io::blocked_signals blocked(passed);
  boost::asio::io_context io(1);
  auto signals = linx::io::signal_fd::open(io.get_executor(), passed);
  if (!signals) return fail(signals.error());

  int status = exit_own_failure;
  {
    run_tool::course course(io.get_executor(), std::move(given).value(), std::move(signals).value());
    linx::spawn(io, course.run(), [&](linx::result<linx::exit_status> ended) {
      if (course.timed_out()) {
        std::cerr << "linx-run: the command took longer than --timeout allows and was killed\n";
        status = exit_timeout;
      } else {
        status = ended ? status_of(ended.value(), is_rehearsal) : fail(ended.error());
      }
    });
    io.run();
  }
  return status;
}

} // namespace

int main(int argc, char** argv)
{
  return command_line::guarded("linx-run", exit_own_failure, [&] { return run(argc, argv); });
}
