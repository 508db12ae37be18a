/// The owner of one file descriptor.
#pragma once

#include <linx/core/result.hpp>

#include <utility>

namespace linx::io {

/// Owns a descriptor and closes it when it goes. Movable, not copyable; -1 means that it owns none.
class LINX_API unique_fd {
public:
  constexpr unique_fd() noexcept = default;

  /// Takes over `fd`; nobody else may close it from now on.
  constexpr explicit unique_fd(int fd) noexcept : fd_(fd) {}

  unique_fd(unique_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  unique_fd& operator=(unique_fd&& other) noexcept
  {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~unique_fd() { reset(); }

  /// A second descriptor of the same open file, close-on-exec (`fcntl(2)` `F_DUPFD_CLOEXEC`); `fd` stays with
  /// its owner.
  /// Errors: stage `open` with `EBADF` or `EMFILE`.
  static result<unique_fd> duplicate(int fd);

  constexpr int get() const noexcept { return fd_; }
  constexpr explicit operator bool() const noexcept { return fd_ >= 0; }

  /// Gives the descriptor away; the caller closes it.
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

  /// Closes what it owns and takes over `fd`. An error of close(2) is ignored: the descriptor is gone anyway.
  void reset(int fd = -1) noexcept;

private:
  int fd_ = -1;
};

} // namespace linx::io
