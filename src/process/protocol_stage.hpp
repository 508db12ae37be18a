/// Which linx::stage a stage of the wire protocol is. The wire keeps its own numbers so that an installed
/// linx-spawner stays readable when linx::stage grows.
#pragma once

#include <linx/core/stage.hpp>

#include "process/protocol.hpp"

namespace linx::wire {

constexpr linx::stage to_stage(stage where) noexcept
{
  switch (where) {
  case stage::none:
    return linx::stage::none;
  case stage::spawner_start:
    return linx::stage::spawner_start;
  case stage::malformed:
    return linx::stage::malformed;
  case stage::credentials:
    return linx::stage::spawner_start;
  case stage::clone:
    return linx::stage::clone;
  case stage::fork:
    return linx::stage::fork;
  case stage::setns_user:
    return linx::stage::setns_user;
  case stage::setns_mnt:
    return linx::stage::setns_mnt;
  case stage::setns_uts:
    return linx::stage::setns_uts;
  case stage::setns_ipc:
    return linx::stage::setns_ipc;
  case stage::setns_cgroup:
    return linx::stage::setns_cgroup;
  case stage::setns_net:
    return linx::stage::setns_net;
  case stage::setns_time:
    return linx::stage::setns_time;
  case stage::setns_pid:
    return linx::stage::setns_pid;
  case stage::timens:
    return linx::stage::timens;
  case stage::sigprocmask:
    return linx::stage::sigprocmask;
  case stage::pdeathsig:
    return linx::stage::pdeathsig;
  case stage::close_range:
    return linx::stage::close_range;
  case stage::stdio:
    return linx::stage::stdio;
  case stage::fd_pass:
    return linx::stage::fd_pass;
  case stage::cwd:
    return linx::stage::chdir;
  case stage::memfd:
    return linx::stage::memfd;
  case stage::ready_frame:
    return linx::stage::ready_frame;
  case stage::cgroup:
    return linx::stage::cgroup;
  case stage::execve:
    return linx::stage::execve;
  case stage::exec_outcome:
    return linx::stage::exec_outcome;
  case stage::checkpoint:
    return linx::stage::socketpair;
  case stage::hostname:
    return linx::stage::hostname;
  case stage::groups:
    return linx::stage::groups;
  case stage::ids:
    return linx::stage::ids;
  case stage::umask:
    return linx::stage::umask;
  case stage::chdir:
    return linx::stage::chdir;
  case stage::session:
    return linx::stage::session;
  case stage::controlling_tty:
    return linx::stage::stdio;
  case stage::process_group:
    return linx::stage::session;
  case stage::rlimit:
    return linx::stage::rlimit;
  case stage::nice:
    return linx::stage::nice;
  case stage::sched:
    return linx::stage::sched;
  case stage::affinity:
    return linx::stage::sched;
  case stage::oom_score_adj:
    return linx::stage::oom_score_adj;
  case stage::keyring:
    return linx::stage::keyring;
  case stage::securebits:
    return linx::stage::securebits;
  case stage::cap_drop_bounding:
    return linx::stage::cap_drop_bounding;
  case stage::cap_set_thread:
    return linx::stage::cap_set_thread;
  case stage::cap_set_ambient:
    return linx::stage::cap_set_ambient;
  case stage::no_new_privs:
    return linx::stage::no_new_privs;
  case stage::landlock:
    return linx::stage::landlock;
  case stage::seccomp_install:
    return linx::stage::seccomp_install;
  case stage::socket:
    return linx::stage::configure;
  case stage::mount:
    return linx::stage::mount;
  case stage::pivot_root:
    return linx::stage::pivot_root;
  case stage::sysctl:
    return linx::stage::sysctl;
  case stage::status_page:
    return linx::stage::memfd;
  }
  return linx::stage::protocol; // a spawner newer than this library
}

} // namespace linx::wire
