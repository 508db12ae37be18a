#include "audit.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <sstream>
#include <utility>

namespace headline {

namespace {

constexpr std::array<const char*, 6> entries = {"ns/user",   "ns/uts", "ns/ipc",
                                                "ns/cgroup", "ns/pid", "ns/time"};

struct closer {
  void operator()(DIR* d) const { closedir(d); }
};

/// What /proc/<pid>/status says of one process.
struct status {
  std::string name;
  std::string state;
  pid_t parent = 0;
};

status read_status(const std::string& pid)
{
  status s;
  std::ifstream in("/proc/" + pid + "/status");
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string key;
    words >> key;
    if (key == "Name:") words >> s.name;
    if (key == "State:") words >> s.state;
    if (key == "PPid:") words >> s.parent;
  }
  return s;
}

} // namespace

void marks::take_own_network()
{
  const char* const entry = "ns/net";
  struct stat own {};
  if (::stat((std::string("/proc/thread-self/") + entry).c_str(), &own) == 0) {
    marks_.push_back({entry, own.st_ino, {}});
  }
}

void marks::take(int proc_pid_dirfd)
{
  for (const char* entry : entries) {
    struct stat own {};
    struct stat its {};
    linx::io::unique_fd held(::openat(proc_pid_dirfd, entry, O_RDONLY | O_CLOEXEC));
    if (!held || ::fstat(held.get(), &its) != 0) continue;
    if (::stat((std::string("/proc/thread-self/") + entry).c_str(), &own) == 0 && own.st_ino == its.st_ino)
      continue;
    marks_.push_back({entry, its.st_ino, std::move(held)});
  }
}

bool marks::are_on(const std::string& pid) const
{
  return std::any_of(marks_.begin(), marks_.end(), [&](const mark& each) {
    struct stat its {};
    return ::stat(("/proc/" + pid + "/" + each.entry).c_str(), &its) == 0 && its.st_ino == each.inode;
  });
}

std::vector<std::string> what_is_left(const marks& of_the_run)
{
  std::vector<std::string> found;
  const std::string self = std::to_string(getpid());
  const std::unique_ptr<DIR, closer> proc(opendir("/proc"));
  if (!proc) return found;
  while (const dirent* entry = readdir(proc.get())) {
    const std::string pid = entry->d_name;
    if (pid.find_first_not_of("0123456789") != std::string::npos || pid == self) continue;
    const status s = read_status(pid);
    if (s.parent == getpid() || of_the_run.are_on(pid)) {
      found.push_back(pid + " " + s.name + (s.state == "Z" ? " (zombie)" : ""));
    }
  }
  return found;
}

} // namespace headline
