// A namespace that nobody is in.

#include <linx/ns/handle.hpp>

#include "ns/helper_thread.hpp"

#include <array>
#include <cerrno>
#include <cstdint>

#include <csignal>
#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// What runs in a process that shares this one's memory, on a stack of its own: no library call beyond bare
// syscalls, and no sanitizer, which would believe that the stack belongs to another thread.
#define LINX_BARE __attribute__((no_sanitize("address", "thread", "undefined"), noinline))

#if defined(__SANITIZE_THREAD__)
// The thread sanitizer takes every clone() for a fork and forgets all threads in the child, whose memory is
// ours. It does not know glibc's other name of the function.
extern "C" int __clone(int (*)(void*), void*, int, void*, ...);
#define LINX_CLONE ::__clone
#else
#define LINX_CLONE ::clone
#endif

namespace linx::ns {

namespace {

struct opened {
  int fd = -1;
  int errnum = 0;
};

LINX_BARE int open_own_user_namespace(void* argument)
{
  auto& found = *static_cast<opened*>(argument);
  found.fd = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, "/proc/self/ns/user", O_RDONLY | O_CLOEXEC));
  if (found.fd < 0) found.errnum = errno;
  return 0;
}

// Every signal, those of the C library too: a handler must not run in a process that shares our memory.
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

// A user namespace is refused to a process with threads (unshare(2)), so a child makes it: one that copies
// nothing, opens the file into our table of descriptors, and ends. It has no exit signal, so neither a
// handler of SIGCHLD nor a waitpid(-1) of the consumer's hears of it.
result<handle> make_user()
{
  opened found;
  alignas(16) std::array<char, 16 * 1024> stack;
  pid_t child = 0;
  {
    const all_signals_blocked quiet;
    child = LINX_CLONE(open_own_user_namespace, stack.data() + stack.size(),
                       CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_NEWUSER, &found);
    if (child < 0)
      found.errnum = errno;
    else
      while (::waitpid(child, nullptr, __WALL) < 0 && errno == EINTR) {
      }
  }
  if (child < 0) return error::from_errno(found.errnum, stage::clone).with_object("a user namespace");
  if (found.fd < 0)
    return error::from_errno(found.errnum, stage::open_ns_user).with_object("/proc/self/ns/user");
  return handle::adopt(io::unique_fd(found.fd));
}

// The thread itself stays in its time namespace; its children would be in the new one.
std::string file_of_made(kind k)
{
  return "/proc/thread-self/ns/" + std::string(to_string(k)) + (k == kind::time ? "_for_children" : "");
}

} // namespace

result<handle> handle::make(ns::kind k)
{
  if (k == kind::user) return make_user();
  if (k == kind::pid)
    return error::argument("a pid namespace lives and dies with its first process: spawn a child with "
                           "unshare(ns::kind::pid) and take its namespace_handle()");
  const std::string file = file_of_made(k);
  opened made;
  bool is_made = false;
  BOOST_OUTCOME_TRYV(on_helper_thread([&] {
    is_made = ::unshare(clone_flag(k)) == 0;
    if (is_made) made.fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    made.errnum = errno;
  }));
  if (!is_made)
    return error::from_errno(made.errnum, stage::clone)
        .with_object("a " + std::string(to_string(k)) + " namespace");
  if (made.fd < 0) return error::from_errno(made.errnum, open_stage(k)).with_object(file);
  return adopt(io::unique_fd(made.fd));
}

} // namespace linx::ns
