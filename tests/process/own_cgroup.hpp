// A cgroup v2 of a test's own.
#pragma once

#include <linx/io/unique_fd.hpp>

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

namespace linx::test {

class own_cgroup {
public:
  own_cgroup();
  ~own_cgroup() { remove(); }
  own_cgroup(const own_cgroup&) = delete;
  own_cgroup& operator=(const own_cgroup&) = delete;

  explicit operator bool() const noexcept { return static_cast<bool>(fd_); }
  int fd() const noexcept { return fd_.get(); }
  const std::string& path() const noexcept { return path_; }
  const std::string& name() const noexcept { return name_; }

  /// A zombie holds it for a moment after its exit record.
  void remove();

private:
  std::string path_, name_;
  io::unique_fd fd_;
};

bool cannot_make(const own_cgroup& group);

} // namespace linx::test
