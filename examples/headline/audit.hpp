/// Looks for what a run may have left behind.
#pragma once

#include <linx/io/unique_fd.hpp>

#include <sys/types.h>

#include <string>
#include <vector>

namespace headline {

/// Namespaces by which a process can be told to belong to a run. The kernel gives the inode number of a
/// namespace to another one as soon as it is free, so each is held open while it is looked for. A
/// child's network and mount namespaces are not among them: held, they would keep links and mounts that ought
/// to go.
class marks {
public:
  /// The network namespace that this process made for itself alone; it holds it by living in it.
  void take_own_network();

  /// Those of a live process that this process does not share.
  void take(int proc_pid_dirfd);

  bool are_on(const std::string& pid) const;

private:
  struct mark {
    std::string entry;
    ino_t inode;
    linx::io::unique_fd held;
  };
  std::vector<mark> marks_;
};

/// A process that bears one of the marks, or is a child of this process: "1234 linx-spawner (zombie)".
/// This process itself is not among them.
std::vector<std::string> what_is_left(const marks&);

} // namespace headline
