/// A process without a free descriptor, for as long as an object of this lives.
#pragma once

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace linx::test {

class no_descriptors {
public:
  /// `spare` of them may still be opened.
  explicit no_descriptors(unsigned spare = 0)
  {
    const int lowest = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    BOOST_REQUIRE(lowest >= 0);
    ::close(lowest);
    BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &former_) == 0);
    rlimit few = former_;
    few.rlim_cur = static_cast<rlim_t>(lowest) + spare;
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  }
  no_descriptors(const no_descriptors&) = delete;
  no_descriptors& operator=(const no_descriptors&) = delete;
  ~no_descriptors() { ::setrlimit(RLIMIT_NOFILE, &former_); }

private:
  rlimit former_{};
};

} // namespace linx::test
