/// Where a standard descriptor of a child comes from.
#pragma once

#include <linx/core/config.hpp>

#include <cstdint>

namespace linx {

/// The source of one of the descriptors 0, 1 and 2 of a child.
///
///     options.standard_output(stdio::pipe()).standard_error(stdio::descriptor(log.get()));
class stdio {
public:
  enum class kind : std::uint8_t { inherit, devnull, pipe, descriptor };

  /// The same number of the host, as it is at the call; /dev/null if the host has closed it, or has a
  /// close-on-exec descriptor there.
  static constexpr stdio inherit() noexcept { return {kind::inherit, -1}; }

  /// /dev/null.
  static constexpr stdio devnull() noexcept { return {kind::devnull, -1}; }

  /// A pipe(7) whose other end `process::stdin_pipe()` and its siblings hand out.
  static constexpr stdio pipe() noexcept { return {kind::pipe, -1}; }

  /// Any open descriptor. It is borrowed until `process::spawn` has completed and stays the caller's; its
  /// flags (O_NONBLOCK above all) are those of the open file and are not changed.
  static constexpr stdio descriptor(int fd) noexcept { return {kind::descriptor, fd}; }

  constexpr kind what() const noexcept { return kind_; }
  constexpr int fd() const noexcept { return fd_; }

private:
  constexpr stdio(kind what, int fd) noexcept : kind_(what), fd_(fd) {}

  kind kind_;
  int fd_;
};

} // namespace linx
