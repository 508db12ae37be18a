/// What the child does to become what the options say: their steps, in the one order that keeps all of them
/// possible. Pure.
#pragma once

#include "process/step_list.hpp"

#include <linx/process/options.hpp>

namespace linx::detail {

/// What decides about steps and is not in the options.
struct host_facts {
  int umask = -1; ///< to be set, or -1 where the spawner has the host's already
  bool has_cap_setgid = true;
  bool enters_user_namespace = false;
};

/// Before READY: what needs the host's /proc or no privilege, and what the host may want to rely on.
///
///   umask, parent-death signal, oom_score_adj, session, controlling terminal, process group, hostname
///
/// When the child proceeds, so that it is configured with the privilege that it was born with:
///
///   nice, policy, affinity, limits       may need privilege; limits last, since they could refuse the others
///   bounding set, securebits             need CAP_SETPCAP, which goes with the user id
///   groups, then ids                     need CAP_SETGID, which goes with the user id; in an entered user
///                                        namespace always, so that no id from outside runs a program there
///   thread set, ambient set              ambient must be permitted and inheritable
///   keyring                              belongs to the new user
///   chdir                                as the new user, in the root that the checkpoint left
///   no_new_privs, landlock               lets a child without privilege restrict itself
///
/// After the exec mark: seccomp, since a filter may forbid everything above and the report of a failure.
void add_option_steps(step_list&, const process_options&, const host_facts&);

/// Whether the host's supplementary groups stay outside when a user namespace is entered.
bool drops_groups_on_entering(const process_options&, const host_facts&);

} // namespace linx::detail
