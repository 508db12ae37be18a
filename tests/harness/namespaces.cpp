#include "harness/namespaces.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <stdexcept>

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace linx::test {

namespace {

std::string because(const char* what)
{
  return std::string(what) + ": " + std::strerror(errno);
}

bool write_file(const char* path, const std::string& text)
{
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool ok = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int saved = errno;
  ::close(fd);
  errno = saved;
  return ok;
}

std::optional<std::string> become_root_inside(uid_t uid, gid_t gid)
{
  if (!write_file("/proc/self/setgroups", "deny") && errno != ENOENT) return because("write setgroups");
  if (!write_file("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1")) return because("write uid_map");
  if (!write_file("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1")) return because("write gid_map");
  return std::nullopt;
}

std::optional<std::string> bring_loopback_up()
{
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return because("socket");
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  const int n = ::ioctl(fd, SIOCSIFFLAGS, &request);
  const int saved = errno;
  ::close(fd);
  errno = saved;
  if (n != 0) return because("set lo up");
  return std::nullopt;
}

int decoded(int status)
{
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

} // namespace

std::optional<std::string> enter_fresh_network()
{
  if (::geteuid() != 0) return enter_fresh_user_network();
  if (::unshare(CLONE_NEWNET) != 0) return because("unshare(CLONE_NEWNET)");
  return bring_loopback_up();
}

std::optional<std::string> enter_fresh_user_network()
{
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return because("unshare(CLONE_NEWUSER | CLONE_NEWNET)");
  if (auto reason = become_root_inside(uid, gid)) return reason;
  return bring_loopback_up();
}

int run_in_child(const std::function<int()>& body)
{
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error(because("fork"));
  if (pid == 0) {
    int code = 125;
    try {
      code = body();
    } catch (const std::exception& e) {
      std::fprintf(stderr, "child: %s\n", e.what());
    } catch (...) {
      std::fprintf(stderr, "child: unknown exception\n");
    }
    std::fflush(nullptr);
    ::_exit(code);
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) throw std::runtime_error(because("waitpid"));
  }
  return decoded(status);
}

int skip_child(const std::string& reason)
{
  std::printf("skipped: %s\n", reason.c_str());
  return child_skipped;
}

command_result run_command(const std::string& text)
{
  // The shell joins the two streams; popen keeps the calling thread's namespaces, since its child is a child
  // of it.
  const std::string both = "{ " + text + "\n} 2>&1";
  FILE* pipe = ::popen(both.c_str(), "re");
  if (!pipe) throw std::runtime_error(because("popen"));
  command_result result;
  std::array<char, 4096> chunk;
  while (const auto n = std::fread(chunk.data(), 1, chunk.size(), pipe))
    result.output.append(chunk.data(), n);
  result.status = decoded(::pclose(pipe));
  return result;
}

std::size_t open_descriptors()
{
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count - 1; // the iterator's own
}

bool has_program(const std::string& name)
{
  return run_command("command -v " + name).status == 0;
}

} // namespace linx::test
