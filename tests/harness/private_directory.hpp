// A directory of this user alone, as parked children are found in.
#pragma once

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <system_error>
#include <unistd.h>

namespace linx::test {

// It goes with all that is in it.
class private_directory {
public:
  private_directory()
  {
    BOOST_TEST_REQUIRE(::mkdtemp(path_) != nullptr);
    fd_ = ::open(path_, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    BOOST_TEST_REQUIRE(fd_ >= 0);
  }
  ~private_directory()
  {
    ::close(fd_);
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  private_directory(const private_directory&) = delete;
  private_directory& operator=(const private_directory&) = delete;

  int fd() const { return fd_; }
  std::string path(const std::string& name = "") const { return path_ + ('/' + name); }
  bool has(const std::string& name) const { return ::access(path(name).c_str(), F_OK) == 0; }

private:
  char path_[32] = "/tmp/linx-private-XXXXXX";
  int fd_ = -1;
};

} // namespace linx::test
