/// The namespaces that a child is to enter, opened and compared in the host.
#pragma once

#include <linx/core/result.hpp>
#include <linx/io/unique_fd.hpp>
#include <linx/ns/handle.hpp>
#include <linx/process/enter_target.hpp>
#include <linx/process/options.hpp>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace linx::detail {

/// The namespaces that a process starts in which the calling thread makes.
class namespace_set {
public:
  static namespace_set current();

  /// False if unknown, too.
  bool holds(const ns::handle&) const;

private:
  struct identity {
    dev_t device = 0;
    ino_t inode = 0; // 0: unknown
  };
  std::array<identity, ns::all_kinds.size()> known_{};
};

/// What an enter_target holds: a pinned process, or namespaces, or why there is neither.
struct entrance_source {
  std::string name; ///< "process 4711"
  io::unique_fd pidfd;
  std::vector<ns::handle> handles;
  std::optional<error> failed;
};

struct entrance {
  std::string target;
  std::vector<ns::handle> namespaces; ///< in the order of ns::all_kinds

  /// Opens what the target has and children do not start in already.
  ///
  /// Errors: stage `argument` if a chosen kind is also made anew, is unknown or is not among the handles;
  /// stages `open_ns_*`; `ESRCH` once the process has ended.
  static result<entrance> open(const enter_target&, const process_options&, const namespace_set& present);

private:
  static result<std::optional<ns::handle>> open_one(const entrance_source&, ns::kind, bool must_exist);
};

} // namespace linx::detail
