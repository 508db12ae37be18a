/// Looks for what a run may have left behind.
#pragma once

#include <sys/types.h>

#include <set>
#include <string>
#include <vector>

namespace headline {

/// The inode numbers by which the kernel identifies namespaces (stat of /proc/<pid>/ns/*).
using namespace_ids = std::set<ino_t>;

/// The namespace of `kind` ("net", "pid", ...) in which this thread runs; 0 if /proc does not tell.
ino_t own_namespace(const char* kind);

/// All namespaces of a live process but those that this process shares.
namespace_ids foreign_namespaces(int proc_pid_dirfd);

/// A process that holds one of the namespaces, or is a child of this process: "1234 linx-spawner (zombie)".
/// This process itself is not among them.
std::vector<std::string> holders_of(const namespace_ids&);

} // namespace headline
