// The programs that people use to run something in namespaces of its own: bubblewrap and crun.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace linx::bench {

// A directory with the target program as /target and, for crun, a bundle around it; removed in the end.
class sandbox_files {
public:
  explicit sandbox_files(const std::string& program);
  ~sandbox_files();
  sandbox_files(const sandbox_files&) = delete;
  sandbox_files& operator=(const sandbox_files&) = delete;

  // The command lines, in fresh mount, pid, ipc, uts and cgroup namespaces, and net if asked for.
  std::vector<std::string> bubblewrap(bool net) const;
  std::vector<std::string> crun(bool net) const;

private:
  std::filesystem::path root() const { return directory_ / "rootfs"; }

  std::filesystem::path directory_;
};

// Where $PATH has it; empty if nowhere.
std::string find_program(const std::string& name);

// Runs it and waits; throws if it does not exit with 0.
void run_program(const std::vector<std::string>& command);

// crun wants a cgroup v2 tree at its place: one is mounted in a mount namespace of this process.
// Throws std::system_error.
void enter_mounts_with_cgroup2();

} // namespace linx::bench
