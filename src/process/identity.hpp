/// Who the host is at this moment: what a child must not get more of.
#pragma once

#include "process/protocol.hpp"

#include <linx/io/unique_fd.hpp>

#include <cstdint>
#include <string_view>
#include <sys/stat.h>
#include <sys/types.h>

namespace linx::detail {

/// The part of `/proc/thread-self/status` (proc(5)) that no cheap syscall tells.
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

/// Pure; takes what it finds.
status_lines parse_status(std::string_view status);

/// The identity of a thread. Credentials belong to threads (credentials(7)), the rest to the process.
struct host_identity {
  wire::credentials credentials{};
  status_lines status;
  ino_t user_namespace = 0;

  /// False if a spawner that was started under `other` could have more or other privilege.
  bool same_privilege(const host_identity& other) const noexcept;
};

/// Reads the identity of the calling thread, at every call anew: 4 us, most of them in the kernel for the
/// text of the status file. It stays open between the calls; opening it costs as much as the rest.
///
/// One caller at a time.
class identity_reader {
public:
  /// Without /proc the umask is unknown, and the namespace and three of the capability sets are not
  /// compared.
  host_identity read();

  /// In a child of fork(2): what is open tells of the parent.
  void forget() noexcept { thread_ = 0; }

private:
  void open();
  bool read_status(status_lines&) const;
  bool read_user_namespace(ino_t&) const;

  pid_t thread_ = 0; // whose files these are
  io::unique_fd status_, user_;
  struct stat status_file_ {};
};

/// True if the calling thread has CAP_SETGID in its user namespace: it may map groups and leave
/// setgroups(2) alone.
bool has_cap_setgid() noexcept;

} // namespace linx::detail
