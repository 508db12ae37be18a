/// Where a parked child is found: a socket in a directory of its user, and beside it, later, its exit record.
#pragma once

#include "process/attached_child.hpp"

#include <linx/core/result.hpp>
#include <linx/io/unique_fd.hpp>

#include <optional>
#include <string>

namespace linx::detail {

/// A directory and a name in it. All is done beneath the descriptor: a path that leads elsewhere by now, or a
/// /proc that is none, makes an error.
class meeting_place {
public:
  /// The directory must be this user's, and nobody else may do anything in it: mode 0700. For root as well:
  /// what another user has put there says which process is signalled.
  /// Errors: stage `argument` for the name; `where` with `ENOTDIR`, `EPERM` (whose it is), `EACCES` (the
  /// mode), `ENOENT` (/proc).
  static result<meeting_place> open(io::unique_fd directory, std::string name, stage where);

  /// A socket of that name that listens. Errors: stage `bind`, `EADDRINUSE`, also if there is an exit record.
  result<io::unique_fd> listen() const;
  void remove_socket() const noexcept;

  /// Errors: stage `connect_unix`: `ENOENT`, `ECONNREFUSED`, and `EAGAIN` while others wait.
  result<io::unique_fd> connect() const;

  /// Nothing if there is none. Errors: stage `open` or `decode`.
  result<std::optional<attached_child>> read_record() const;

  int directory() const noexcept { return directory_.get(); }
  const std::string& name() const noexcept { return name_; }

private:
  meeting_place(io::unique_fd directory, std::string name) noexcept
      : directory_(std::move(directory)), name_(std::move(name))
  {}
  result<std::string> path() const;

  io::unique_fd directory_;
  std::string name_;
};

} // namespace linx::detail
