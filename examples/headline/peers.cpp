#include "peers.hpp"

#include <linx/core/as_result.hpp>
#include <linx/core/with_timeout.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/this_coro.hpp>

namespace headline {

namespace {

linx::error about(linx::error failed, linx::stage where, std::string object)
{
  return std::move(failed).with_stage(where).with_object(std::move(object));
}

linx::task<std::string> connect_and_read(tcp::endpoint server)
{
  const linx::executor ex = co_await asio::this_coro::executor;
  tcp::socket socket(ex);
  const std::string port = "port " + std::to_string(server.port());
  const auto connected = co_await socket.async_connect(server, linx::as_result);
  if (!connected) co_return about(connected.error(), linx::stage::open, port);
  std::string text;
  auto buffer = asio::dynamic_buffer(text, 256);
  const auto size = co_await asio::async_read_until(socket, buffer, '\n', linx::as_result);
  if (!size) co_return about(size.error(), linx::stage::receive, port);
  text.resize(size.value() - 1);
  co_return text;
}

} // namespace

linx::task<tcp::socket> accept_one(tcp::acceptor& listener)
{
  auto socket = co_await listener.async_accept(linx::as_result);
  if (!socket) co_return about(socket.error(), linx::stage::receive, "the host's listening socket");
  co_return std::move(socket).value();
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
  const auto size = co_await asio::async_read_until(pipe, buffer, '\n', linx::as_result);
  if (!size && size.error() == asio::error::eof) co_return std::nullopt;
  if (!size) co_return about(size.error(), linx::stage::receive, "the workload's output");
  std::string line = rest.substr(0, size.value() - 1);
  rest.erase(0, size.value());
  co_return line;
}

} // namespace headline
