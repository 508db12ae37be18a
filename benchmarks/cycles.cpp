#include "cycles.hpp"

#include "clock.hpp"
#include "places.hpp"

#include <linx/process/process.hpp>

#include <algorithm>

namespace linx::bench {

namespace {

task<> cycle(process_options options, way how)
{
  options.auto_proceed(how == way::auto_proceed);
  LINX_TRY(auto child, co_await process::spawn(std::move(options)));
  if (how == way::checkpoint) {
    LINX_TRYV(co_await child.ready());
    LINX_TRYV(co_await child.proceed());
  }
  LINX_TRY(const auto status, co_await child.wait());
  if (!status.success()) co_return error(errc::died).with_object(to_string(status));
  co_return success();
}

} // namespace

process_options target()
{
  return process_options(bench_target());
}

task<> cycles(process_options options, way how, unsigned count)
{
  for (unsigned i = 0; i < count; ++i) {
    LINX_TRYV(co_await cycle(options, how));
  }
  co_return success();
}

task<std::chrono::nanoseconds> spawn_calls(process_options options, unsigned count)
{
  std::chrono::nanoseconds all{};
  for (unsigned i = 0; i < count; ++i) {
    const auto began = thread_time();
    LINX_TRY(auto child, co_await process::spawn(options));
    all += thread_time() - began;
    LINX_TRYV(co_await child.ready());
    LINX_TRYV(co_await child.proceed());
    LINX_TRYV(co_await child.wait());
  }
  co_return all;
}

double sequential(host& on, const process_options& options, way how, unsigned count)
{
  return rate_of(count, [&] { on.run(cycles(options, how, count)); });
}

double concurrent(host& on, const process_options& options, way how, unsigned count, unsigned in_flight)
{
  const unsigned each = std::max(1u, count / in_flight);
  return rate_of(each * in_flight, [&] {
    std::vector<task<>> all;
    for (unsigned i = 0; i < in_flight; ++i) all.push_back(cycles(options, how, each));
    on.run(std::move(all));
  });
}

} // namespace linx::bench
