// What docs/rtnl.md takes as given.
#pragma once

#include <linx/net/literals.hpp>
#include <linx/rtnl/cache.hpp>
#include <linx/rtnl/connection.hpp>
#include <linx/rtnl/desired.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>

#include <chrono>
#include <iostream>
#include <memory>

#include <linux/rtnetlink.h>

namespace asio = boost::asio;
using namespace linx::net::literals;

extern linx::executor ex;
extern linx::rtnl::connection rt;
extern linx::rtnl::link eth0;
extern linx::ns::handle net;
extern linx::rtnl::desired last;
extern std::shared_ptr<linx::rtnl::cache> copy;
