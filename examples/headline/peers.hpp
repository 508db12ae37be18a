/// The TCP ends of the demonstration, as tasks.
#pragma once

#include <linx/core/task.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace headline {

namespace asio = boost::asio;
using asio::ip::tcp;

/// The next connection to arrive.
linx::task<tcp::socket> accept_one(tcp::acceptor& listener);

/// The line with which a server greets whoever connects; nullopt if the packets vanish for as long as
/// `limit`.
linx::task<std::optional<std::string>> greeting(tcp::endpoint server, std::chrono::milliseconds limit);

/// One line without its end; nullopt at the end of the pipe. `rest` keeps what was read beyond it.
linx::task<std::optional<std::string>> read_line(asio::posix::stream_descriptor& pipe, std::string& rest);

} // namespace headline
