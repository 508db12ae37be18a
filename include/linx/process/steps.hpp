/// The steps that a child can take at its checkpoint, those of this room.
#pragma once

#include <linx/process/checkpoint_plan.hpp>
#include <linx/process/credentials.hpp>
#include <linx/process/resources.hpp>

#include <linux/filter.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace linx::io {
class unique_fd;
}

/// Each names the call that the child makes, and fails at the stage of that name. `checkpoint_plan::validate`
/// finds arguments that cannot be.
namespace linx::step {

/// umask(2): permission bits.
LINX_API checkpoint_step umask(mode_t mask);
/// setsid(2): a session and a process group of its own.
LINX_API checkpoint_step session();
/// setpgid(2): 0 for a group of its own, or one of the session.
LINX_API checkpoint_step process_group(pid_t group = 0);
/// chdir(2), in the root that the child has by then.
LINX_API checkpoint_step cwd(std::string path);

/// sethostname(2); needs a uts namespace of its own.
LINX_API checkpoint_step hostname(std::string name);
/// mount(2); an empty source, type or data is a null pointer. Paths are looked up by the child, and follow
/// symbolic links. Needs a mount namespace, its own or an entered one.
LINX_API checkpoint_step mount(std::string source, std::string target, std::string type,
                               unsigned long flags = 0, std::string data = std::string());
/// pivot_root(2), takes the old root away, and stands in "/". Needs a mount namespace of its own.
LINX_API checkpoint_step pivot_root(std::string new_root);
/// A kernel parameter of one of the child's namespaces; see `process::set_sysctl`.
LINX_API checkpoint_step sysctl(std::string key, std::string value);

/// setrlimit(2).
LINX_API checkpoint_step limit(const resource_limit&);
/// setpriority(2).
LINX_API checkpoint_step nice(int value);
/// sched_setscheduler(2).
LINX_API checkpoint_step schedule(int policy, int priority = 0);
/// sched_setaffinity(2).
LINX_API checkpoint_step affinity(const cpu_set& cpus);
/// oom_score_adj of proc(5): -1000 to 1000.
LINX_API checkpoint_step oom_score_adj(int value);

/// setgroups(2): all supplementary groups, possibly none.
LINX_API checkpoint_step groups(const std::vector<gid_t>& all);
/// setresgid(2), setresuid(2): real, effective and saved. With `keep_capabilities` those that are permitted
/// stay so, for `capabilities` behind it (PR_SET_KEEPCAPS).
LINX_API checkpoint_step ids(uid_t uid, gid_t gid, bool keep_capabilities = false);
/// The same for one of both.
LINX_API checkpoint_step uid(uid_t uid, bool keep_capabilities = false);
LINX_API checkpoint_step gid(gid_t gid);
/// Takes capabilities out of the bounding set (PR_CAPBSET_DROP); those that the kernel does not know are in
/// no set.
LINX_API checkpoint_step drop_bounding(capability_bits set);
/// capset(2).
LINX_API checkpoint_step capabilities(capability_bits effective, capability_bits permitted,
                                      capability_bits inheritable);
/// The ambient set (PR_CAP_AMBIENT); these must be permitted and inheritable by then.
LINX_API checkpoint_step ambient(capability_bits set);
/// SECBIT_*, all of them at once (PR_SET_SECUREBITS).
LINX_API checkpoint_step securebits(unsigned bits);
/// A new session keyring, or the one of that name (KEYCTL_JOIN_SESSION_KEYRING).
LINX_API checkpoint_step keyring(std::string name = std::string());

/// PR_SET_NO_NEW_PRIVS.
LINX_API checkpoint_step no_new_privs();
/// landlock_restrict_self(2). Without CAP_SYS_ADMIN it sets no_new_privs, as it has to.
/// Parameters: `ruleset`: a descriptor that all copies of the step share.
LINX_API checkpoint_step landlock(std::shared_ptr<const io::unique_fd> ruleset);
/// A seccomp(2) program, 1 to 4096 instructions, which has to allow execve(2): one of the last steps.
/// Without CAP_SYS_ADMIN it sets no_new_privs, as it has to.
LINX_API checkpoint_step seccomp(const std::vector<sock_filter>& program);

/// socket(2), close-on-exec, in the child's namespaces: the descriptor is what `apply` yields.
LINX_API checkpoint_step socket(int domain, int type, int protocol = 0);

} // namespace linx::step
