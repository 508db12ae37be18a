#include <linx/core/stage.hpp>

namespace linx {

std::string_view to_string(stage s) noexcept
{
  switch (s) {
  case stage::none: return "none";
  case stage::argument: return "argument";
  case stage::open: return "open";
  case stage::configure: return "configure";
  case stage::bind: return "bind";
  case stage::send: return "send";
  case stage::receive: return "receive";
  case stage::decode: return "decode";
  case stage::wait: return "wait";
  case stage::kernel: return "kernel";
  case stage::commit: return "commit";
  case stage::spawner_start: return "spawner_start";
  case stage::transport: return "transport";
  case stage::malformed: return "malformed";
  case stage::spawner_died: return "spawner_died";
  case stage::protocol: return "protocol";
  case stage::socketpair: return "socketpair";
  case stage::memfd: return "memfd";
  case stage::fd_pass: return "fd_pass";
  case stage::posix_openpt: return "posix_openpt";
  case stage::pts_open: return "pts_open";
  case stage::signal: return "signal";
  case stage::clone: return "clone";
  case stage::fork: return "fork";
  case stage::sigprocmask: return "sigprocmask";
  case stage::pipe2: return "pipe2";
  case stage::ready_frame: return "ready_frame";
  case stage::exec_outcome: return "exec_outcome";
  case stage::open_ns_user: return "open_ns_user";
  case stage::open_ns_mnt: return "open_ns_mnt";
  case stage::open_ns_uts: return "open_ns_uts";
  case stage::open_ns_ipc: return "open_ns_ipc";
  case stage::open_ns_cgroup: return "open_ns_cgroup";
  case stage::open_ns_net: return "open_ns_net";
  case stage::open_ns_time: return "open_ns_time";
  case stage::open_ns_pid: return "open_ns_pid";
  case stage::setns_user: return "setns_user";
  case stage::setns_mnt: return "setns_mnt";
  case stage::setns_uts: return "setns_uts";
  case stage::setns_ipc: return "setns_ipc";
  case stage::setns_cgroup: return "setns_cgroup";
  case stage::setns_net: return "setns_net";
  case stage::setns_time: return "setns_time";
  case stage::setns_pid: return "setns_pid";
  case stage::timens: return "timens";
  case stage::setgroups: return "setgroups";
  case stage::uid_map: return "uid_map";
  case stage::gid_map: return "gid_map";
  case stage::hostname: return "hostname";
  case stage::close_range: return "close_range";
  case stage::pdeathsig: return "pdeathsig";
  case stage::session: return "session";
  case stage::stdio: return "stdio";
  case stage::connect_unix: return "connect_unix";
  case stage::umask: return "umask";
  case stage::chdir: return "chdir";
  case stage::ids: return "ids";
  case stage::groups: return "groups";
  case stage::rlimit: return "rlimit";
  case stage::sched: return "sched";
  case stage::nice: return "nice";
  case stage::oom_score_adj: return "oom_score_adj";
  case stage::keyring: return "keyring";
  case stage::securebits: return "securebits";
  case stage::cap_drop_bounding: return "cap_drop_bounding";
  case stage::cap_set_thread: return "cap_set_thread";
  case stage::cap_set_ambient: return "cap_set_ambient";
  case stage::no_new_privs: return "no_new_privs";
  case stage::cgroup: return "cgroup";
  case stage::mount: return "mount";
  case stage::pivot_root: return "pivot_root";
  case stage::sysctl: return "sysctl";
  case stage::landlock: return "landlock";
  case stage::seccomp_install: return "seccomp_install";
  case stage::execve: return "execve";
  }
  return "unknown";
}

} // namespace linx
