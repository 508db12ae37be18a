// A handful of programs that are kept running, over linx::supervisor.
#include "../command_line.hpp"
#include "display.hpp"
#include "settings.hpp"

#include <linx/core/as_result.hpp>
#include <linx/core/spawn.hpp>
#include <linx/io/signal_fd.hpp>
#include <linx/process/supervisor.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <optional>
#include <string_view>
#include <utility>

namespace {

namespace asio = boost::asio;

constexpr int exit_gave_up = 1;
constexpr int exit_own_failure = 125;

int fail(const linx::error& error)
{
  command_line::complain("linx-supervise", error);
  return exit_own_failure;
}

/// The supervisor, who looks at it, and who ends it.
class attendance {
public:
  attendance(asio::io_context& io, linx::supervisor tree, linx::io::signal_fd signals, bool live)
      : io_(io), tree_(std::move(tree)), signals_(std::move(signals)), tick_(io), display_(io, live)
  {}

  void begin()
  {
    auto ended = [this](linx::result<> how) {
      how_ = std::move(how);
      signals_.close();
      tick_.cancel();
      show();
      display_.finish();
    };
    linx::spawn(io_, watch(tree_->events()), asio::detached);
    linx::spawn(io_, heed_signals(), asio::detached);
    if (display_.is_live()) linx::spawn(io_, show_the_time(), asio::detached);
    linx::spawn(io_, tree_->run(), asio::bind_cancellation_slot(stop_.slot(), std::move(ended)));
  }

  /// How it ended.
  const linx::result<>& how() const noexcept { return how_; }

private:
  void show()
  {
    if (tree_) last_ = tree_->status();
    display_.show(last_);
  }

  linx::task<> watch(linx::stream<linx::supervisor_event> events)
  {
    for (;;) {
      LINX_TRY(const auto event, co_await events.next());
      if (!event) co_return linx::success();
      display_.tell(*event);
      show();
      if (event->what() == linx::supervisor_event::kind::ended && is_done()) stop();
    }
  }

  /// True if nobody runs and nobody will.
  bool is_done() const
  {
    if (!tree_) return false;
    const auto status = tree_->status();
    return std::all_of(status.children.begin(), status.children.end(), [](const linx::child_status& child) {
      return child.state == linx::child_state::finished || child.state == linx::child_state::stopped;
    });
  }

  /// Once: a second one is not patient any more.
  void stop()
  {
    if (std::exchange(stopping_, true))
      tree_.reset();
    else
      stop_.emit(asio::cancellation_type::total);
  }

  linx::task<> heed_signals()
  {
    for (;;) {
      const auto read = co_await signals_.async_read(linx::as_result);
      if (!read) co_return linx::success();
      stop();
    }
  }

  linx::task<> show_the_time()
  {
    for (;;) {
      tick_.expires_after(std::chrono::seconds(1));
      const auto waited = co_await tick_.async_wait(linx::as_result);
      if (!waited) co_return linx::success();
      show();
    }
  }

  asio::io_context& io_;
  std::optional<linx::supervisor> tree_;
  linx::io::signal_fd signals_;
  asio::steady_timer tick_;
  asio::cancellation_signal stop_;
  supervise_tool::display display_;
  linx::supervisor_status last_;
  linx::result<> how_ = linx::success();
  bool stopping_ = false;
};

int status_of(const linx::result<>& how)
{
  if (!how.has_error() || how.error() == linx::errc::cancelled || how.error() == linx::errc::closed) return 0;
  const int status = fail(how.error());
  return how.error() == linx::errc::restart_limit ? exit_gave_up : status;
}

int run(int argc, char** argv)
{
  command_line::fill_standard_streams();
  auto given = supervise_tool::read_settings(argc, argv);
  if (!given) return fail(given.error());
  if (given.value().help) {
    const auto printed = command_line::print(supervise_tool::usage);
    return printed ? 0 : fail(printed.error());
  }

  std::signal(SIGPIPE, SIG_IGN); // who reads the lines may go; the programs stay
  const linx::io::signal_mask ends{SIGINT, SIGTERM, SIGHUP};
  const linx::io::blocked_signals blocked(ends);
  asio::io_context io(1);
  auto signals = linx::io::signal_fd::open(io.get_executor(), ends);
  if (!signals) return fail(signals.error());
  auto tree = linx::supervisor::create(io.get_executor(), std::move(given.value().options));
  if (!tree) return fail(tree.error());

  attendance all(io, std::move(tree).value(), std::move(signals).value(), given.value().live);
  all.begin();
  io.run();
  return status_of(all.how());
}

} // namespace

int main(int argc, char** argv)
{
  return command_line::guarded("linx-supervise", exit_own_failure, [&] { return run(argc, argv); });
}
