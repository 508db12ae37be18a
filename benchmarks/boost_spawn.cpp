#include "boost_spawn.hpp"

#include <stdexcept>

#if __has_include(<boost/process/v2/process.hpp>)
#define LINX_BENCH_BOOST_PROCESS 1
#define BOOST_PROCESS_V2_HEADER_ONLY 1
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/process/v2/process.hpp>

#include <exception>
#include <vector>
#endif

namespace linx::bench {

#ifdef LINX_BENCH_BOOST_PROCESS

namespace {

namespace asio = boost::asio;

asio::awaitable<void> spawn_all(const std::string& program, unsigned count)
{
  const auto executor = co_await asio::this_coro::executor;
  const std::vector<std::string> arguments;
  for (unsigned i = 0; i < count; ++i) {
    boost::process::v2::process child(executor, program, arguments);
    const int code = co_await child.async_wait(asio::use_awaitable);
    if (code != 0) throw std::runtime_error(program + " has failed under Boost.Process");
  }
}

} // namespace

bool has_boost_process() noexcept
{
  return true;
}

void boost_spawns(const std::string& program, unsigned count)
{
  asio::io_context context(1);
  std::exception_ptr failure;
  asio::co_spawn(context, spawn_all(program, count), [&](std::exception_ptr thrown) { failure = thrown; });
  context.run();
  if (failure) std::rethrow_exception(failure);
}

#else

bool has_boost_process() noexcept
{
  return false;
}

void boost_spawns(const std::string&, unsigned)
{
  throw std::runtime_error("built without Boost.Process v2");
}

#endif

} // namespace linx::bench
