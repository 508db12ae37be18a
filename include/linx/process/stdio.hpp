/// Where a standard descriptor of a child comes from.
#pragma once

#include <linx/core/config.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace linx {

/// The source of one of the descriptors 0, 1 and 2 of a child.
///
///     options.standard_output(stdio::file("/var/log/job", O_WRONLY | O_CREAT | O_APPEND))
///            .standard_error(stdio::descriptor(log.get()));
///
/// A terminal is no such source: it is one device for all three, `process_options::terminal()`.
class stdio {
public:
  enum class kind : std::uint8_t { inherit, devnull, pipe, descriptor, file, connect_unix, same_as };

  /// The same number of the host, as it is at the call; /dev/null if the host has closed it, or has a
  /// close-on-exec descriptor there.
  static stdio inherit() noexcept { return stdio(kind::inherit); }

  /// /dev/null.
  static stdio devnull() noexcept { return stdio(kind::devnull); }

  /// A pipe(7) whose other end `process::stdin_pipe()` and its siblings hand out.
  static stdio pipe() noexcept { return stdio(kind::pipe); }

  /// Any open descriptor. It is borrowed until `process::spawn` has completed and stays the caller's; its
  /// flags (O_NONBLOCK above all) are those of the open file and are not changed.
  static stdio descriptor(int fd) noexcept { return stdio(kind::descriptor, fd); }

  /// A file, opened by the host at the call: open(2) in the host's root and directory, with its umask.
  /// Streams with the same path, flags and mode share one open file, as `>log 2>&1` does.
  ///
  /// A FIFO is opened without waiting for its other side: `ENXIO` if it is to be written and nobody reads it.
  /// Parameters: `flags`: as of open(2); O_CLOEXEC and O_NOCTTY are added. Errors of the spawn: stage `open`
  /// with the path.
  static stdio file(std::string path, int flags, unsigned mode = 0666)
  {
    stdio source(kind::file, flags);
    source.path_ = std::move(path);
    source.mode_ = mode;
    return source;
  }

  /// A stream socket of unix(7), connected by the host before the child is made; one connection for each
  /// stream that names it.
  /// Parameters: `path`: in the host's mount namespace, at most 107 bytes; one that begins with '@' is an
  /// abstract name in the host's network namespace. Errors of the spawn: stage `connect_unix` with the path;
  /// `ECONNREFUSED` if nobody listens, `EAGAIN` if the listener's queue is full.
  static stdio connect_unix(std::string path)
  {
    stdio source(kind::connect_unix);
    source.path_ = std::move(path);
    return source;
  }

  /// What another standard stream of the child is, whatever that is: `standard_error(stdio::same_as(1))` is
  /// the shell's `2>&1`. Both are one open file, as after dup(2), and of a pipe the host has one end.
  ///
  /// Parameters: `stream` is 0, 1 or 2, another one than its own, and no `same_as` itself.
  /// Errors: of the spawn: stage `argument`.
  static stdio same_as(int stream) noexcept { return stdio(kind::same_as, stream); }

  kind what() const noexcept { return kind_; }
  int fd() const noexcept { return what() == kind::descriptor ? number_ : -1; }
  int other() const noexcept { return what() == kind::same_as ? number_ : -1; } ///< of `same_as`
  int flags() const noexcept { return what() == kind::file ? number_ : 0; }
  unsigned mode() const noexcept { return mode_; }
  const std::string& path() const noexcept { return path_; }
  friend bool operator==(const stdio&, const stdio&) = default;

private:
  explicit stdio(kind what, int number = -1) noexcept : kind_(what), number_(number) {}

  kind kind_;
  int number_;
  unsigned mode_ = 0;
  std::string path_;
};

} // namespace linx
