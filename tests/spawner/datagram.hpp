// Descriptors, pipes and datagrams by bare system calls, each wait with a deadline.
#pragma once

#include "process/protocol.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <deque>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace linx::test::spawner {

namespace wire = linx::wire;

// Longer than anything here takes under a sanitizer; only a failure waits for it.
inline constexpr int deadline_ms = 60'000;

[[noreturn]] inline void fail_errno(const std::string& what)
{
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

class descriptor {
public:
  descriptor() = default;
  explicit descriptor(int fd) : fd_(fd)
  {
    if (fd < 0) fail_errno("descriptor");
  }
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept
  {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~descriptor() { close(); }
  int get() const { return fd_; }
  void close()
  {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

private:
  int fd_ = -1;
};

struct pair {
  descriptor host, child;
};

pair make_checkpoint();

pair make_pipe();

bool wait_readable(int fd, int timeout_ms = deadline_ms);

std::string read_all(int fd);

std::string read_file(const std::string& path);

// A datagram sent or received, with its descriptors.
int send_datagram(int socket, const void* data, std::size_t size, const std::vector<int>& fds = {});

struct record {
  std::vector<std::uint64_t> words; // aligned for every frame
  std::vector<descriptor> fds;

  bool is_end() const { return words.empty(); }
  template <class T>
  const T& as() const
  {
    BOOST_TEST_REQUIRE(words.size() * 8 >= sizeof(T));
    return *reinterpret_cast<const T*>(words.data());
  }
  wire::frame_type type() const { return as<wire::frame_header>().type; }
  std::uint64_t id() const { return as<wire::frame_header>().id; }
};

// The frames of one datagram; one record that is_end() at the end of file.
std::vector<record> receive_datagram(int socket);

// Receives one record from a checkpoint socket.
record receive_one(int socket);

} // namespace linx::test::spawner
