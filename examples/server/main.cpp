// A small job server: commands in, answers out, on several threads, over linx::run.
#include "../command_line.hpp"
#include "connection.hpp"
#include "listener.hpp"

#include <linx/core/as_result.hpp>
#include <linx/core/cancellation.hpp>
#include <linx/core/cleanup.hpp>
#include <linx/core/spawn.hpp>
#include <linx/core/task_group.hpp>
#include <linx/core/with_timeout.hpp>
#include <linx/io/signal_fd.hpp>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <csignal>
#include <iostream>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;

using acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol, linx::executor>;

constexpr int exit_cannot_listen = 1;
constexpr int exit_own_failure = 125;

int fail(const linx::error& error, int status = exit_own_failure)
{
  command_line::complain("linx-server", error);
  return status;
}

class server {
public:
  /// \param home a strand, that of the signals as well.
  server(asio::io_context& io, linx::executor home, const server_tool::settings& given,
         linx::io::signal_fd signals)
      : io_(io), home_(std::move(home)), given_(given), signals_(std::move(signals)), few_(home_, given.jobs)
  {}

  /// Everything: from the first connection to the end of the last one.
  void begin(linx::io::unique_fd listening)
  {
    linx::spawn(home_, run(std::move(listening)), asio::detached);
    linx::spawn(home_, heed_signals(), asio::detached);
  }

private:
  linx::task<> run(linx::io::unique_fd listening)
  {
    // A connection that fails is no reason to end the others.
    linx::task_group connections(home_, linx::task_group::on_failure::go_on);
    auto accepting = draining_.bind(accept(std::move(listening), connections));
    const auto accepted = co_await std::move(accepting);
    if (accepted.has_error() && accepted.error() != linx::errc::cancelled) fail(accepted.error());
    draining_.cancel();

    auto rest = ending_.bind(connections.wait());
    const auto drained = co_await linx::with_timeout(std::move(rest), given_.drain);
    static_cast<void>(drained); // how each connection ended is its own affair
    connections.cancel();
    auto last = connections.wait();
    static_cast<void>(co_await linx::cleanup(std::move(last), std::chrono::seconds(30)));
    signals_.close();
    co_return linx::success();
  }

  linx::task<> accept(linx::io::unique_fd listening, linx::task_group& connections)
  {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    if (::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0)
      co_return linx::error::from_errno(errno, linx::stage::open);
    acceptor from(home_);
    from.assign(asio::generic::stream_protocol(address.ss_family, 0), listening.release());
    for (;;) {
      const linx::executor strand = asio::make_strand(io_);
      auto got = co_await from.async_accept(strand, linx::as_result);
      if (got) {
        auto client = server_tool::serve(std::move(got).value(), given_, few_, draining_.token());
        connections.spawn(linx::spawn(strand, std::move(client), linx::as_result)); // parallel to the others
        continue;
      }
      if (got.error() == linx::errc::cancelled) co_return got.error();
      // No descriptor, or one who has left the queue: the next may do better, in a while.
      asio::steady_timer pause(home_, std::chrono::milliseconds(50));
      LINX_TRYV(co_await pause.async_wait(linx::as_result));
    }
  }

  linx::task<> heed_signals()
  {
    for (;;) {
      const auto read = co_await signals_.async_read(linx::as_result);
      if (!read) co_return linx::success(); // closed
      if (draining_.is_cancelled())
        ending_.cancel();
      else
        draining_.cancel();
    }
  }

  asio::io_context& io_;
  linx::executor home_;
  const server_tool::settings& given_;
  linx::io::signal_fd signals_;
  linx::semaphore few_;
  linx::cancellation draining_, ending_;
};

int run(int argc, char** argv)
{
  command_line::fill_standard_streams();
  const auto given = server_tool::read_settings(argc, argv);
  if (!given) return fail(given.error());
  if (given.value().help) {
    const auto printed = command_line::print(server_tool::usage);
    return printed ? 0 : fail(printed.error());
  }
  // Before any thread is: each inherits the mask.
  const linx::io::signal_mask ends{SIGINT, SIGTERM};
  // Never unblocked: one that comes when all is done must not end what has ended well.
  static const auto& blocked = *new linx::io::blocked_signals(ends);
  static_cast<void>(blocked);
  auto listening = server_tool::listen_on(given.value());
  if (!listening) return fail(listening.error(), exit_cannot_listen);
  const std::string unlink = listening.value().unlink;

  asio::io_context io(static_cast<int>(given.value().threads));
  const linx::executor home = asio::make_strand(io);
  auto signals = linx::io::signal_fd::open(home, ends);
  if (!signals) return fail(signals.error());
  {
    server all(io, home, given.value(), std::move(signals).value());
    all.begin(std::move(listening.value().socket));
    const auto printed = command_line::print("linx-server: listening on " + listening.value().where + '\n');
    if (!printed) fail(printed.error());
    std::vector<std::thread> threads;
    for (unsigned n = 1; n < given.value().threads; ++n) threads.emplace_back([&io] { io.run(); });
    io.run();
    for (auto& thread : threads) thread.join();
  }
  if (!unlink.empty()) ::unlink(unlink.c_str());
  return 0;
}

} // namespace

int main(int argc, char** argv)
{
  return command_line::guarded("linx-server", exit_own_failure, [&] { return run(argc, argv); });
}
