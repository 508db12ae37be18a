/// Names that every header of linx uses, and the checks that make a wrong build fail early.
#pragma once

#include <boost/asio/detail/config.hpp>
#include <boost/version.hpp>

#if BOOST_VERSION < 108100
#error "linx needs Boost 1.81 or newer (Debian 12: libboost1.81-dev)"
#endif

#if defined(BOOST_ASIO_HAS_IO_URING)
#error "linx needs Asio's epoll backend: the io_uring backend of Boost 1.81 loses data under load"
#endif

#if !defined(BOOST_ASIO_HAS_CO_AWAIT)
#error "linx needs C++20 coroutines: compile with -std=c++20"
#endif

namespace boost::asio {}

namespace linx {

namespace asio = boost::asio;

} // namespace linx

/// Marks what a shared liblinx exports; everything else is built with hidden visibility.
#define LINX_API __attribute__((visibility("default")))
