/// Where a parked child is found: a socket in a directory of its user, and beside it, later, its exit record.
#pragma once

#include "process/attached_child.hpp"

#include <linx/core/result.hpp>
#include <linx/io/unique_fd.hpp>

#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>

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

  /// Which file a name stood for.
  struct file_identity {
    dev_t device = 0;
    ino_t inode = 0;
  };
  struct listener {
    io::unique_fd socket;
    file_identity file;
  };
  /// A socket of that name that listens. Errors: stage `bind`, `EADDRINUSE`, also if there is an exit record.
  result<listener> listen() const;
  /// If it is still that one.
  void remove_socket(const file_identity&) const noexcept;

  /// Errors: stage `connect_unix`: `ENOENT`, `ECONNREFUSED`, and `EAGAIN` while others wait; `EPERM` if
  /// another user listens there.
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

/// The name of a child that is being parked. It is taken away again, unless the child is behind it.
class parking_name {
public:
  explicit parking_name(meeting_place where) noexcept : where_(std::move(where)) {}
  ~parking_name()
  {
    if (!is_asked_) give_back();
  }
  parking_name(const parking_name&) = delete;
  parking_name& operator=(const parking_name&) = delete;

  /// Makes it. Errors: as meeting_place::listen().
  result<io::unique_fd> listen();
  /// Its spawner may have it now: what was asked for is to be kept or given back by whoever hears the answer.
  void ask() noexcept { is_asked_ = true; }
  void keep() noexcept { file_.reset(); }
  void give_back() noexcept
  {
    if (file_) where_.remove_socket(*std::exchange(file_, std::nullopt));
  }

  int directory() const noexcept { return where_.directory(); }
  const std::string& name() const noexcept { return where_.name(); }

private:
  meeting_place where_;
  std::optional<meeting_place::file_identity> file_;
  bool is_asked_ = false;
};

} // namespace linx::detail
