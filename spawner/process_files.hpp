/// What /proc says about other processes, found by their pidfds.
#pragma once

#include "bytes.hpp"
#include "decimal.hpp"
#include "descriptors.hpp"
#include "state.hpp"
#include "syscall.hpp"
#include "task_status.hpp"

#include <asm/errno.h>
#include <linux/fcntl.h>

namespace linx::spawner {

/// A path below a directory of /proc, of a few names and one number.
class short_path {
public:
  template <std::size_t size>
  short_path& add(const char (&name)[size]) noexcept
  {
    append(name, size - 1);
    return *this;
  }
  short_path& add(std::uint32_t number) noexcept
  {
    const decimal text(number);
    append(text.data(), text.size());
    return *this;
  }
  const char* text() const noexcept { return text_; }

private:
  void append(const char* from, std::size_t size) noexcept
  {
    __builtin_memcpy(text_ + length_, from, size);
    length_ += size;
    text_[length_] = '\0';
  }

  char text_[64];
  std::size_t length_ = 0;
};

/// Opens a file and gives it this number, in the place of what has it.
inline int open_as(int number, int directory, const char* path, int flags) noexcept
{
  const long opened = sys::call(__NR_openat, directory, path, flags | O_CLOEXEC, 0);
  if (opened < 0) return sys::error_of(opened);
  const long placed = sys::call(__NR_dup3, opened, number, O_CLOEXEC);
  sys::call(__NR_close, opened);
  return sys::error_of(placed);
}

/// Valid until the next call.
inline bytes read_whole(state& state, int file) noexcept
{
  const long size = sys::call(__NR_pread64, file, state.status_text, sizeof state.status_text, 0);
  if (size <= 0 || static_cast<std::size_t>(size) == sizeof state.status_text) return {};
  return {state.status_text, static_cast<std::size_t>(size)};
}

/// The number in "user:[4026531837]", 0 if it cannot be read.
inline std::uint64_t read_namespace(int directory, const char* path) noexcept
{
  char text[64];
  const long size = sys::call(__NR_readlinkat, directory, path, text, sizeof text);
  std::uint64_t number = 0;
  for (long i = 0; i < size; ++i)
    if (text[i] >= '0' && text[i] <= '9') number = number * 10 + static_cast<std::uint64_t>(text[i] - '0');
  return number;
}

/// The number by which that /proc knows the process of a pidfd, whatever pid namespace it is of: the kernel
/// writes it for the mount in which it is read. 0 if it does not show it.
inline std::uint32_t number_in_proc(state& state, int pidfd) noexcept
{
  short_path path;
  path.add("self/fdinfo/").add(static_cast<std::uint32_t>(pidfd));
  const long file = sys::call(__NR_openat, fd::proc, path.text(), O_RDONLY | O_CLOEXEC, 0);
  if (file < 0) return 0;
  const bytes text = read_whole(state, static_cast<int>(file));
  sys::call(__NR_close, file);
  return pid_of_fdinfo(text);
}

inline bool lives(int pidfd) noexcept
{
  const int error = sys::error_of(sys::call(__NR_pidfd_send_signal, pidfd, 0, nullptr, 0));
  return error == 0 || error == EPERM;
}

} // namespace linx::spawner
