// What docs/asio.md takes as given.
#pragma once

#include <linx/core/as_result.hpp>
#include <linx/core/with_timeout.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>

#include <chrono>
#include <string>

namespace asio = boost::asio;
using namespace std::chrono_literals;

extern asio::ip::tcp::acceptor acceptor;
