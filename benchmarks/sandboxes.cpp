#include "sandboxes.hpp"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include <sched.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

namespace linx::bench {

namespace {

[[noreturn]] void fail(const char* what, int code = errno)
{
  throw std::system_error(code, std::system_category(), what);
}

// The least that the runtime specification allows: no cgroup, no seccomp filter, only /proc mounted.
nlohmann::json bundle(bool net)
{
  auto namespaces = nlohmann::json::array();
  for (const char* kind : {"mount", "pid", "ipc", "uts", "cgroup"}) namespaces.push_back({{"type", kind}});
  if (net) namespaces.push_back({{"type", "network"}});
  return {{"ociVersion", "1.0.2"},
          {"process",
           {{"terminal", false},
            {"user", {{"uid", 0}, {"gid", 0}}},
            {"args", {"/target"}},
            {"env", nlohmann::json::array()},
            {"cwd", "/"}}},
          {"root", {{"path", "../rootfs"}, {"readonly", true}}},
          {"mounts", {{{"destination", "/proc"}, {"type", "proc"}, {"source", "proc"}}}},
          {"linux", {{"namespaces", std::move(namespaces)}}}};
}

} // namespace

sandbox_files::sandbox_files(const std::string& program)
{
  std::string name = (std::filesystem::temp_directory_path() / "linx-bench.XXXXXX").string();
  if (!::mkdtemp(name.data())) fail("mkdtemp");
  directory_ = name;
  for (const char* part : {"rootfs", "rootfs/proc", "rootfs/dev", "plain", "net", "state"})
    std::filesystem::create_directory(directory_ / part);
  std::filesystem::copy_file(program, root() / "target");
  std::ofstream(directory_ / "plain/config.json") << bundle(false);
  std::ofstream(directory_ / "net/config.json") << bundle(true);
}

sandbox_files::~sandbox_files()
{
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::vector<std::string> sandbox_files::bubblewrap(bool net) const
{
  std::vector<std::string> command{find_program("bwrap"),
                                   "--unshare-pid",
                                   "--unshare-ipc",
                                   "--unshare-uts",
                                   "--unshare-cgroup",
                                   "--ro-bind",
                                   root().string(),
                                   "/",
                                   "--proc",
                                   "/proc"};
  if (net) command.push_back("--unshare-net");
  command.push_back("/target");
  return command;
}

std::vector<std::string> sandbox_files::crun(bool net) const
{
  return {find_program("crun"),
          "--root",
          (directory_ / "state").string(),
          "--cgroup-manager=disabled",
          "run",
          "--bundle",
          (directory_ / (net ? "net" : "plain")).string(),
          "linx-bench"};
}

std::string find_program(const std::string& name)
{
  const char* const path = std::getenv("PATH");
  std::istringstream directories(path ? path : "/usr/bin:/bin");
  for (std::string directory; std::getline(directories, directory, ':');) {
    auto candidate = directory + '/' + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

void run_program(const std::vector<std::string>& command)
{
  std::vector<char*> argv;
  for (const auto& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t pid = -1;
  if (const int code = ::posix_spawn(&pid, argv[0], nullptr, nullptr, argv.data(), ::environ); code != 0)
    fail(argv[0], code);
  int status = 0;
  if (::waitpid(pid, &status, 0) != pid) fail("waitpid");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw std::runtime_error(command.front() + " has failed");
}

void enter_mounts_with_cgroup2()
{
  if (::unshare(CLONE_NEWNS) != 0) fail("unshare");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) fail("mount");
  if (::mount("none", "/sys/fs/cgroup", "cgroup2", 0, nullptr) != 0) fail("mount cgroup2");
}

} // namespace linx::bench
