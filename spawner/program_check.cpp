#include "program_check.hpp"

#include "abi.hpp"
#include "syscall.hpp"

#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

namespace linx::spawner {

int may_execute(const char* path, const char* const* argv, const char* const* envp) noexcept
{
  // A kernel that does not know the flag refuses it, and executes nothing.
  int error = sys::error_of(sys::call(__NR_execveat, AT_FDCWD, path, argv, envp, abi::at_execve_check));
  if (error != EINVAL && error != ENOSYS) return error;

  error = sys::error_of(sys::call(__NR_faccessat2, AT_FDCWD, path, abi::x_ok, AT_EACCESS));
  if (error != 0) return error;
  struct statx file {};
  error = sys::error_of(sys::call(__NR_statx, AT_FDCWD, path, 0, STATX_TYPE, &file));
  if (error != 0) return error;
  return (file.stx_mode & abi::s_ifmt) == abi::s_ifreg ? 0 : EACCES; // access(2) allows a directory
}

} // namespace linx::spawner
