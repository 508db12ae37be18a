/// Who the host is at this moment: what a child must not get more of.
#pragma once

#include "process/protocol.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace linx::detail {

/// The part of `/proc/thread-self/status` (proc(5)) that no cheap syscall tells.
struct status_lines {
  int umask = -1;           ///< -1: unknown
  std::string capabilities; ///< the lines of the inheritable, bounding and ambient sets
};

/// Pure; takes what it finds.
status_lines parse_status(std::string_view status);

/// The identity of the calling thread. Credentials belong to threads (credentials(7)), the rest to the
/// process.
struct host_identity {
  wire::credentials credentials{};
  std::string capabilities;
  ino_t user_namespace = 0;
  int umask = -1;

  /// 7 us in all: three syscalls for the ids, one read of the status file, one stat. Without /proc the
  /// umask is unknown and the namespace is not compared.
  static host_identity current();

  /// False if a spawner that was started under `other` could have more or other privilege.
  bool same_privilege(const host_identity& other) const noexcept;
};

/// True if the calling thread has CAP_SETGID in its user namespace: it may map groups and leave
/// setgroups(2) alone.
bool has_cap_setgid() noexcept;

} // namespace linx::detail
