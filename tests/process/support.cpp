#include "process/support.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <grp.h>

namespace linx::test {

void run_body(task<> body)
{
  require(run(std::move(body)));
}

process_options shell(const std::string& script)
{
  return process_options("/bin/sh").arg("-c").arg(script);
}

task<std::string> read_to_end(asio::posix::stream_descriptor from)
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

task<finished> take_to_end(process child, bool automatic)
{
  LINX_TRY(auto pipe, child.stdout_pipe());
  LINX_TRYV(co_await child.ready());
  if (!automatic) {
    LINX_TRYV(co_await child.proceed());
  }
  LINX_TRY(auto text, co_await read_to_end(std::move(pipe)));
  LINX_TRY(const auto status, co_await child.wait());
  finished end{status, std::move(text)};
  co_return std::move(end);
}

task<finished> run_to_end(process_options options)
{
  options.standard_output(stdio::pipe());
  const bool automatic = options.proceeds_by_itself();
  LINX_TRY(auto child, co_await process::spawn(std::move(options)));
  co_return co_await take_to_end(std::move(child), automatic);
}

void check_output_each_way(const process_options& options, const std::string& expected)
{
  for (const bool automatic : {false, true}) {
    const auto end = run(run_to_end(process_options(options).auto_proceed(automatic)));
    BOOST_REQUIRE_MESSAGE(end, why(end));
    BOOST_TEST(end.value().output == expected);
    BOOST_TEST(end.value().status.success(), to_string(end.value().status));
  }
}

task<process> spawn_parked(process_options options)
{
  LINX_TRY(auto child, co_await process::spawn(std::move(options)));
  LINX_TRYV(co_await child.ready());
  co_return std::move(child);
}

task<process> spawn_running(process_options options)
{
  LINX_TRY(auto child, co_await spawn_parked(std::move(options)));
  LINX_TRYV(co_await child.proceed());
  co_return std::move(child);
}

task<> pause_briefly()
{
  return sleep_for(std::chrono::milliseconds(2));
}

task<> sleep_for(std::chrono::nanoseconds time)
{
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  error_code ignored;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  co_return success();
}

std::string status_field(pid_t pid, const std::string& field)
{
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(field + ":")) continue;
    const auto value = line.find_first_not_of(" \t", field.size() + 1);
    return value == line.npos ? "" : line.substr(value);
  }
  return "";
}

bool exists(pid_t pid)
{
  return ::kill(pid, 0) == 0 || errno == EPERM;
}

bool alive(pid_t pid)
{
  // one that is reaped meanwhile has no state
  const auto state = status_field(pid, "State");
  return !state.empty() && !state.starts_with("Z") && !state.starts_with("X");
}

task<> dead(pid_t pid)
{
  while (alive(pid)) {
    LINX_TRYV(co_await pause_briefly());
  }
  co_return success();
}

task<> gone(pid_t pid)
{
  while (exists(pid)) {
    LINX_TRYV(co_await pause_briefly());
  }
  co_return success();
}

std::vector<pid_t> children_of(pid_t parent)
{
  std::vector<pid_t> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const auto pid = std::atoi(entry.path().filename().c_str());
    if (pid > 0 && status_field(pid, "PPid") == std::to_string(parent)) found.push_back(pid);
  }
  return found;
}

std::string ns_link(pid_t pid, const std::string& name)
{
  std::error_code failed;
  const auto link = std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/ns/" + name, failed);
  return failed ? "" : link.string();
}

bool needs_root()
{
  if (::geteuid() == 0) return false;
  BOOST_TEST_MESSAGE("skipped: needs root");
  return true;
}

bool become_nobody()
{
  return ::setgroups(0, nullptr) == 0 && ::setresgid(65534, 65534, 65534) == 0 &&
         ::setresuid(65534, 65534, 65534) == 0;
}

} // namespace linx::test
