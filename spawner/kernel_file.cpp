#include "kernel_file.hpp"

#include "decimal.hpp"
#include "own_memory.hpp"

#include <asm/errno.h>
#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>

namespace linx::spawner {

namespace {

long open_strictly(int directory, const char* path, std::uint64_t flags, std::uint64_t resolve) noexcept
{
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = resolve | RESOLVE_NO_MAGICLINKS;
  return sys::call(__NR_openat2, directory, path, &how, sizeof how);
}

bool are_of_one_mount(long one, long other) noexcept
{
  struct statx a {
  }, b{};
  constexpr int by_fd = AT_EMPTY_PATH;
  return sys::call(__NR_statx, one, "", by_fd, STATX_MNT_ID, &a) == 0 &&
         sys::call(__NR_statx, other, "", by_fd, STATX_MNT_ID, &b) == 0 &&
         (a.stx_mask & b.stx_mask & STATX_MNT_ID) != 0 && a.stx_mnt_id == b.stx_mnt_id;
}

/// openat2(2) is 5.6, and a seccomp filter may refuse it: then the mount is looked at afterwards.
long open_beneath(int directory, const char* path) noexcept
{
  const long file = open_strictly(directory, path, O_WRONLY, RESOLVE_BENEATH | RESOLVE_NO_XDEV);
  if (file != -ENOSYS && file != -EPERM) return file;
  const long plain = sys::call(__NR_openat, directory, path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0);
  if (plain < 0 || are_of_one_mount(directory, plain)) return plain;
  sys::call(__NR_close, plain);
  return -EXDEV;
}

} // namespace

bool is_on(long fd, long file_system) noexcept
{
  struct statfs about {};
  return sys::call(__NR_fstatfs, fd, &about) == 0 && about.f_type == file_system;
}

long open_proc(const char* path) noexcept
{
  constexpr unsigned kind = O_PATH | O_DIRECTORY;
  long directory = open_strictly(AT_FDCWD, path, kind, RESOLVE_NO_SYMLINKS);
  if (directory == -ENOSYS || directory == -EPERM)
    directory = sys::call(__NR_openat, AT_FDCWD, path, kind | O_NOFOLLOW | O_CLOEXEC, 0);
  if (directory < 0 || is_on(directory, PROC_SUPER_MAGIC)) return directory;
  sys::call(__NR_close, directory);
  return -EXDEV;
}

int write_kernel_file(int directory, const char* path, long file_system, const void* text,
                      std::size_t size) noexcept
{
  const long file = open_beneath(directory, path);
  if (file < 0) return sys::error_of(file);
  const long written = is_on(file, file_system) ? sys::call(__NR_write, file, text, size) : -EXDEV;
  sys::call(__NR_close, file);
  if (written < 0) return sys::error_of(written);
  // The rest was not understood: more numbers than a key of sysctl has.
  return static_cast<std::size_t>(written) == size ? 0 : EINVAL;
}

bool read_number(int directory, const char* path, std::int32_t& value) noexcept
{
  char text[16]{};
  const long file = sys::call(__NR_openat, directory, path, O_RDONLY | O_CLOEXEC, 0);
  if (file < 0) return false;
  const long size = sys::call(__NR_read, file, text, sizeof text - 1);
  sys::call(__NR_close, file);
  if (size <= 0) return false;
  const bool negative = text[0] == '-';
  value = 0;
  for (const char* digit = text + negative; *digit >= '0' && *digit <= '9'; ++digit) {
    value = value * 10 + (*digit - '0');
  }
  if (negative) value = -value;
  return true;
}

int write_oom_score(int proc, std::int32_t value, bool alone) noexcept
{
  const decimal text(value);
  const auto write = [&] {
    return write_kernel_file(proc, "self/oom_score_adj", PROC_SUPER_MAGIC, text.data(), text.size());
  };
  int error = write();
  if (error != EACCES || !alone) return error;
  set_dumpable(true);
  error = write();
  set_dumpable(false);
  return error;
}

} // namespace linx::spawner
