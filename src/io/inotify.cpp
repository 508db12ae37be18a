#include <linx/io/inotify.hpp>

#include <cerrno>
#include <cstring>

namespace linx::io {

result<std::optional<inotify_event>> inotify_reader::next()
{
  if (rest_.empty()) return std::optional<inotify_event>();
  const auto bytes = std::exchange(rest_, {});
  ::inotify_event header;
  if (bytes.size() < sizeof header) return error(errc::truncated, stage::decode);
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.len > bytes.size() - sizeof header) return error(errc::truncated, stage::decode);
  const auto* text = reinterpret_cast<const char*>(bytes.data() + sizeof header);
  // The kernel pads the name with NUL bytes up to the alignment of the next event.
  const std::string_view name(text, ::strnlen(text, header.len));
  rest_ = bytes.subspan(sizeof header + header.len);
  return std::optional(inotify_event(header.wd, header.mask, header.cookie, name));
}

result<inotify> inotify::open(executor ex)
{
  unique_fd fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!fd) {
    auto failure = error::from_errno(errno, stage::open);
    if (errno != EMFILE) return failure;
    return std::move(failure).with_object(
        "inotify instance; see fs.inotify.max_user_instances and ulimit -n");
  }
  inotify self(std::move(ex));
  BOOST_OUTCOME_TRYV(self.assign(std::move(fd)));
  return self;
}

result<int> inotify::add_watch(const std::string& path, std::uint32_t mask)
{
  if (path.find('\0') != std::string::npos) return error::argument("a path with a NUL byte in it");
  const int watch = ::inotify_add_watch(native_handle(), path.c_str(), mask);
  if (watch < 0) {
    const int errnum = errno;
    if (errnum == ENOSPC) {
      return error::from_errno(errnum, stage::configure)
          .with_object(path + "; see fs.inotify.max_user_watches");
    }
    return error::from_errno(errnum, stage::configure).with_object(path);
  }
  return watch;
}

result<int> inotify::add_watch(int fd, std::uint32_t mask)
{
  return add_watch("/proc/self/fd/" + std::to_string(fd), mask);
}

result<void> inotify::remove_watch(int watch)
{
  if (::inotify_rm_watch(native_handle(), watch) != 0) {
    return error::from_errno(errno, stage::configure).with_object("watch " + std::to_string(watch));
  }
  return success();
}

} // namespace linx::io
