#include "core/operations.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <stdexcept>

namespace linx::test {

task<int> number(int n)
{
  co_return n;
}

task<> nothing()
{
  co_return success();
}

task<int> failing(error why)
{
  co_return why;
}

task<int> throwing()
{
  throw std::runtime_error("thrown by a task");
  co_return 0;
}

task<int> posted(int n)
{
  co_await asio::post(asio::deferred);
  co_return n;
}

task<stubborn> make_stubborn()
{
  co_return stubborn(5);
}

task<int> sleeping(std::chrono::nanoseconds time)
{
  asio::steady_timer timer(co_await asio::this_coro::executor);
  timer.expires_after(time);
  auto waiting = timer.async_wait(asio::as_tuple(asio::deferred));
  const auto [failed] = co_await std::move(waiting);
  if (failed) co_return errc::cancelled;
  co_return 1;
}

template class started<int>;

void settle(asio::io_context& context)
{
  context.restart();
  context.poll();
}

} // namespace linx::test
