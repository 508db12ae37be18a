/// The wire protocol between a host (src/process), its linx-spawner (spawner/) and the children.
///
/// This header is all that the two programs share. It needs no library and is valid without one, since
/// linx-spawner is built without libc. Every layout is fixed, little-endian and asserted below.
///
/// ## Start
/// The host runs linx-spawner double-forked, with no arguments that matter, and these descriptors:
///
///   3  control: one end of a SOCK_SEQPACKET socketpair
///   4  slots: a memory file, a whole number of status_slot, mapped shared by the host as well
///   5  host: a pidfd of the host process
///
/// All other descriptors are closed, 0..2 become /dev/null. The first record is `hello` with the spawner's
/// own pidfd, or `failed` with id 0 when it could not start; then it serves until the host is gone.
///
/// ## Frames
/// A datagram on `control` holds one or more frames, each a multiple of 8 bytes and led by a frame_header.
/// Each frame takes `fds` of the datagram's descriptors, in order. Both sides must take several frames in a
/// datagram. At most max_datagram bytes and max_fds descriptors (SCM_MAX_FD, linux/net/scm.h) go into one
/// datagram. On a checkpoint socket a datagram is always exactly one frame.
///
///   host -> spawner        spawner -> host            host -> child      child -> host
///   spawn                  hello    [pidfd]           step [descriptors] ready
///   orphan                 spawned  [pidfd, proc]     proceed [descr.]   done [descriptor of a socket step]
///   kill                   failed                     rehearse [descr.]
///   kill_rest              exited
///   park                   parked                     (process/protocol_park.hpp)
///
/// Each `spawn` is answered by exactly one `spawned` or `failed`. Each `spawned` is followed, at some time,
/// by exactly one `exited`. The process is reaped only after `exited` was sent, so its pid cannot be recycled
/// before the record is in the host's receive queue.
///
/// The spawner never blocks on a full socket and drops nothing: it stops reading requests until its answer is
/// sent, and keeps exited children unreaped until their records are. A host must therefore always read.
///
/// ## A child with a checkpoint (fd_role::checkpoint is given)
///
///   spawn -> [clone] -> steps of the request without a flag -> READY -> (STEP -> DONE)* -> PROCEED
///     -> steps of the request flagged at_proceed -> steps of PROCEED
///     -> slot.state = exec -> steps flagged after_marker, of the request and of PROCEED -> execve -> running
///
///   - READY comes when the steps of the request without a flag have succeeded.
///   - STEP holds one or more steps; they run in order up to the first that fails. DONE echoes the frame's
///     id and says which one failed, at which stage and why; the child stays parked and takes further steps.
///   - After PROCEED, and before READY, the child answers by its status slot only: a failure writes stage and
///     error, then state = failed, then exits.
///   - With spawn_flags::auto_proceed there is no READY and no PROCEED: the request's steps are all there is.
///   - REHEARSE is in everything as PROCEED, but that the program is not executed: the child asks whether it
///     could be, after the steps flagged at_proceed, takes those flagged after_marker, which might refuse the
///     question, sets slot.state = rehearsed and exits with exit_aborted.
///
/// End of file on the host's end of the checkpoint socket tells the host to read the slot:
///
///   state            before PROCEED          after PROCEED, or auto_proceed
///   slot_state::idle died while parked       died between PROCEED and execve
///   slot_state::exec -                       running
///   slot_state::failed  failed at slot.stage failed at slot.stage
///   slot_state::rehearsed -                  aborted, after REHEARSE
///
/// Death in the moment between the exec mark and the end of execve reads as running; `exited` then tells the
/// rest. The slot belongs to the child from `spawn` until that end of file, or `failed`, or `exited`,
/// whichever is first.
///
/// End of file on the child's end makes a parked child exit at once with exit_aborted. The host aborts so.
///
/// ## A child that introduces itself (spawn_flags::introduce)
/// Only for requests that ask for nothing that takes time or changes what the child may (see
/// may_introduce_itself()): the child makes its own checkpoint socket and its own pidfd, and says `spawned`
/// itself, on `control`, with spawned_flags::checkpoint. That stands for READY as well, but with
/// auto_proceed, where there is none. It is a datagram, a wake-up of the host and a handful of its system
/// calls less. The rest is as above. If it dies before it has said so, `exited` is the only answer, and its
/// slot tells.
///
/// With auto_proceed that is what a host asks for when many are on their way: the child holds up nobody. A
/// spawner that has made enough of them may treat the request as one without a checkpoint socket.
///
/// ## A child without a checkpoint socket
/// Neither given nor made by the child. Only with auto_proceed, and only for simple requests (see
/// is_simple()): the spawner waits until the child has executed or failed and answers `spawned` with
/// spawned_flags::running, or `failed`. It uses no slot.
///
/// ## A child with an init (spawn_flags::init)
/// In a new pid namespace the child itself is process 1. It takes the steps of the request and of STEP. At
/// PROCEED, after its steps, it forks: the new process, the workload, sets `exec`, takes the steps flagged
/// after_marker and executes; process 1 stays, reaps, and passes on the signals that come from outside of the
/// namespace. The steps session, controlling_tty and process_group of `spawn` and PROCEED are the workload's.
/// The checkpoint socket is closed when both have left it, so what end of file means is as above.
///
/// Process 1 ends as the workload does: with the same exit code. It cannot end by a signal of its own
/// (pid_namespaces(7)). So it writes an init_report to its descriptor `report` and exits with exit_signaled
/// plus the signal; the host, which has the other end, then knows better than `exited`.
///
/// SIGSTOP stops process 1 and not the workload. To stop that, the host sends stop_carrier with si_code
/// SI_QUEUE and the value SIGSTOP.
///
/// ## When the host dies, or closes `control`
/// Every child is ended by its orphan policy; the spawner goes when no child that depends on it is left.
#pragma once

#include "process/protocol_scope.hpp"
#include "process/protocol_step.hpp"

#include <cstddef>
#include <cstdint>

namespace linx::wire {

inline constexpr std::uint8_t version = 3;

inline constexpr int control_fd = 3;
inline constexpr int slots_fd = 4;
inline constexpr int host_fd = 5;

inline constexpr std::size_t max_datagram = 64 * 1024;
inline constexpr std::size_t max_fds = 253;
/// The slots file holds at least one and at most this many.
inline constexpr std::size_t max_slots = 16 * 1024;
/// The largest spawn frame. What does not fit goes into a body file (fd_role::body).
inline constexpr std::size_t max_spawn = 16 * 1024;

/// Exit status of a child whose host closed the checkpoint socket, and of one that failed before execve.
inline constexpr int exit_aborted = 124;
inline constexpr int exit_failed = 125;
/// Plus the signal: exit status of an init whose workload was killed.
inline constexpr int exit_signaled = 128;
/// SIGTSTP: as of SIGSTOP, its arrival takes back a SIGCONT that is pending.
inline constexpr int stop_carrier = 20;

enum class frame_type : std::uint16_t {
  // control
  spawn = 1,
  orphan = 2,
  kill = 3,
  kill_rest = 4,
  park = 5,
  hello = 16,
  spawned = 17,
  failed = 18,
  exited = 19,
  parked = 20,
  // checkpoint
  step = 32,
  proceed = 33,
  rehearse = 34,
  ready = 48,
  done = 49,
  // the connection of a controller
  attached = 64,
  refused = 65,
  left = 66,
};

struct frame_header {
  std::uint32_t length; // of the whole frame, a multiple of 8
  std::uint8_t version;
  std::uint8_t fds; // descriptors of the datagram that belong to this frame
  frame_type type;
  std::uint64_t id; // control: chosen by the host for a child, not 0; checkpoint: chosen for a step
};
static_assert(sizeof(frame_header) == 16);

// ---------------------------------------------------------------------------------------------------- spawn

/// Descriptors of a spawn frame: first those whose bit is set in spawn_request::fd_roles, in this order, then
/// extra_fds, then those the steps take, in the order of the steps.
enum class fd_role : std::uint32_t {
  checkpoint = 1u << 0, // the child's end, SOCK_SEQPACKET
  body = 1u << 1,       // a memory file that holds the body instead of the frame; sealed: shrink, grow, write
  stdin_ = 1u << 2,     // absent: /dev/null
  stdout_ = 1u << 3,
  stderr_ = 1u << 4,
  // a directory; absent: "/". Entered before any namespace: ns_mnt moves it to the root of that one
  cwd = 1u << 5,
  cgroup = 1u << 6, // a cgroup v2 directory: CLONE_INTO_CGROUP (5.7), without clone3 by cgroup.procs
  report = 1u << 7, // with spawn_flags::init and only then: a pipe's end for an init_report
  // namespaces to enter (setns(2), in this order); excludes the same bit in spawn_request::namespaces
  ns_user = 1u << 8,
  ns_mnt = 1u << 9,
  ns_uts = 1u << 10,
  ns_ipc = 1u << 11,
  ns_cgroup = 1u << 12,
  ns_net = 1u << 13,
  ns_time = 1u << 14,
  ns_pid = 1u << 15,
};
inline constexpr std::uint32_t all_fd_roles = 0xffff;
inline constexpr std::uint32_t ns_fd_roles = 0xff00;

enum class spawn_flags : std::uint32_t {
  auto_proceed = 1u << 0,
  timens_offsets = 1u << 1, // write `timens` into the new time namespace
  listen_pid = 1u << 2,     // one more environment string, LISTEN_PID=<the child's pid as it sees itself>
  init = 1u << 3,           // process 1 of the new pid namespace is an init; needs a checkpoint socket
  introduce = 1u << 4,      // the child makes its checkpoint socket; excludes fd_role::checkpoint
  // With fd_role::ns_user: the host's supplementary groups are dropped before it is entered, else (EPERM) in
  // it. Where neither is allowed they stay if the host's user owns that namespace: stage::groups
  drop_groups = 1u << 5,
  kill_rest = 1u << 6, // when the child has ended, what is left of its kill_scope is ended before it is told
};
inline constexpr std::uint32_t all_spawn_flags = 0x7f;

/// What becomes of the child when the host is gone.
enum class orphan_policy : std::uint8_t {
  // SIGTERM, after `grace_ms` SIGKILL; at once for the init of a new pid namespace that does not hear SIGTERM
  terminate = 0,
  kill = 1,    // SIGKILL at once
  outlive = 2, // nothing; given in `spawn`, also no parent-death signal
};

/// Who the host is at the call. The spawner compares and answers `failed` at stage::credentials with ESTALE
/// when an id, the groups, no_new_privs, the seccomp mode or the number of filters differ, or when it holds a
/// permitted capability that the host lacks. (It may lack some that the host holds: execve(2) takes
/// capabilities from a non-root program.)
///
/// It does not believe that alone. `control` has SO_PASSCRED, set by the host before the spawner starts: a
/// frame that another process has sent is answered with EPERM. Its user and group, and where there is /proc
/// what that says of the thread that called (ids, groups, capabilities, no_new_privs, seccomp, the user
/// namespace), must be the spawner's still when it comes to the request. Once they are not, the spawner makes
/// no child any more, and goes when it has none.
struct credentials {
  std::uint32_t ruid, euid, suid; // getresuid(2)
  std::uint32_t rgid, egid, sgid; // getresgid(2)
  std::uint64_t groups;           // groups_hash() over getgroups(2)
  std::uint64_t permitted;        // capget(2)
  std::uint8_t no_new_privs;      // prctl(PR_GET_NO_NEW_PRIVS)
  std::uint8_t seccomp;           // prctl(PR_GET_SECCOMP): 0 or 2
  std::uint8_t reserved[2];
  std::uint32_t seccomp_filters; // Seccomp_filters of /proc/<pid>/status (5.9); the spawner's may be unknown
};
static_assert(sizeof(credentials) == 48);

inline constexpr std::uint32_t unknown_filters = 0xffffffff;

/// FNV-1a over the numbers as bytes, little-endian. The kernel keeps groups sorted, so equal sets hash
/// equally.
inline constexpr std::uint64_t no_groups_hash = 0xcbf29ce484222325u;
constexpr std::uint64_t add_to_groups_hash(std::uint64_t hash, std::uint32_t gid) noexcept
{
  for (unsigned shift = 0; shift != 32; shift += 8) hash = (hash ^ ((gid >> shift) & 0xffu)) * 0x100000001b3u;
  return hash;
}
constexpr std::uint64_t groups_hash(const std::uint32_t* gids, std::size_t count) noexcept
{
  std::uint64_t hash = no_groups_hash;
  for (std::size_t i = 0; i != count; ++i) hash = add_to_groups_hash(hash, gids[i]);
  return hash;
}

struct timens_offset {
  std::int64_t seconds;
  std::uint32_t nanoseconds; // below 1'000'000'000
  std::uint32_t reserved;
};
static_assert(sizeof(timens_offset) == 16);

/// Followed by the body, unless it is in a file: targets, steps, strings, each padded with zeros to 8 bytes.
///
///   targets  u32 for each extra descriptor: its number in the child, 3 or higher, no number twice
///   steps    steps_length bytes
///   strings  strings_length bytes: the program's path, argc arguments, envc environment strings, each with
///   its NUL
struct spawn_request {
  frame_header header;
  std::uint32_t flags; // spawn_flags
  // CLONE_NEW* of linux/sched.h, all eight; net, and mnt with a cwd, are made by the child itself, before
  // READY (stage::clone)
  std::uint32_t namespaces;
  std::uint32_t fd_roles;
  std::uint32_t slot; // index of the status slot; ignored without a checkpoint
  std::uint16_t extra_fds;
  std::uint16_t step_fds;
  orphan_policy orphan;
  kill_scope scope;
  std::uint8_t reserved[2];
  std::uint32_t grace_ms;
  std::uint32_t argc; // may be 0
  std::uint32_t envc;
  std::uint32_t steps_length;
  std::uint32_t strings_length;
  std::uint32_t thread; // that called, as the host's /proc numbers it; 0: unknown
  credentials host;
  timens_offset monotonic; // with timens_offsets
  timens_offset boottime;
};
static_assert(sizeof(spawn_request) == 144);

/// Whether a request may come without a checkpoint socket; its steps must be simple, too.
constexpr bool is_simple(const spawn_request& request) noexcept
{
  constexpr std::uint32_t newuser = 0x10000000, newtime = 0x00000080, newnet = 0x40000000;
  const auto is_auto = (request.flags & static_cast<std::uint32_t>(spawn_flags::auto_proceed)) != 0;
  const auto heavy = ns_fd_roles | static_cast<std::uint32_t>(fd_role::body) |
                     static_cast<std::uint32_t>(fd_role::cgroup) |
                     static_cast<std::uint32_t>(fd_role::report);
  return is_auto && (request.namespaces & (newuser | newtime | newnet)) == 0 &&
         (request.fd_roles & heavy) == 0;
}

/// Whether the child of a request may make its checkpoint socket. Its only descriptors are the standard
/// streams and the working directory.
constexpr bool may_introduce_itself(const spawn_request& request) noexcept
{
  constexpr auto flags = static_cast<std::uint32_t>(spawn_flags::introduce) |
                         static_cast<std::uint32_t>(spawn_flags::auto_proceed) |
                         static_cast<std::uint32_t>(spawn_flags::kill_rest);
  constexpr auto streams = static_cast<std::uint32_t>(fd_role::stdin_) |
                           static_cast<std::uint32_t>(fd_role::stdout_) |
                           static_cast<std::uint32_t>(fd_role::stderr_);
  constexpr auto most = streams | static_cast<std::uint32_t>(fd_role::cwd);
  return (request.flags & ~flags) == 0 && request.namespaces == 0 && (request.fd_roles & ~most) == 0 &&
         request.extra_fds == 0 && request.step_fds == 0 && request.steps_length == 0;
}

/// Types kill and kill_rest, for the child whose id the header has. Not answered; ignored when no such child
/// is there any more. kill: SIGKILL, by its kill_scope; also of a child that the host has no pidfd of.
/// kill_rest: from now on as if it had that spawn flag.
struct kill_request {
  frame_header header;
};
static_assert(sizeof(kill_request) == 16);

/// Changes a child's orphan policy. Not answered; ignored when no such child is there any more.
struct orphan_request {
  frame_header header; // the child's id
  std::uint32_t pid;   // from `spawned`
  orphan_policy orphan;
  std::uint8_t reserved[3];
  std::uint32_t grace_ms;
  std::uint32_t reserved2;
};
static_assert(sizeof(orphan_request) == 32);

// ------------------------------------------------------------------------------------------ spawner -> host

enum class feature : std::uint32_t {
  clone3 = 1u << 0, // without it, as under many container profiles, clone(2) is used
};

struct hello_record { // one descriptor: the spawner's pidfd
  frame_header header;
  std::uint32_t pid;
  std::uint32_t features;
  std::uint32_t slots; // mapped
  std::uint32_t reserved;
  credentials self;
};
static_assert(sizeof(hello_record) == 80);

enum class spawned_flags : std::uint32_t {
  running = 1u << 0,    // execve has succeeded: an auto_proceed child without checkpoint socket
  checkpoint = 1u << 1, // of a child that introduces itself: the second one is the host's end of its socket
};

struct spawned_record { // descriptors: the pidfd; with checkpoint a socket
  frame_header header;
  std::uint32_t pid; // in the host's pid namespace
  std::uint32_t flags;
};
static_assert(sizeof(spawned_record) == 24);

struct failed_record {
  frame_header header; // id 0: the frame could not be read so far
  stage where;
  std::uint16_t step; // index of the step that failed, from 0
  std::int32_t error; // errno
};
static_assert(sizeof(failed_record) == 24);

struct exited_record {
  frame_header header;
  std::uint32_t pid;
  std::int32_t code;   // siginfo_t::si_code: CLD_EXITED, CLD_KILLED, CLD_DUMPED
  std::int32_t status; // siginfo_t::si_status
  std::uint32_t reserved;
  std::uint64_t user_us, system_us; // getrusage(2), the child and what it has waited for
  std::uint64_t max_rss_kib;
  std::uint64_t minor_faults, major_faults;
  std::uint64_t blocks_in, blocks_out;
  std::uint64_t voluntary_switches, involuntary_switches;
};
static_assert(sizeof(exited_record) == 104);

// ------------------------------------------------------------------------------------------------ checkpoint

struct step_request { // types step and proceed; steps follow
  frame_header header;
};

struct ready_record {
  frame_header header; // id 0
  std::uint32_t pid;   // as the child sees itself: 1 in a new pid namespace
  std::uint32_t reserved;
};
static_assert(sizeof(ready_record) == 24);

struct done_record {   // a descriptor for each socket step that succeeded
  frame_header header; // the id of the step frame
  std::int32_t error;  // 0: all steps succeeded
  stage where;
  std::uint16_t step; // index of the step that failed
};
static_assert(sizeof(done_record) == 24);

// ------------------------------------------------------------------------------------------- init -> host

struct init_report { // on fd_role::report, when the workload was killed
  std::int32_t code; // CLD_KILLED, CLD_DUMPED
  std::int32_t signal;
};
static_assert(sizeof(init_report) == 8);

// -------------------------------------------------------------------------------------------- status slot

enum class slot_state : std::uint32_t { idle = 0, exec = 1, failed = 2, rehearsed = 3 };

/// The host sets state to idle before it sends the request; from there on only the child writes.
///
/// A page of its own: the child maps its slot and none of its neighbours'.
struct alignas(4096) status_slot {
  static constexpr std::uint32_t most_taken = 2000;

  slot_state state; // read with load_state(): what was written before it is then visible
  std::int32_t error;
  stage where;
  std::uint16_t step;
  std::uint32_t taken_count; // of the steps that the child has taken
  stage taken[most_taken];   // the first of them
};
static_assert(sizeof(status_slot) == 4096);

inline slot_state load_state(const status_slot& slot) noexcept
{
  slot_state state;
  __atomic_load(&slot.state, &state, __ATOMIC_ACQUIRE);
  return state;
}

inline void store_state(status_slot& slot, slot_state state) noexcept
{
  __atomic_store(&slot.state, &state, __ATOMIC_RELEASE);
}

/// Frames, bodies and steps are padded to this.
constexpr std::size_t padded(std::size_t bytes) noexcept
{
  return (bytes + 7) & ~std::size_t{7};
}

} // namespace linx::wire
