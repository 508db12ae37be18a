/// A namespace as a value: its kind and a descriptor that keeps it alive.
#pragma once

#include <linx/core/result.hpp>
#include <linx/io/unique_fd.hpp>
#include <linx/ns/kind.hpp>

#include <string>

#include <sys/types.h>

namespace linx::ns {

/// An open namespace. The descriptor keeps the namespace alive without a process in it; the handle is
/// movable, and `duplicate()` makes another one.
/// Source: namespaces(7), ioctl_ns(2).
///
/// Executor: const members may be called from several threads.
class LINX_API handle {
public:
  /// The namespace of that kind which the calling thread is in (for `pid` and `time`: the one its children
  /// will be in may be another).
  /// Errors: stage `open_ns_*`, `ENOENT` if the kernel was built without the kind.
  static result<handle> of_self(ns::kind k);

  /// A fresh namespace without any process in it, which lives as long as a descriptor of it does:
  ///
  ///     BOOST_OUTCOME_TRY(auto net, ns::handle::make(ns::kind::net));
  ///
  /// A helper thread makes it (`unshare(2)`) and ends; the caller waits for it and its own thread changes
  /// nothing. It is as the kernel makes one: a `net` namespace has lo, down, and nothing else; `uts` and
  /// `mount` begin as copies of the caller's, and mounts go on to be shared with it where they are `shared`;
  /// the clocks of `time` are those of the caller.
  ///
  /// A `user` namespace is made by a short-lived child that shares the caller's memory, sends no SIGCHLD and
  /// is waited for here. It has no id maps: the first child that is started in it may get them, by
  /// `process::set_uid_map()`. A `pid` namespace cannot be made so: it ends with its first process.
  ///
  /// Kernel: 5.6 for `time`.
  /// Executor: any thread.
  /// Errors: stage `argument` for `pid`; stage `clone`: `EPERM` without CAP_SYS_ADMIN, which all but `user`
  /// need, `ENOSPC` at the limits of namespaces(7), `EINVAL` if this kernel lacks the kind; stage `open_ns_*`
  /// without /proc.
  /// Source: unshare(2), clone(2), namespaces(7).
  static result<handle> make(ns::kind k);

  /// The namespace at a path: `/proc/<pid>/ns/net`, `/run/netns/<name>`.
  ///
  /// Errors: stage `open_ns_*`; stage `argument` if what is there is no namespace, or one of another kind.
  static result<handle> from_path(ns::kind k, const std::string& path);

  /// The namespace of a process, by its number in the caller's pid namespace, whatever /proc is mounted. A
  /// number may be another process's by the time it is looked up, unless the process is a child that has not
  /// been waited for; `from_pidfd` has no such gap. Threads take Linux 6.9.
  ///
  /// Errors: stage `open_ns_*`: `ENOENT` if there is no such process, `EACCES` without ptrace access to it.
  static result<handle> from_pid(ns::kind k, pid_t pid);

  /// The namespace of the process behind a pidfd, which stays the caller's: never another one's, however the
  /// numbers are recycled. The pidfd itself is asked (Linux 6.11). Before, or where that is refused, `/proc`
  /// is, by the number that the pidfd has in there, and the pidfd afterwards whether the process still is.
  ///
  /// Errors: stage `argument` if that is no pidfd; stage `open_ns_*`: `ESRCH` once the process has been
  /// reaped, `EACCES` without ptrace access to it, `ENOENT` where /proc is asked and does not show it.
  static result<handle> from_pidfd(ns::kind k, int pidfd);

  /// The namespace of the process behind an open `/proc/<pid>` directory: `openat(2)` of `ns/<kind>`. A
  /// number that was recycled meanwhile cannot be hit: the directory of a dead process answers `ESRCH`.
  ///
  /// Errors: stage `open_ns_*`: `ESRCH` or `ENOENT` once the process is gone, `EACCES` without ptrace access
  /// to it.
  static result<handle> from_proc_dir(ns::kind k, int proc_pid_dirfd);

  /// Takes over a descriptor of a namespace of any kind (`NS_GET_NSTYPE`, Linux 4.11).
  ///
  /// Errors: stage `argument` if it is no namespace.
  static result<handle> adopt(io::unique_fd fd);

  ns::kind kind() const noexcept { return kind_; }

  /// The descriptor, still owned by the handle; -1 after a move.
  int fd() const noexcept { return fd_.get(); }
  io::unique_fd release() && noexcept { return std::move(fd_); }

  /// True if both are the same namespace: device and inode are equal (namespaces(7)).
  bool same_as(const handle& other) const noexcept
  {
    return device_ == other.device_ && inode_ == other.inode_;
  }

  /// The number that `readlink /proc/self/ns/net` prints in brackets.
  ino_t inode() const noexcept { return inode_; }

  /// Errors: stage `open`, `EMFILE`.
  result<handle> duplicate() const;

  /// The user namespace whose capabilities govern this one (`NS_GET_USERNS`, Linux 4.9); for a user namespace
  /// it is the one itself is governed by.
  ///
  /// Errors: stage `open_ns_user`, `EPERM` if it is outside the caller's own user namespace.
  result<handle> owning_user_namespace() const;

private:
  handle(ns::kind k, io::unique_fd fd, dev_t device, ino_t inode) noexcept
      : fd_(std::move(fd)), kind_(k), device_(device), inode_(inode)
  {}

  io::unique_fd fd_;
  ns::kind kind_;
  dev_t device_;
  ino_t inode_;
};

} // namespace linx::ns
