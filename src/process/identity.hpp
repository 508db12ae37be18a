/// Who the host is at this moment: what a child must not get more of.
#pragma once

#include "process/protocol.hpp"
#include "process/thread_status.hpp"

#include <linx/io/unique_fd.hpp>

#include <cstdint>
#include <string>
#include <sys/types.h>

namespace linx::detail {

/// The root directory of a thread, by what no other directory has; the mount tells a mount namespace as well.
struct root_directory {
  std::uint64_t mount = 0; // 0: unknown (before Linux 5.8)
  std::uint64_t inode = 0;
  std::uint32_t device_major = 0, device_minor = 0;

  bool operator==(const root_directory&) const = default;
};

/// The identity of a thread. Credentials belong to threads (credentials(7)), the rest to the process.
struct host_identity {
  wire::credentials credentials{};
  status_lines status;
  ino_t user_namespace = 0;
  root_directory root;
  unsigned securebits = 0;  // but SECBIT_KEEP_CAPS, which no execve(2) leaves
  std::uint32_t thread = 0; // its number in /proc; 0: unknown

  /// False if a spawner that was started under `other` could have more or other privilege.
  bool same_privilege(const host_identity& other) const noexcept;
};

/// Reads the identity of the calling thread, at every call anew: 6 us, nearly all of them in the kernel for
/// the text of the status file. It stays open between the calls; opening it costs as much. The root directory
/// and the securebits are asked for only where the status has changed or the capabilities are there to change
/// them.
///
/// One caller at a time.
class identity_reader {
public:
  /// Without /proc the umask is unknown, and the namespace, three of the capability sets and the number of
  /// seccomp filters are not compared.
  host_identity read();

  /// In a child of fork(2): what is open tells of the parent.
  void forget() noexcept { thread_ = 0; }

private:
  /// A file that stays open. A host that closes what it does not know may have closed it, and given the
  /// number to a file of its own, which must not be closed here.
  class kept_file {
  public:
    void open(const char* path, int flags);
    void close() noexcept { fd_.reset(); }
    bool is_of_proc() const noexcept;
    int get() const noexcept { return fd_.get(); }

  private:
    bool is_there() const noexcept;

    io::unique_fd fd_;
    dev_t device_ = 0;
    ino_t number_ = 0;
  };

  void open();
  bool read_text();
  bool take_text(std::size_t size);
  bool read_user_namespace(ino_t&) const;
  bool read_files(host_identity&);
  void read_rest(host_identity&);

  pid_t thread_ = 0;         // whose files these are
  pid_t told_thread_ = 0;    // what that status file calls it
  ino_t user_namespace_ = 0; // that it was opened in
  kept_file status_file_, user_;
  root_directory root_;
  unsigned securebits_ = 0;
  bool anew_ = true; // root_ and securebits_ may be others
  std::string text_;
  thread_status status_;
};

/// True if the calling thread has CAP_SETGID in its user namespace: it may map groups and leave
/// setgroups(2) alone.
bool has_cap_setgid() noexcept;

} // namespace linx::detail
