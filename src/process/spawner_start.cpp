#include "process/spawner_start.hpp"

#include "process/protocol.hpp"
#include "process/spawner_image.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/mount.h>
#include <sched.h>
#include <string>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U // linux/memfd.h, Linux 6.3
#endif

// The two functions below run in a process that shares this one's memory, on a stack of their own: no
// library call beyond bare syscalls, and no sanitizer, which would believe that the stack belongs to
// another thread. They end by returning (clone(2)): the thread sanitizer's _exit() waits a second for
// threads.
#define LINX_BARE __attribute__((no_sanitize("address", "thread", "undefined"), noinline))

#if defined(__SANITIZE_THREAD__)
// The thread sanitizer takes every clone() for a fork and forgets all threads in the child, whose memory is
// ours. It does not know glibc's other name of the function.
extern "C" int __clone(int (*)(void*), void*, int, void*, ...);
#define LINX_CLONE ::__clone
#else
#define LINX_CLONE ::clone
#endif

namespace linx::detail {

namespace {

constexpr std::size_t stack_size = 32 * 1024;

struct launch {
  int image; // the program: a memory file, or a file in a detached mount
  int control, slots, host;
  int error = 0; // the errno of what failed
  char* second_stack_top = nullptr;
};

/// The grandchild: gives the descriptors their numbers and becomes linx-spawner.
LINX_BARE int become_spawner(void* argument)
{
  auto& l = *static_cast<launch*>(argument);
  // All four are above 5, so no number is hit that is still needed; close-on-exec is cleared, too. Not by
  // dup2(), which the thread sanitizer takes for one in the host's table of descriptors.
  if (::syscall(SYS_dup3, l.control, wire::control_fd, 0) < 0 ||
      ::syscall(SYS_dup3, l.slots, wire::slots_fd, 0) < 0 ||
      ::syscall(SYS_dup3, l.host, wire::host_fd, 0) < 0) {
    l.error = errno;
    return 1;
  }
  ::syscall(SYS_close_range, wire::host_fd + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  static char name[] = "linx-spawner";
  char* argv[] = {name, nullptr};
  char* envp[] = {nullptr};
  ::syscall(SYS_execveat, l.image, "", argv, envp, AT_EMPTY_PATH);
  l.error = errno;
  return 1;
}

/// The process in between.
LINX_BARE int make_orphan(void* argument)
{
  auto& l = *static_cast<launch*>(argument);
  if (LINX_CLONE(become_spawner, l.second_stack_top, CLONE_VM | CLONE_VFORK | SIGCHLD, argument) < 0)
    l.error = errno;
  return 0;
}

/// Blocks every signal, those of the C library too: a handler must not run in a process that shares our
/// memory.
class all_signals_blocked {
public:
  all_signals_blocked() noexcept
  {
    const std::uint64_t all = ~std::uint64_t{0};
    ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &former_, sizeof all);
  }
  ~all_signals_blocked() { ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &former_, nullptr, sizeof former_); }
  all_signals_blocked(const all_signals_blocked&) = delete;
  all_signals_blocked& operator=(const all_signals_blocked&) = delete;

private:
  std::uint64_t former_ = 0;
};

/// 0, or the errno of what failed.
int run(launch l)
{
  void* stacks =
      ::mmap(nullptr, 2 * stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stacks == MAP_FAILED) return errno;
  l.second_stack_top = static_cast<char*>(stacks) + 2 * stack_size;
  {
    const all_signals_blocked quiet;
    const pid_t between =
        LINX_CLONE(make_orphan, static_cast<char*>(stacks) + stack_size, CLONE_VM | CLONE_VFORK, &l);
    if (between < 0)
      l.error = errno;
    else
      while (::waitpid(between, nullptr, __WALL) < 0 && errno == EINTR) {
      }
  }
  ::munmap(stacks, 2 * stack_size);
  return l.error;
}

int write_all(int fd, std::span<const std::byte> bytes)
{
  while (!bytes.empty()) {
    const auto n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0) return errno;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return 0;
}

/// Everybody who sees a process can open its program, through /proc/<pid>/exe, and write to it as soon as
/// nobody runs it; the children of a container are seen by it before they execute theirs. So what runs is
/// never a file that others run as well, or later. These bytes are this spawner's alone and nobody can change
/// them any more.
result<io::unique_fd> sealed_image()
{
  constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  io::unique_fd file(::memfd_create("linx-spawner", flags | MFD_EXEC));
  if (!file && errno == EINVAL) file.reset(::memfd_create("linx-spawner", flags)); // before Linux 6.3
  int failed = file ? write_all(file.get(), spawner_image()) : errno;
  constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
  if (failed == 0 && ::fcntl(file.get(), F_ADD_SEALS, seals) != 0) failed = errno;
  if (failed != 0) return error::from_errno(failed, stage::spawner_start);
  return file;
}

/// The installed program by a mount of its own that is read-only and lies in no mount namespace: what
/// /proc/<pid>/exe leads to then cannot be opened for writing, and nobody can remount it.
result<io::unique_fd> detached_program()
{
  const char* const path = spawner_installed_path();
  if (*path == '\0') return error::from_errno(ENOENT, stage::spawner_start);
  io::unique_fd file(
      static_cast<int>(::syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)));
  if (!file) return error::from_errno(errno, stage::spawner_start);
  mount_attr change{};
  change.attr_set = MOUNT_ATTR_RDONLY;
  if (::syscall(SYS_mount_setattr, file.get(), "", AT_EMPTY_PATH, &change, sizeof change) != 0)
    return error::from_errno(errno, stage::spawner_start);
  return file;
}

/// A copy of the descriptor out of the way of the numbers that linx-spawner expects.
result<io::unique_fd> lifted(int fd)
{
  io::unique_fd copy(::fcntl(fd, F_DUPFD_CLOEXEC, wire::host_fd + 1));
  if (!copy) return error::from_errno(errno, stage::spawner_start);
  return copy;
}

/// 0, or the errno of what failed.
int run_program(launch l, const result<io::unique_fd>& program)
{
  if (!program) return program.error().errnum();
  const auto runnable = lifted(program.assume_value().get());
  if (!runnable) return runnable.error().errnum();
  l.image = runnable.assume_value().get();
  return run(l);
}

error not_runnable(int image_error, int installed_error)
{
  std::string text = "the embedded linx-spawner, as a memory file";
  if (const char* const installed = spawner_installed_path(); *installed)
    text.append(", and ")
        .append(installed)
        .append(", in a read-only mount (")
        .append(std::strerror(installed_error)) += ')';
  return error::from_errno(image_error, stage::spawner_start).with_object(std::move(text));
}

} // namespace

result<io::unique_fd> start_spawner(int slots)
{
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0)
    return error::from_errno(errno, stage::socketpair).with_object("control socket of linx-spawner");
  io::unique_fd ours(pair[0]), theirs(pair[1]);
  // Before anything is sent: the kernel notes the sender of a datagram when it is sent.
  constexpr int on = 1;
  if (::setsockopt(theirs.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0)
    return error::from_errno(errno, stage::socketpair).with_object("control socket of linx-spawner");
  io::unique_fd self(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  if (!self) return error::from_errno(errno, stage::spawner_start).with_object("pidfd of this process");

  BOOST_OUTCOME_TRY(const auto control, lifted(theirs.get()));
  BOOST_OUTCOME_TRY(const auto slot_file, lifted(slots));
  BOOST_OUTCOME_TRY(const auto host, lifted(self.get()));
  const launch shared{-1, control.get(), slot_file.get(), host.get()};

  const int image_error = run_program(shared, sealed_image());
  if (image_error == 0) return ours;
  const int installed_error = run_program(shared, detached_program());
  if (installed_error == 0) return ours;
  return not_runnable(image_error, installed_error);
}

} // namespace linx::detail
