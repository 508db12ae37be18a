/// How a child ended.
#pragma once

#include <linx/core/config.hpp>

#include <cstdint>
#include <string>

namespace linx {

/// The outcome of a session that reached its end: the workload exited, was killed by a signal, or was
/// aborted at the checkpoint and never ran. A child that failed before it ran is an `error`, not an
/// `exit_status`.
class exit_status {
public:
  enum class kind : std::uint8_t { exited, signaled, aborted };

  static exit_status exited(int code) noexcept { return {kind::exited, code, false}; }
  static exit_status signaled(int signo, bool core) noexcept { return {kind::signaled, signo, core}; }
  static exit_status aborted() noexcept { return {kind::aborted, 0, false}; }

  kind what() const noexcept { return kind_; }

  /// True only for exit code 0.
  bool success() const noexcept { return kind_ == kind::exited && value_ == 0; }

  /// The exit code (0 to 255), or -1 if the child did not exit by itself.
  int code() const noexcept { return kind_ == kind::exited ? value_ : -1; }

  /// The signal that ended the child, or 0.
  int signal() const noexcept { return kind_ == kind::signaled ? value_ : 0; }

  /// True if the kernel wrote a core image.
  bool core_dumped() const noexcept { return core_; }

  friend bool operator==(const exit_status&, const exit_status&) noexcept = default;

private:
  exit_status(kind what, int value, bool core) noexcept : kind_(what), core_(core), value_(value) {}

  kind kind_;
  bool core_;
  int value_;
};

/// "exited with code 3", "killed by signal 11 (SIGSEGV), core dumped", "aborted at the checkpoint".
LINX_API std::string to_string(exit_status);

} // namespace linx
