/// Changes of files and directories, and the pure reader of what the kernel reports.
#pragma once

#include <linx/io/detail/operation.hpp>

#include <boost/asio/buffer.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <sys/inotify.h>

namespace linx::io {

/// One event; `name` points into the buffer it was read from.
class inotify_event {
public:
  inotify_event(int watch, std::uint32_t mask, std::uint32_t cookie, std::string_view name) noexcept
      : name_(name), watch_(watch), mask_(mask), cookie_(cookie)
  {}

  /// What `add_watch` returned; -1 with `IN_Q_OVERFLOW`.
  int watch() const noexcept { return watch_; }
  std::uint32_t mask() const noexcept { return mask_; }
  /// True if any of these `IN_*` bits is set.
  bool has(std::uint32_t bits) const noexcept { return (mask_ & bits) != 0; }
  /// Joins `IN_MOVED_FROM` and `IN_MOVED_TO` of one rename.
  std::uint32_t cookie() const noexcept { return cookie_; }
  /// The entry of the watched directory, "" if the watched object itself is meant.
  std::string_view name() const noexcept { return name_; }
  /// The kernel dropped events, or removed the watch: what is known must be read anew.
  bool is_overflow() const noexcept { return has(IN_Q_OVERFLOW); }

private:
  std::string_view name_;
  int watch_;
  std::uint32_t mask_;
  std::uint32_t cookie_;
};

/// Walks the events in a buffer that was read from an inotify descriptor. It needs no kernel and trusts no
/// length.
class LINX_API inotify_reader {
public:
  /// `bytes` must live as long as the reader and its events.
  explicit inotify_reader(std::span<const std::byte> bytes) noexcept : rest_(bytes) {}

  /// The next event; nullopt at the end. Error: stage `decode`, `errc::truncated`, and the rest is given up.
  result<std::optional<inotify_event>> next();

private:
  std::span<const std::byte> rest_;
};

/// An inotify(7) instance. There are 128 of them per user (`fs.inotify.max_user_instances`): share one.
class LINX_API inotify : public descriptor {
public:
  /// Enough for one event with the longest name; a shorter buffer may get `EINVAL`.
  static constexpr std::size_t min_buffer = sizeof(::inotify_event) + 256;

  explicit inotify(executor ex) : descriptor(std::move(ex)) {}
  explicit inotify(execution_context auto& context) : inotify(executor(context.get_executor())) {}

  /// Errors: stage `open`, `EMFILE` at the limit of instances or of descriptors.
  static result<inotify> open(executor ex);

  /// Watches a path for the `IN_*` bits of `mask` and returns the number of the watch. Watching the same
  /// inode again yields the same number with the mask replaced, unless `IN_MASK_ADD` or `IN_MASK_CREATE` is
  /// given.
  ///
  /// Errors: stage `configure`: `ENOENT`, `EACCES`, `ENOSPC` at `fs.inotify.max_user_watches`.
  result<int> add_watch(const std::string& path, std::uint32_t mask);

  /// The same for an open file or directory, `O_PATH` included. It goes by way of `/proc/self/fd`, so nobody
  /// can slip another file in between.
  result<int> add_watch(int fd, std::uint32_t mask);

  /// The kernel answers with an `IN_IGNORED` event.
  /// Errors: stage `configure`, `EINVAL` for an unknown number.
  result<void> remove_watch(int watch);

  /// Reads whole events, with the signature `void(error_code, std::size_t)`; give them to `inotify_reader`.
  ///
  /// `buffer` of at least `min_buffer` bytes must live until the handler is called.
  /// Cancellation: no event is lost.
  template <class Token = asio::deferred_t>
  auto async_read_some(asio::mutable_buffer buffer, Token&& token = Token())
  {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(detail::read_initiation{state_}, token,
                                                                      buffer);
  }
};

} // namespace linx::io
