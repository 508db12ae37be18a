/// The step of an operation that failed.
#pragma once

#include <linx/core/config.hpp>

#include <cstdint>
#include <string_view>

namespace linx {

/// Names the step that failed, so that an errno can be told apart by where it came from.
///
/// `argument` is a mistake of the caller, found before any syscall; all others are refusals of the kernel or
/// of a peer. The names are those of the syscall, the namespace file or the kernel object.
enum class stage : std::uint8_t {
  none,
  argument,
  // any descriptor
  open,
  configure,
  bind,
  send,
  receive,
  decode,
  wait,
  // netlink: the kernel answered with an error; the commit of an nf_tables batch
  kernel,
  commit,
  // process: the host's side
  spawner_start,
  transport,
  malformed,
  spawner_died,
  protocol,
  socketpair,
  memfd,
  fd_pass,
  posix_openpt,
  pts_open,
  signal,
  // process: between clone and execve
  clone,
  fork,
  sigprocmask,
  pipe2,
  ready_frame,
  exec_outcome,
  open_ns_user,
  open_ns_mnt,
  open_ns_uts,
  open_ns_ipc,
  open_ns_cgroup,
  open_ns_net,
  open_ns_time,
  open_ns_pid,
  setns_user,
  setns_mnt,
  setns_uts,
  setns_ipc,
  setns_cgroup,
  setns_net,
  setns_time,
  setns_pid,
  timens,
  setgroups,
  uid_map,
  gid_map,
  hostname,
  close_range,
  pdeathsig,
  session,
  stdio,
  connect_unix,
  umask,
  chdir,
  ids,
  groups,
  rlimit,
  sched,
  nice,
  oom_score_adj,
  keyring,
  securebits,
  cap_drop_bounding,
  cap_set_thread,
  cap_set_ambient,
  no_new_privs,
  cgroup,
  mount,
  pivot_root,
  sysctl,
  landlock,
  seccomp_install,
  execve,
  // process: a child that outlives its maker
  park,
  attach,
};

/// The name of a stage as it is printed: "setns_net", "execve".
LINX_API std::string_view to_string(stage) noexcept;

} // namespace linx
