// Children that are parked in a directory, and whoever comes for them.
#pragma once

#include "process/support.hpp"

#include "harness/private_directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>

namespace linx::test {

inline io::unique_fd open(const private_directory& place)
{
  return io::unique_fd::duplicate(place.fd()).value();
}

// A child that stands at its checkpoint, kept by its spawner alone. Yields its pid.
inline task<pid_t> spawn_and_park(const private_directory& place, process_options options)
{
  LINX_TRY(auto child, co_await spawn_parked(std::move(options.parkable())));
  const pid_t pid = child.host_pid().value();
  LINX_TRYV(co_await child.park(open(place), "child"));
  co_return pid;
}

inline task<process> attach_to(const private_directory& place)
{
  return process::attach(open(place), "child");
}

// Waits until the record is there and the spawner is through with it.
inline task<> recorded(const private_directory& place)
{
  while (!place.has("child.exit") || place.has("child")) {
    LINX_TRYV(co_await pause_briefly());
  }
  co_return success();
}

} // namespace linx::test
