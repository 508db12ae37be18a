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
  own_cgroup()
  {
    for (const char* root : {"/sys/fs/cgroup/unified", "/sys/fs/cgroup"}) {
      struct statfs found {};
      constexpr long cgroup2_magic = 0x63677270;
      if (::statfs(root, &found) != 0 || found.f_type != cgroup2_magic) continue;
      name_ = "/linx-test-" + std::to_string(::getpid());
      path_ = root + name_;
      if (::mkdir(path_.c_str(), 0755) != 0) continue;
      fd_.reset(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      return;
    }
  }
  ~own_cgroup() { remove(); }
  own_cgroup(const own_cgroup&) = delete;
  own_cgroup& operator=(const own_cgroup&) = delete;

  explicit operator bool() const noexcept { return static_cast<bool>(fd_); }
  int fd() const noexcept { return fd_.get(); }
  const std::string& path() const noexcept { return path_; }
  const std::string& name() const noexcept { return name_; }

  /// A zombie holds it for a moment after its exit record.
  void remove()
  {
    while (fd_ && ::rmdir(path_.c_str()) != 0 && errno == EBUSY) ::usleep(1000);
  }

private:
  std::string path_, name_;
  io::unique_fd fd_;
};

inline bool cannot_make(const own_cgroup& group)
{
  if (group) return false;
  BOOST_TEST_MESSAGE("skipped: no cgroup v2 in which this user may make one");
  return true;
}

} // namespace linx::test
