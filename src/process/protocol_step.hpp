/// The steps that a child takes at its checkpoint: their numbers, which are also those of failures, and their
/// payloads.
///
/// Part of the protocol of process/protocol.hpp, and as free of any library as that.
#pragma once

#include <cstddef>
#include <cstdint>

namespace linx::wire {

/// What a step does and, with the same number, where a child or the spawner failed.
///
/// Numbers are never reused. src/process/protocol_stage.hpp maps them to linx::stage.
enum class stage : std::uint16_t {
  none = 0,
  // the spawner
  spawner_start = 1, // hello could not be sent: mmap, signalfd or prctl failed at start
  malformed = 2,     // EINVAL: the frame breaks a rule of this header
  credentials = 3,   // ESTALE: the spawner's privilege differs from the host's: restart it
  clone = 4,
  fork = 5, // the short-lived process that enters namespaces, or makes a time namespace, for the child
  setns_user = 10,
  setns_mnt = 11,
  setns_uts = 12,
  setns_ipc = 13,
  setns_cgroup = 14,
  setns_net = 15,
  setns_time = 16,
  setns_pid = 17,
  timens = 18, // unshare(CLONE_NEWTIME), or its offsets
  // the child, before its first step
  sigprocmask = 20,
  pdeathsig = 21, // also a step: u32 signal, 0 for none
  close_range = 22,
  stdio = 23,
  fd_pass = 24, // the extra descriptors; the spawner, EMFILE: descriptors of the request were cut off
  cwd = 25,     // fchdir to fd_role::cwd
  memfd = 26,   // the body file: not sealed, or not mappable
  ready_frame = 27,
  cgroup = 28, // joining fd_role::cgroup, where clone could not
  execve = 29,
  exec_outcome = 30, // without a checkpoint socket: EIO, killed before execve
  checkpoint = 31,   // a child that introduces itself: its socket, or its pidfd
  // steps, each with its payload; strings have no terminating NUL unless it is named
  hostname = 40,          // the name, 1..64 bytes
  groups = 41,            // u32[]: supplementary groups, possibly none
  ids = 42,               // step_ids
  umask = 43,             // u32
  chdir = 44,             // the path and a NUL
  session = 45,           // nothing: setsid(2)
  controlling_tty = 46,   // u32: descriptor number in the child that becomes the controlling terminal
  process_group = 47,     // u32: pgid, 0 for its own
  rlimit = 48,            // step_rlimit
  nice = 49,              // s32
  sched = 50,             // step_sched
  affinity = 51,          // u64[]: the CPU mask
  oom_score_adj = 52,     // s32
  keyring = 53,           // nothing (anonymous) or name and a NUL: a new session keyring
  securebits = 54,        // u32
  cap_drop_bounding = 55, // u64: capabilities to drop
  cap_set_thread = 56,    // step_caps
  cap_set_ambient = 57,   // u64: the ambient set
  no_new_privs = 58,      // nothing
  landlock = 59,          // nothing; takes one descriptor: the ruleset. Sets no_new_privs where it has to
  seccomp_install = 60,   // u32 flags, u32 zero, sock_filter[]. Sets no_new_privs where it has to
  socket = 61,            // step_socket; DONE brings the descriptor
  mount = 80,      // step_mount, then source, target, type and data, each with its NUL; empty: a null pointer
  pivot_root = 81, // the path of the new root and a NUL; the old root is unmounted
  sysctl = 82,     // the path beneath /proc/sys and its NUL, then the value
  // nothing; takes one descriptor: a memory file of one status_slot, sealed against shrinking, that is the
  // child's status from now on. Only in STEP
  status_page = 83,
};

/// Leads each step; the payload and padding with zeros to 8 bytes follow.
struct step_header {
  stage what;
  std::uint8_t flags;   // step_flags
  std::uint8_t fds;     // of the frame's descriptors
  std::uint32_t length; // of the payload, without padding
};
static_assert(sizeof(step_header) == 8);

/// At most one of them.
enum class step_flags : std::uint8_t {
  after_marker = 1u << 0, // runs after the exec mark; not in STEP; seccomp_install needs it
  at_proceed = 1u << 1,   // runs when PROCEED has come, before the steps of that; only in a request
};

struct step_ids { // 0xffffffff: unchanged; groups first, then users (setresgid(2), setresuid(2))
  std::uint32_t ruid, euid, suid, rgid, egid, sgid;
  std::uint32_t keep_capabilities; // 1: PR_SET_KEEPCAPS first, so that cap_set_thread finds them permitted
  std::uint32_t reserved;
};
static_assert(sizeof(step_ids) == 32);

struct step_rlimit { // prlimit(2)
  std::uint32_t resource, reserved;
  std::uint64_t soft, hard;
};
static_assert(sizeof(step_rlimit) == 24);

struct step_sched { // sched_setscheduler(2)
  std::uint32_t policy;
  std::int32_t priority;
};
static_assert(sizeof(step_sched) == 8);

struct step_caps { // capset(2)
  std::uint64_t effective, permitted, inheritable;
};
static_assert(sizeof(step_caps) == 24);

struct step_mount {    // mount(2)
  std::uint64_t flags; // MS_*
};
static_assert(sizeof(step_mount) == 8);

struct step_socket { // socket(2), always with SOCK_CLOEXEC
  std::int32_t domain, type, protocol;
  std::uint32_t reserved;
};
static_assert(sizeof(step_socket) == 16);

/// Steps that a child may take while it shares the spawner's memory (CLONE_VM|CLONE_VFORK): they touch
/// nothing that belongs to the memory map, cannot raise or lower what may be done to it, and do not slow the
/// child down: the spawner waits for it.
constexpr bool is_simple(stage step) noexcept
{
  switch (step) {
  case stage::hostname:
  case stage::umask:
  case stage::chdir:
  case stage::session:
  case stage::controlling_tty:
  case stage::process_group:
  case stage::rlimit:
  case stage::no_new_privs:
  case stage::pdeathsig:
    return true;
  default:
    return false;
  }
}

} // namespace linx::wire
