/// `/proc/thread-self/status` (proc(5)): who a thread is, as text.
#pragma once

#include "process/protocol.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace linx::detail {

/// What no cheap syscall tells.
struct status_lines {
  int umask = -1; ///< -1: unknown
  std::uint64_t inheritable = 0;
  std::uint64_t bounding = 0;
  std::uint64_t ambient = 0;

  bool same_capabilities(const status_lines& other) const noexcept
  {
    return inheritable == other.inheritable && bounding == other.bounding && ambient == other.ambient;
  }
};

/// The text, read again and again. Its lines stand at the same places with the same bytes as long as the
/// identity is the same, and then there is nothing to parse. Pure.
class thread_status {
public:
  /// Takes the next text. False if a line is not there or is odd: then nothing is known.
  bool take(std::string_view text);

  /// Whether what take() was given last differs from the text before it.
  bool has_changed() const noexcept { return changed_; }

  const status_lines& lines() const noexcept { return lines_; }
  /// Ids as the opener's user namespace has them (user_namespaces(7)).
  const wire::credentials& credentials() const noexcept { return credentials_; }
  /// In the pid namespace of that /proc.
  pid_t thread() const noexcept { return thread_; }

private:
  struct extent {
    std::size_t offset;
    std::size_t size;
  };

  bool says_the_same(std::string_view text) const noexcept;
  void forget() noexcept;
  bool parse(std::string_view text);
  bool parse_line(std::string_view name, std::string_view value);

  std::string last_;
  std::vector<extent> told_; // the lines of last_ that count
  status_lines lines_;
  wire::credentials credentials_{};
  pid_t thread_ = 0;
  bool changed_ = true;
};

} // namespace linx::detail
