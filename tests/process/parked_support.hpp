// Children that are parked in a directory, and whoever comes for them.
#pragma once

#include "process/support.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <string>

namespace linx::test {

// A directory of this user alone.
class parking_place {
public:
  parking_place() { BOOST_REQUIRE(::mkdtemp(path_) != nullptr); }
  ~parking_place()
  {
    for (const char* const name : {"child", "child.exit", "child.exit~"}) ::unlink(path(name).c_str());
    ::rmdir(path_);
  }
  parking_place(const parking_place&) = delete;
  parking_place& operator=(const parking_place&) = delete;

  io::unique_fd open() const { return io::unique_fd(::open(path_, O_RDONLY | O_DIRECTORY | O_CLOEXEC)); }
  std::string path(const std::string& name = "") const { return path_ + ('/' + name); }
  bool has(const std::string& name) const { return ::access(path(name).c_str(), F_OK) == 0; }

private:
  char path_[32] = "/tmp/linx-parked-XXXXXX";
};

// A child that stands at its checkpoint, kept by its spawner alone. Yields its pid.
inline task<pid_t> spawn_and_park(const parking_place& place, process_options options)
{
  LINX_TRY(auto child, co_await spawn_parked(std::move(options.parkable())));
  const pid_t pid = child.host_pid().value();
  LINX_TRYV(co_await child.park(place.open(), "child"));
  co_return pid;
}

inline task<process> attach_to(const parking_place& place)
{
  return process::attach(place.open(), "child");
}

// Waits until the record is there and the spawner is through with it.
inline task<> recorded(const parking_place& place)
{
  while (!place.has("child.exit") || place.has("child")) {
    LINX_TRYV(co_await pause_briefly());
  }
  co_return success();
}

} // namespace linx::test
