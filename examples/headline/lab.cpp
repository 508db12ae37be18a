#include "lab.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

namespace headline {

namespace {

bool write_file(const char* path, std::string_view text)
{
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool done = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(fd);
  return done;
}

/// Root inside is the caller outside (user_namespaces(7)).
bool map_to_root(uid_t uid, gid_t gid)
{
  return write_file("/proc/self/setgroups", "deny") &&
         write_file("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1") &&
         write_file("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1");
}

/// unshare(2) cannot be undone, so a child tries first what this process is about to do.
bool would_succeed(int flags)
{
  const pid_t child = ::fork();
  if (child < 0) return false;
  if (child == 0) ::_exit(::unshare(flags) == 0 ? 0 : errno);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
  return errno == 0;
}

lab refused(const std::string& what)
{
  return {false, what + ": " + std::strerror(errno) +
                     "; left out: namespaces, id map, hostname, veth pair, ruleset, netfilter monitor"};
}

} // namespace

lab enter_lab()
{
  if (would_succeed(CLONE_NEWNET)) {
    if (::unshare(CLONE_NEWNET) == 0) {
      return {true, {}};
    }
    return refused("unshare(CLONE_NEWNET)");
  }
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  if (!would_succeed(CLONE_NEWUSER | CLONE_NEWNET)) return refused("unshare(CLONE_NEWUSER|CLONE_NEWNET)");
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return refused("unshare(CLONE_NEWUSER|CLONE_NEWNET)");
  if (!map_to_root(uid, gid)) return refused("the id map of the user namespace");
  return {true, {}};
}

} // namespace headline
