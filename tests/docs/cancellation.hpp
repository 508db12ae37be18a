// What docs/cancellation.md takes as given.
#pragma once

#include "core/cancelled.hpp"
#include "core/waiter.hpp"

#include <linx/core/cleanup.hpp>
#include <linx/core/spawn.hpp>
#include <linx/netlink/connection.hpp>
#include <linx/netlink/message_builder.hpp>
#include <linx/process/supervisor.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <memory>

namespace asio = boost::asio;
namespace detail = linx::detail;
using linx::errc;

extern asio::io_context context;
extern linx::supervisor_options options;
linx::task<> supervise(linx::supervisor_options options);
extern linx::netlink::connection kernel;
extern linx::netlink::message_builder remove_link;

struct state_of_an_operation {
  detail::wait_list waiters;
  bool ready = false;
  bool closed = false;
};
extern std::shared_ptr<state_of_an_operation> state;
