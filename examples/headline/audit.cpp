#include "audit.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>

namespace headline {

namespace {

constexpr std::array<const char*, 8> kinds = {"user", "mnt", "uts", "ipc", "cgroup", "net", "pid", "time"};

struct closer {
  void operator()(DIR* d) const { closedir(d); }
};

std::string name_of(const std::string& kind)
{
  return "ns/" + kind;
}

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

bool holds(const std::string& pid, const namespace_ids& wanted)
{
  for (const char* kind : kinds) {
    struct stat st {};
    const std::string path = "/proc/" + pid + "/" + name_of(kind);
    if (::stat(path.c_str(), &st) == 0 && wanted.contains(st.st_ino)) return true;
  }
  return false;
}

} // namespace

ino_t own_namespace(const char* kind)
{
  struct stat st {};
  const std::string path = std::string("/proc/thread-self/") + name_of(kind);
  return ::stat(path.c_str(), &st) == 0 ? st.st_ino : 0;
}

namespace_ids foreign_namespaces(int proc_pid_dirfd)
{
  namespace_ids ids;
  for (const char* kind : kinds) {
    struct stat st {};
    if (::fstatat(proc_pid_dirfd, name_of(kind).c_str(), &st, 0) == 0 && st.st_ino != own_namespace(kind)) {
      ids.insert(st.st_ino);
    }
  }
  return ids;
}

std::vector<std::string> holders_of(const namespace_ids& wanted)
{
  std::vector<std::string> found;
  const std::string self = std::to_string(getpid());
  const std::unique_ptr<DIR, closer> proc(opendir("/proc"));
  if (!proc) return found;
  while (const dirent* entry = readdir(proc.get())) {
    const std::string pid = entry->d_name;
    if (pid.find_first_not_of("0123456789") != std::string::npos || pid == self) continue;
    const status s = read_status(pid);
    if (s.parent == getpid() || holds(pid, wanted)) {
      found.push_back(pid + " " + s.name + (s.state == "Z" ? " (zombie)" : ""));
    }
  }
  return found;
}

} // namespace headline
