#include "directory.hpp"

#include "syscall.hpp"

#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/openat2.h>

namespace linx::spawner {

namespace {

long open_directory(const char* path) noexcept
{
  open_how how{};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_NO_MAGICLINKS;
  const long directory = sys::call(__NR_openat2, AT_FDCWD, path, &how, sizeof how);
  if (directory != -ENOSYS && directory != -EPERM) return directory;
  return sys::call(__NR_openat, AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
}

/// getcwd(2) puts "(unreachable)" before what is not beneath the root. A directory that was removed (ENOENT),
/// or whose path is too long to be told, is no way out.
int check_reachable() noexcept
{
  char first = '/';
  char path[PATH_MAX];
  if (sys::call(__NR_getcwd, path, sizeof path) > 0) first = path[0];
  return first == '/' ? 0 : EXDEV;
}

} // namespace

int enter_directory(const char* path) noexcept
{
  const long directory = open_directory(path);
  if (directory < 0) return sys::error_of(directory);
  const int error = sys::error_of(sys::call(__NR_fchdir, directory));
  sys::call(__NR_close, directory);
  return error != 0 ? error : check_reachable();
}

} // namespace linx::spawner
