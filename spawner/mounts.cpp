#include "mounts.hpp"

#include "directory.hpp"
#include "kernel_file.hpp"
#include "syscall.hpp"

#include "process/protocol.hpp"

#include <linux/fcntl.h>
#include <linux/mount.h>

namespace linx::spawner {

namespace {

constexpr int detach = 2; // MNT_DETACH of umount2(2), which no header under linux/ has

/// The string at the front, which is taken off together with its NUL.
const char* take_text(bytes& from) noexcept
{
  const char* const text = reinterpret_cast<const char*>(from.data);
  while (from.take(1).as<char>() != '\0') {
  }
  return text;
}

const char* or_null(const char* text) noexcept
{
  return *text == '\0' ? nullptr : text;
}

/// pivot_root(".", ".") puts the old root on top of the new one, so that no directory is needed to keep it in
/// (pivot_root(2), NOTES).
int exchange_roots(long old_root, const char* path) noexcept
{
  if (const int error = enter_directory(path); error != 0) return error;
  long result = sys::call(__NR_pivot_root, ".", ".");
  if (result >= 0) result = sys::call(__NR_fchdir, old_root);
  // Or the unmounting would go out to whatever its mounts are shared with.
  if (result >= 0) result = sys::call(__NR_mount, nullptr, ".", nullptr, MS_SLAVE | MS_REC, nullptr);
  if (result >= 0) result = sys::call(__NR_umount2, ".", detach);
  if (result >= 0) result = sys::call(__NR_chdir, "/");
  return sys::error_of(result);
}

} // namespace

int mount(bytes payload) noexcept
{
  const std::uint64_t flags = payload.take(sizeof(wire::step_mount)).as<wire::step_mount>().flags;
  const char* const source = take_text(payload);
  const char* const target = take_text(payload);
  const char* const type = take_text(payload);
  const char* const data = take_text(payload);
  return sys::error_of(sys::call(__NR_mount, or_null(source), target, or_null(type), flags, or_null(data)));
}

int pivot_root(const char* path) noexcept
{
  const long old_root = sys::call(__NR_openat, AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
  if (old_root < 0) return sys::error_of(old_root);
  const int error = exchange_roots(old_root, path);
  sys::call(__NR_close, old_root);
  return error;
}

int write_sysctl(bytes payload) noexcept
{
  const char* const key = take_text(payload);
  const long root = open_proc("/proc/sys");
  if (root < 0) return sys::error_of(root);
  const int error =
      write_kernel_file(static_cast<int>(root), key, PROC_SUPER_MAGIC, payload.data, payload.size);
  sys::call(__NR_close, root);
  return error;
}

} // namespace linx::spawner
