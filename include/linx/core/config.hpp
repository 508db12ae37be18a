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

// A program and its liblinx share coroutine frames, handlers and services of Asio: a macro that changes their
// layout or their inline code on one side only is a heap overflow at run time (asio issue 1635). So each user
// refers to a symbol that is named after those macros, and the library defines the one it was built with.
// "undefined reference to linx_was_built_with__..." means: build both with the same Boost and the same
// BOOST_ASIO_ macros.
#if defined(BOOST_ASIO_SEPARATE_COMPILATION)
#define LINX_BUILD_ASIO separate
#else
#define LINX_BUILD_ASIO header_only
#endif
#if defined(BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING)
#define LINX_BUILD_FRAMES none
#elif defined(BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE)
#define LINX_BUILD_FRAMES BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE
#else
#define LINX_BUILD_FRAMES 2 // Asio's own default, which its headers define later
#endif
#if defined(BOOST_ASIO_ENABLE_HANDLER_TRACKING) || defined(BOOST_ASIO_CUSTOM_HANDLER_TRACKING)
#define LINX_BUILD_TRACKING on
#else
#define LINX_BUILD_TRACKING off
#endif
#define LINX_BUILD_JOIN_(boost, asio, frames, tracking)                                                      \
  linx_was_built_with__boost_##boost##__asio_##asio##__frame_cache_##frames##__handler_tracking_##tracking
#define LINX_BUILD_JOIN(boost, asio, frames, tracking) LINX_BUILD_JOIN_(boost, asio, frames, tracking)
#define LINX_BUILD_NAME                                                                                      \
  LINX_BUILD_JOIN(BOOST_VERSION, LINX_BUILD_ASIO, LINX_BUILD_FRAMES, LINX_BUILD_TRACKING)

extern "C" LINX_API const char LINX_BUILD_NAME;

namespace linx::detail {

[[gnu::used]] inline const char* const build_name = &LINX_BUILD_NAME;

} // namespace linx::detail
