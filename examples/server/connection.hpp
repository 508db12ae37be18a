// One client: the lines it sends, and the answers.
#pragma once

#include "settings.hpp"

#include <linx/core/cancellation.hpp>
#include <linx/core/semaphore.hpp>
#include <linx/core/task.hpp>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

namespace server_tool {

using socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, linx::executor>;

/// Runs what the client asks for until it goes, or until `draining` says that no more is read: then what runs
/// may end. On the strand of the socket.
///
/// Lifetime: `given` and `few` outlive it.
/// Cancellation: ends the commands that run, and awaits them.
linx::task<> serve(socket client, const settings& given, const linx::semaphore& few,
                   linx::cancel_token draining);

} // namespace server_tool
