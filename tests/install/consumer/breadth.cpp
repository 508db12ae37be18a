// A program that uses most of what linx::linx has, compiled as a strict project compiles its own: what it looks at is the
// headers' warnings once all is inlined. It runs too, as far as an ordinary user can.
#include <linx/core/all_of.hpp>
#include <linx/core/as_result.hpp>
#include <linx/core/cleanup.hpp>
#include <linx/core/collect.hpp>
#include <linx/core/first_of.hpp>
#include <linx/core/semaphore.hpp>
#include <linx/core/shielded.hpp>
#include <linx/core/spawn.hpp>
#include <linx/core/task_group.hpp>
#include <linx/core/with_timeout.hpp>
#include <linx/diag/connection.hpp>
#include <linx/genl/connection.hpp>
#include <linx/io/inotify.hpp>
#include <linx/io/pidfd.hpp>
#include <linx/io/signal_fd.hpp>
#include <linx/net/literals.hpp>
#include <linx/netlink/connection.hpp>
#include <linx/netlink/monitor.hpp>
#include <linx/ns/handle.hpp>
#include <linx/process/process.hpp>
#include <linx/process/run.hpp>
#include <linx/process/supervisor.hpp>
#include <linx/rtnl/cache.hpp>
#include <linx/rtnl/connection.hpp>
#include <linx/rtnl/monitor.hpp>
#include <linx/rtnl/reconcile.hpp>
#include <linx/uevent/monitor.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <future>
#include <iostream>
#include <string>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

linx::task<int> number(int value)
{
  auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, 1ms);
  LINX_TRYV(co_await timer.async_wait(linx::as_result));
  co_return value;
}

linx::task<std::string> word()
{
  co_return std::string("word");
}

linx::task<> combinators()
{
  auto both = linx::all_of(number(1), word());
  LINX_TRY(const auto pair, co_await std::move(both));
  if (std::get<0>(pair) != 1) co_return linx::errc::protocol;
  std::vector<linx::task<int>> many;
  for (int i = 0; i < 3; ++i) many.push_back(number(i));
  auto all = linx::all_of(std::move(many));
  LINX_TRY(const auto numbers, co_await std::move(all));
  if (numbers.size() != 3) co_return linx::errc::protocol;
  auto first = linx::first_of(number(1), word());
  LINX_TRYV(co_await std::move(first));
  auto limited = linx::with_timeout(number(2), 5s);
  LINX_TRYV(co_await std::move(limited));
  auto sheltered = linx::shielded(number(3));
  LINX_TRYV(co_await std::move(sheltered));
  auto after = linx::cleanup(number(4), 1s);
  LINX_TRYV(co_await std::move(after));
  auto executor = co_await asio::this_coro::executor;
  linx::task_group group(executor);
  group.spawn(number(5));
  co_return co_await group.wait();
}

linx::task<std::size_t> links()
{
  auto executor = co_await asio::this_coro::executor;
  LINX_TRY(const auto connection, linx::rtnl::connection::open(executor));
  auto found = linx::collect(connection.links());
  LINX_TRY(const auto all, co_await std::move(found));
  co_return all.size();
}

linx::task<> followed()
{
  auto executor = co_await asio::this_coro::executor;
  LINX_TRY(auto events, linx::rtnl::monitor::open(executor, linx::rtnl::monitor_options().initial_state(true)));
  linx::rtnl::cache copy;
  while (!copy.is_synchronized()) {
    auto next = events.next();
    LINX_TRY(const auto event, co_await std::move(next));
    if (!event) break;
    copy.apply(*event);
  }
  std::cout << copy.links().size() << " links are known" << std::endl;
  co_return linx::success();
}

linx::task<linx::exit_status> child()
{
  LINX_TRY(auto process, co_await linx::process::spawn(linx::process_options("/bin/true")));
  LINX_TRYV(co_await process.ready());
  LINX_TRYV(co_await process.proceed());
  auto waiting = process.wait();
  co_return co_await linx::with_timeout(std::move(waiting), 10s);
}

linx::task<> all_at_once()
{
  auto both = linx::all_of(links(), child(), followed());
  LINX_TRY(const auto done, co_await std::move(both));
  if (std::get<0>(done) == 0 || !std::get<1>(done).success()) co_return linx::errc::protocol;
  co_return linx::success();
}

asio::awaitable<int> foreign()
{
  co_await linx::spawn(co_await asio::this_coro::executor, combinators(), asio::use_awaitable);
  co_return 1;
}

template <class Executor>
bool each_token(asio::io_context& io, Executor executor)
{
  bool told = false, deferred = false, tuple = false;
  linx::spawn(executor, combinators(), [&](const linx::result<>& ended) { told = ended.has_value(); });
  linx::spawn(executor, number(7), asio::deferred)([&](const linx::result<int>& ended) { deferred = ended.has_value(); });
  linx::spawn(executor, word(), asio::as_tuple(asio::deferred))([&](auto ended) {
    tuple = std::get<0>(ended).has_value();
  });
  linx::spawn(executor, combinators(), asio::detached);
  auto future = linx::spawn(executor, all_at_once(), asio::use_future);
  int foreign_is = 0;
  asio::co_spawn(io, foreign(), [&](std::exception_ptr, int value) { foreign_is = value; });
  io.run();
  io.restart();
  const auto ended = future.get();
  if (!ended) std::cerr << ended.error().message() << '\n';
  return told && deferred && tuple && ended && foreign_is == 1;
}

} // namespace

int main()
{
  asio::io_context io;
  const bool bare = each_token(io, io.get_executor());
  const bool strand = each_token(io, asio::make_strand(io));
  asio::thread_pool pool(2);
  auto elsewhere = linx::spawn(pool, combinators(), asio::use_future);
  const bool pooled = elsewhere.get().has_value();
  std::cout << bare << strand << pooled << '\n';
  return bare && strand && pooled ? 0 : 1;
}
