#include "peers.hpp"

#include <linx/core/with_timeout.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/this_coro.hpp>

namespace headline {

namespace {

constexpr auto as_result = asio::as_tuple(asio::deferred);

/// Asio reports a cancel as an errno of its own, linx as `errc::cancelled`; `with_timeout` looks for the
/// latter.
linx::error from_asio(const linx::error_code& code, linx::stage where, std::string object)
{
  if (code == asio::error::operation_aborted) {
    return {linx::errc::cancelled, where};
  }
  return linx::error(code, where).with_object(std::move(object));
}

linx::task<std::string> connect_and_read(tcp::endpoint server)
{
  const linx::executor ex = co_await asio::this_coro::executor;
  tcp::socket socket(ex);
  const auto [refused] = co_await socket.async_connect(server, as_result);
  if (refused) {
    co_return from_asio(refused, linx::stage::open, "port " + std::to_string(server.port()));
  }
  std::string text;
  auto buffer = asio::dynamic_buffer(text, 256);
  const auto [broken, size] = co_await asio::async_read_until(socket, buffer, '\n', as_result);
  if (broken) {
    co_return from_asio(broken, linx::stage::receive, "port " + std::to_string(server.port()));
  }
  text.resize(size - 1);
  co_return text;
}

} // namespace

linx::task<tcp::socket> accept_one(tcp::acceptor& listener)
{
  auto [failed, socket] = co_await listener.async_accept(as_result);
  if (failed) co_return from_asio(failed, linx::stage::receive, "the host's listening socket");
  co_return std::move(socket);
}

linx::task<std::optional<std::string>> greeting(tcp::endpoint server, std::chrono::milliseconds limit)
{
  auto attempt = connect_and_read(server);
  linx::result<std::string> line = co_await linx::with_timeout(std::move(attempt), limit);
  if (line) co_return std::move(line).assume_value();
  if (line.assume_error() == linx::errc::timed_out) co_return std::nullopt;
  co_return std::move(line).assume_error();
}

linx::task<std::optional<std::string>> read_line(asio::posix::stream_descriptor& pipe, std::string& rest)
{
  auto buffer = asio::dynamic_buffer(rest, 64 * 1024);
  const auto [failed, size] = co_await asio::async_read_until(pipe, buffer, '\n', as_result);
  if (failed == asio::error::eof) co_return std::nullopt;
  if (failed) co_return from_asio(failed, linx::stage::receive, "the workload's output");
  std::string line = rest.substr(0, size - 1);
  rest.erase(0, size);
  co_return line;
}

} // namespace headline
