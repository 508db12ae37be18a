/// What a child may use.
#pragma once

#include <linx/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace linx {

/// A limit of setrlimit(2).
class LINX_API resource_limit {
public:
  static constexpr std::uint64_t unlimited = ~std::uint64_t(0); ///< RLIM_INFINITY

  /// Parameters: `resource`: RLIMIT_*; `soft`: the limit that holds, in the unit of the resource;; `hard`:
  /// how far the child may raise it.
  resource_limit(int resource, std::uint64_t soft, std::uint64_t hard) noexcept
      : resource_(resource), soft_(soft), hard_(hard)
  {}

  /// "nofile=1024", "core=0:unlimited": a name as prlimit(1) has it, in any case and with or without
  /// "RLIMIT_", soft, and hard where it differs.
  /// Errors: stage `argument`.
  static result<resource_limit> parse(std::string_view text);

  int resource() const noexcept { return resource_; }
  std::uint64_t soft() const noexcept { return soft_; }
  std::uint64_t hard() const noexcept { return hard_; }

  friend bool operator==(const resource_limit&, const resource_limit&) = default;

private:
  int resource_;
  std::uint64_t soft_, hard_;
};

/// As `resource_limit::parse` reads it.
LINX_API std::string to_string(const resource_limit&);

/// CPUs by number.
class LINX_API cpu_set {
public:
  static constexpr unsigned most = 8192; ///< the most CPUs that Linux is built for (NR_CPUS)

  cpu_set() = default;

  /// Parameters: `cpu`: below `most`; another one makes the set invalid.
  cpu_set& add(unsigned cpu);

  /// "0-3,8": as /sys/devices/system/cpu/online has it.
  /// Errors: stage `argument`.
  static result<cpu_set> parse(std::string_view text);

  bool empty() const noexcept { return words_.empty(); }
  bool valid() const noexcept { return valid_; }
  /// The mask of sched_setaffinity(2), 64 CPUs a word.
  const std::vector<std::uint64_t>& mask() const noexcept { return words_; }

  friend bool operator==(const cpu_set&, const cpu_set&) = default;

private:
  std::vector<std::uint64_t> words_;
  bool valid_ = true;
};

/// As `cpu_set::parse` reads it.
LINX_API std::string to_string(const cpu_set&);

/// The limits, scheduling and cgroup of a child; what is not set is as the host had it when its spawner was
/// started (`process::refresh`).
///
///     options.resources(resources().limit(resource_limit(RLIMIT_NOFILE, 1024, 4096)).nice(5));
///
/// A cgroup is the child's from birth, the oom score before it is ready. The others are set with proceed(),
/// with the privilege that the child was born with and before it takes on its credentials: until then it is
/// configured at the host's priority and within the host's limits.
/// Source: setrlimit(2), sched(7), proc(5), cgroups(7).
class LINX_API resources {
public:
  resources() = default;

  /// One for each resource; the last of the same one counts. Raising a hard limit needs CAP_SYS_RESOURCE.
  resources& limit(resource_limit which) &;
  resources&& limit(resource_limit which) && { return std::move(limit(which)); }

  /// -20 to 19. Below the host's own needs CAP_SYS_NICE or RLIMIT_NICE.
  resources& nice(int value) & noexcept;
  resources&& nice(int value) && noexcept { return std::move(nice(value)); }

  /// SCHED_OTHER, SCHED_BATCH, SCHED_IDLE with priority 0; SCHED_FIFO, SCHED_RR with 1 to 99, which need
  /// CAP_SYS_NICE or RLIMIT_RTPRIO (sched_setscheduler(2)).
  resources& schedule(int policy, int priority = 0) & noexcept;
  resources&& schedule(int policy, int priority = 0) && noexcept
  {
    return std::move(schedule(policy, priority));
  }

  /// The CPUs that it may run on.
  resources& affinity(cpu_set cpus) &;
  resources&& affinity(cpu_set cpus) && { return std::move(affinity(std::move(cpus))); }

  /// -1000 to 1000. Below the host's own needs CAP_SYS_RESOURCE.
  resources& oom_score_adj(int value) & noexcept;
  resources&& oom_score_adj(int value) && noexcept { return std::move(oom_score_adj(value)); }

  /// The cgroup v2 that it is born in: CLONE_INTO_CGROUP (Linux 5.7), or by cgroup.procs where clone3(2) is
  /// not allowed. Needs write access to the directory and to the nearest common ancestor. A fresh cgroup
  /// namespace has it as its root.
  /// Errors: stage `cgroup`.
  /// Parameters: `directory`: borrowed until `process::spawn` has completed.
  resources& cgroup(int directory) & noexcept;
  resources&& cgroup(int directory) && noexcept { return std::move(cgroup(directory)); }

  /// Errors: stage `argument`: a number out of its range, a soft limit above the hard one, no CPU at all.
  result<> validate() const;

  const std::vector<resource_limit>& limits() const noexcept { return limits_; }
  std::optional<int> nice() const noexcept { return nice_; }
  std::optional<int> policy() const noexcept { return policy_; }
  int priority() const noexcept { return priority_; }
  const std::optional<cpu_set>& affinity() const noexcept { return affinity_; }
  std::optional<int> oom_score_adj() const noexcept { return oom_score_adj_; }
  int cgroup() const noexcept { return cgroup_; } ///< -1: the spawner's

private:
  std::vector<resource_limit> limits_;
  std::optional<cpu_set> affinity_;
  std::optional<int> nice_, policy_, oom_score_adj_;
  int priority_ = 0;
  int cgroup_ = -1;
};

} // namespace linx
