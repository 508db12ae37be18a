#include "course.hpp"

#include <linx/core/all_of.hpp>
#include <linx/core/as_result.hpp>
#include <linx/core/first_of.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace run_tool {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

linx::task<> sleep_until(asio::steady_timer::time_point when)
{
  const linx::executor ex = co_await asio::this_coro::executor;
  asio::steady_timer timer(ex, when);
  LINX_TRYV(co_await timer.async_wait(linx::as_result));
  co_return linx::success();
}

linx::task<> never()
{
  return sleep_until(asio::steady_timer::time_point::max());
}

} // namespace

linx::task<linx::exit_status> course::run()
{
  auto attending = attend();
  auto ended = co_await std::move(attending);
  // A command that nobody attends any more is ended, and the context waits for that.
  terminal_.reset();
  child_.reset();
  raw_.reset();
  co_return ended;
}

linx::task<linx::exit_status> course::attend()
{
  auto starting = start();
  const auto started = co_await std::move(starting);
  if (!started) {
    auto telling = report_.say(linx::process_event::ended(0, started.error()));
    LINX_TRYV(co_await std::move(telling));
    co_return started.error();
  }
  if (terminal_) raw_.emplace();
  auto following = follow_with_output();
  auto signals = pass_signals();
  auto limit = limit_time();
  auto input = pass_input();
  LINX_TRY(auto first, co_await linx::first_of(std::move(following), std::move(signals), std::move(limit),
                                               std::move(input)));
  if (first.index() == 0) co_return std::get<0>(first);
  co_return first.index() == 1 ? std::get<1>(first) : std::get<2>(first);
}

linx::task<> course::start()
{
  if (given_.unknown_command) co_return std::move(*given_.unknown_command);
  if (given_.target) {
    auto entering = linx::process::enter(std::move(*given_.target), std::move(given_.options));
    LINX_TRY(auto child, co_await std::move(entering));
    child_.emplace(std::move(child));
  } else {
    auto spawning = linx::process::spawn(std::move(given_.options));
    LINX_TRY(auto child, co_await std::move(spawning));
    child_.emplace(std::move(child));
  }
  if (auto terminal = child_->terminal()) terminal_.emplace(std::move(terminal).value());
  co_return linx::success();
}

linx::task<linx::exit_status> course::follow()
{
  auto events = child_->events();
  for (;;) {
    LINX_TRY(const auto event, co_await events.next());
    if (!event) co_return linx::errc::closed;
    auto telling = report_.say(*event);
    LINX_TRYV(co_await std::move(telling));
    if (event->terminal()) co_return event->outcome();
    if (event->what() == linx::process_event::kind::running)
      for (const auto& signal : std::exchange(early_, {})) (void)deliver(signal);
    if (event->what() != linx::process_event::kind::ready) continue;
    // What fails here is told by the last event as well.
    if (given_.abort)
      (void)co_await child_->rehearse();
    else
      (void)co_await child_->proceed();
  }
}

linx::task<linx::exit_status> course::follow_with_output()
{
  if (!terminal_) {
    auto alone = follow();
    co_return co_await std::move(alone);
  }
  auto following = follow();
  auto output = copy_output(*terminal_);
  LINX_TRY(auto both, co_await linx::all_of(std::move(following), std::move(output)));
  co_return std::get<0>(both);
}

bool course::is_shielded_from(int signo) const
{
  const auto now = child_->info();
  if (has_init_ || now.child_pid != 1) return false;
  const auto directory = child_->proc_dir();
  if (!directory) return false;
  const linx::io::unique_fd status(::openat(directory.value(), "status", O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> room;
  const ssize_t size = status ? ::read(status.get(), room.data(), room.size()) : -1;
  if (size <= 0) return false;
  const std::string_view text(room.data(), static_cast<std::size_t>(size));
  for (const std::string_view set : {"SigIgn:\t", "SigCgt:\t"}) {
    const std::size_t at = text.find(set);
    std::uint64_t bits = 0;
    if (at == text.npos) return false;
    std::from_chars(text.data() + at + set.size(), text.data() + text.size(), bits, 16);
    if (bits >> (signo - 1) & 1) return false;
  }
  return true;
}

linx::task<linx::exit_status> course::pass_signals()
{
  for (;;) {
    auto read = co_await signals_.async_read(linx::as_result);
    if (!read) co_return std::move(read).error().with_stage(linx::stage::receive);
    const linx::io::signal_info signal = read.value();
    if (signal.number() == SIGCONT) {
      if (raw_) raw_->again();
    } else if (signal.number() == SIGWINCH) {
      const auto size = own_window_size();
      if (terminal_ && size) (void)terminal_->resize(*size);
    } else if (!deliver(signal)) {
      // Only its output or its events wait for somebody who reads them: not for ever.
      auto waiting = child_->wait();
      co_return co_await std::move(waiting);
    }
  }
}

bool course::deliver(linx::io::signal_info signal)
{
  if (child_->info().state < linx::process_state::running) {
    early_.push_back(signal);
    return true;
  }
  // The kernel drops what would end the first process of a pid namespace by default (pid_namespaces(7)).
  const bool is_shielded = is_shielded_from(signal.number());
  // A terminal's own Ctrl-C has reached the command as well, if that is of the same process group.
  if (!is_shielded && !terminal_ && !leads_group_ && signal.code() == SI_KERNEL) return true;
  const auto sent = child_->signal(is_shielded ? SIGKILL : signal.number());
  return sent || sent.error() != linx::errc::no_process;
}

linx::task<> course::pass_input()
{
  if (terminal_) {
    // A command that does not read any more ends by itself.
    auto input = copy_input(*terminal_);
    const auto copied = co_await std::move(input);
    if (!copied && copied.error() == linx::errc::cancelled) co_return linx::errc::cancelled;
  }
  auto rest = never();
  co_return co_await std::move(rest);
}

linx::task<linx::exit_status> course::limit_time()
{
  if (!given_.timeout) {
    auto waiting = never();
    LINX_TRYV(co_await std::move(waiting));
  }
  auto sleeping = sleep_until(std::chrono::steady_clock::now() + given_.timeout.value_or(0ms));
  LINX_TRYV(co_await std::move(sleeping));
  timed_out_ = true;
  (void)child_->kill(); // unless it has ended
  auto waiting = child_->wait();
  LINX_TRY(const auto ended, co_await std::move(waiting));
  // What it has written is copied, unless nobody reads it.
  auto copying = sleep_until(std::chrono::steady_clock::now() + 1s);
  LINX_TRYV(co_await std::move(copying));
  co_return ended;
}

} // namespace run_tool
