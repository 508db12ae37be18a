// What several tests of this room share: programs to run, and the kernel's word about processes.
#pragma once

#include <linx/process/process.hpp>

#include "harness/run.hpp"
#include "harness/value.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <grp.h>
#include <string>
#include <unistd.h>
#include <vector>

namespace linx::test {

// Runs the body of a test as a coroutine; an error that leaves it fails the test.
inline void run_body(task<> body)
{
  require(run(std::move(body)));
}

// /bin/sh -c script.
inline process_options shell(const std::string& script)
{
  return process_options("/bin/sh").arg("-c").arg(script);
}

// Everything up to end of file.
inline task<std::string> read_to_end(asio::posix::stream_descriptor from)
{
  std::string text;
  std::array<char, 4096> part;
  for (;;) {
    error_code failed;
    auto buffer = asio::buffer(part);
    const std::size_t n =
        co_await from.async_read_some(buffer, asio::redirect_error(asio::use_awaitable, failed));
    if (failed == asio::error::eof) co_return text;
    if (failed) co_return error(failed, stage::receive);
    text.append(part.data(), n);
  }
}

struct finished {
  exit_status status;
  std::string output;
};

// Takes a child, with a pipe as its standard output, to its end.
inline task<finished> take_to_end(process child, bool automatic)
{
  BOOST_OUTCOME_CO_TRY(auto pipe, child.stdout_pipe());
  BOOST_OUTCOME_CO_TRYV(co_await child.ready());
  if (!automatic) {
    BOOST_OUTCOME_CO_TRYV(co_await child.proceed());
  }
  BOOST_OUTCOME_CO_TRY(auto text, co_await read_to_end(std::move(pipe)));
  BOOST_OUTCOME_CO_TRY(const auto status, co_await child.wait());
  finished end{status, std::move(text)};
  co_return std::move(end);
}

// Runs a child to its end with a pipe as its standard output.
inline task<finished> run_to_end(process_options options)
{
  options.standard_output(stdio::pipe());
  const bool automatic = options.proceeds_by_itself();
  BOOST_OUTCOME_CO_TRY(auto child, co_await process::spawn(std::move(options)));
  co_return co_await take_to_end(std::move(child), automatic);
}

// What it writes, with a checkpoint and by itself.
inline void check_output_each_way(const process_options& options, const std::string& expected)
{
  for (const bool automatic : {false, true}) {
    const auto end = run(run_to_end(process_options(options).auto_proceed(automatic)));
    BOOST_REQUIRE_MESSAGE(end, why(end));
    BOOST_TEST(end.value().output == expected);
    BOOST_TEST(end.value().status.success(), to_string(end.value().status));
  }
}

// Spawns a child that waits at its checkpoint.
inline task<process> spawn_parked(process_options options)
{
  BOOST_OUTCOME_CO_TRY(auto child, co_await process::spawn(std::move(options)));
  BOOST_OUTCOME_CO_TRYV(co_await child.ready());
  co_return std::move(child);
}

// Spawns a child and waits until it executes its program.
inline task<process> spawn_running(process_options options)
{
  BOOST_OUTCOME_CO_TRY(auto child, co_await spawn_parked(std::move(options)));
  BOOST_OUTCOME_CO_TRYV(co_await child.proceed());
  co_return std::move(child);
}

// Suspends for one turn of the context and a little more, for what has no event: a process leaving /proc.
inline task<> pause_briefly()
{
  asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(2));
  error_code ignored;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  co_return success();
}

// A field of /proc/<pid>/status ("PPid", "NoNewPrivs", "CapEff"), "" if there is no such process.
inline std::string status_field(pid_t pid, const std::string& field)
{
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(field + ":")) continue;
    const auto value = line.find_first_not_of(" \t", field.size() + 1);
    return value == line.npos ? "" : line.substr(value);
  }
  return "";
}

// True if the pid names a process, a zombie too.
inline bool exists(pid_t pid)
{
  return ::kill(pid, 0) == 0 || errno == EPERM;
}

// True for a process that is neither gone nor a zombie.
inline bool alive(pid_t pid)
{
  return exists(pid) && !status_field(pid, "State").starts_with("Z");
}

// Waits until no live process has this pid. A zombie is as good: init, which reaps what a dead spawner
// leaves, does so in its own time.
inline task<> dead(pid_t pid)
{
  while (alive(pid)) {
    BOOST_OUTCOME_CO_TRYV(co_await pause_briefly());
  }
  co_return success();
}

// Waits until the pid is gone, reaped and all: the exit record is sent before the spawner reaps.
inline task<> gone(pid_t pid)
{
  while (exists(pid)) {
    BOOST_OUTCOME_CO_TRYV(co_await pause_briefly());
  }
  co_return success();
}

// Pids whose parent is `parent`.
inline std::vector<pid_t> children_of(pid_t parent)
{
  std::vector<pid_t> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const auto pid = std::atoi(entry.path().filename().c_str());
    if (pid > 0 && status_field(pid, "PPid") == std::to_string(parent)) found.push_back(pid);
  }
  return found;
}

// The inode of a namespace of a process: readlink /proc/<pid>/ns/<name>.
inline std::string ns_link(pid_t pid, const std::string& name)
{
  std::error_code failed;
  const auto link = std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/ns/" + name, failed);
  return failed ? "" : link.string();
}

// True, and says so, where the test cannot be made.
inline bool needs_root()
{
  if (::geteuid() == 0) return false;
  BOOST_TEST_MESSAGE("skipped: needs root");
  return true;
}

// Gives up root in a child of the test.
inline bool become_nobody()
{
  return ::setgroups(0, nullptr) == 0 && ::setresgid(65534, 65534, 65534) == 0 &&
         ::setresuid(65534, 65534, 65534) == 0;
}

} // namespace linx::test
