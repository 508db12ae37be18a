/// What a child is to be.
#pragma once

#include <linx/core/result.hpp>
#include <linx/io/window_size.hpp>
#include <linx/ns/kind.hpp>
#include <linx/process/credentials.hpp>
#include <linx/process/id_map.hpp>
#include <linx/process/kill_scope.hpp>
#include <linx/process/orphan_policy.hpp>
#include <linx/process/resources.hpp>
#include <linx/process/stdio.hpp>

#include <linux/filter.h>
#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace linx {

class process_options;

namespace detail {
result<> find_program(process_options&);
}

/// The options of `process::spawn`.
///
/// Everything that is not set is as the host has it at the call: environment, working directory, umask,
/// ids, groups, capabilities, descriptors 0 to 2. Limits, nice value, affinity, cgroup and namespaces are
/// those of the host when its spawner was started (`process::refresh`). Signal dispositions are the default
/// and no signal is blocked.
///
///     auto options = process_options("/usr/bin/env").arg("-i").unshare("user,net").cwd("/");
///
/// Setters only store; `validate()` and `process::spawn` find what is wrong.
class LINX_API process_options {
public:
  /// Parameters: `path`: of the program, absolute; looked up in the child's root by execve(2). A plain name
  /// needs `search_path()`.
  explicit process_options(std::string path) { argv_.push_back(std::move(path)); }

  /// Parameters: `argv`: the path, then the arguments.
  explicit process_options(std::vector<std::string> argv) : argv_(std::move(argv)) {}

  /// One more argument.
  process_options& arg(std::string value);

  /// A program without a '/' in its name is looked up in the directories of `PATH`, the child's own: what
  /// `env()` sets, else what it inherits, else `/bin:/usr/bin`. Its argv[0] is the name, unless `argv0()` is
  /// given.
  ///
  /// The host does that before the request, in its own root and as itself: the first file that it may
  /// execute. A child with another root may have another file there, or none: give it an absolute path.
  /// Directories that are not absolute, the empty one among them, are passed over.
  ///
  /// Errors: of the spawn: stage `execve`, `ENOENT`, or `EACCES` where only files were found that the host
  /// may not execute; the object names the program and the path that was searched.
  /// Source: execvp(3), environ(7).
  process_options& search_path(bool on = true);

  /// What the program finds as its argv[0] instead of its path.
  process_options& argv0(std::string value);

  /// Sets a variable, over the inherited one of that name.
  process_options& env(std::string key, std::string value);

  /// Starts from an empty environment; variables set by `env()` before and after stay.
  process_options& clear_env();

  /// Directory that the child changes to just before execve(2): in its own root, as the user it is by then.
  process_options& cwd(std::string path);

  /// A fresh namespace of this kind (namespaces(7)). Needs CAP_SYS_ADMIN, unless a fresh user namespace is
  /// asked for as well: that one everybody may make.
  process_options& unshare(ns::kind kind);

  /// Fresh namespaces by name, separated by commas: "net,mount", or "all" for all eight.
  process_options& unshare(std::string_view names);

  /// The maps of a fresh user namespace, written by the host when the child stands at its checkpoint,
  /// before it is ready. Without CAP_SETUID or CAP_SETGID only the host's own effective id can be mapped,
  /// and groups only if setgroups(2) is denied inside: then it is.
  process_options& uid_map(id_map map);
  process_options& gid_map(id_map map);

  /// Denies setgroups(2) in the fresh user namespace (user_namespaces(7)).
  process_options& deny_setgroups(bool deny = true);

  /// Host name in a fresh uts namespace, 1 to 64 bytes.
  process_options& hostname(std::string name);

  /// execve(2) grants no privilege any more: prctl(PR_SET_NO_NEW_PRIVS). After all that needs privilege.
  process_options& no_new_privs(bool on = true);

  /// Who it is: ids, groups, capabilities, securebits, keyring. Taken on with proceed().
  process_options& credentials(linx::credentials who);

  /// What it may use: limits, scheduling, CPUs, cgroup. Most of it set with proceed(), before the
  /// credentials.
  process_options& resources(linx::resources what);

  /// umask(2) instead of the host's: permission bits, 0 to 0777.
  process_options& umask(mode_t mask);

  /// A session of its own, setsid(2). A terminal implies it.
  process_options& session(bool on = true);

  /// setpgid(2): 0 for a group of its own, or one of the host's session. Not together with a session.
  process_options& process_group(pid_t group = 0);

  /// The signal that it gets when linx-spawner dies (prctl(PR_SET_PDEATHSIG)); 0 for none. Unless set
  /// SIGKILL, or none with `orphan_policy::outlive()`. A host that is alive then kills its children all the
  /// same.
  process_options& parent_death_signal(int signo);

  /// What the clocks of a fresh time namespace say beyond the host's (time_namespaces(7), Linux 5.6). Needs
  /// CAP_SYS_TIME in the user namespace that owns it.
  process_options& monotonic_offset(std::chrono::nanoseconds offset);
  process_options& boottime_offset(std::chrono::nanoseconds offset);

  /// The child restricts itself by this ruleset before its program runs (landlock(7), Linux 5.13). Without
  /// CAP_SYS_ADMIN it gets no_new_privs with it, as it has to.
  /// Parameters: `ruleset`: borrowed until `process::spawn` has completed.
  process_options& landlock(int ruleset);

  /// A seccomp(2) program, copied, 1 to 4096 instructions; several are stacked. The last thing that is done,
  /// so it has to allow execve(2). A child without CAP_SYS_ADMIN gets no_new_privs with it, as it has to.
  process_options& seccomp(std::vector<sock_filter> program);

  /// The source of the descriptors 0, 1 and 2; inherited unless set.
  process_options& standard_streams(stdio all);
  process_options& standard_input(stdio source);
  process_options& standard_output(stdio source);
  process_options& standard_error(stdio source);

  /// A new pseudoterminal of this size as descriptors 0 to 2 and as the controlling terminal of a session of
  /// its own; `process::terminal()` is the host's side. Not together with other standard streams.
  process_options& terminal(io::window_size size);

  /// One more descriptor that the child has open.
  /// Parameters: `number`: that it has in the child, 3 or higher and below RLIMIT_NOFILE; `fd`: borrowed
  /// until `process::spawn` has completed.
  process_options& descriptor(int number, int fd);

  /// Socket activation (sd_listen_fds(3)): the descriptors get the numbers 3, 4, ... in the order of the
  /// calls, and the child finds LISTEN_FDS, LISTEN_FDNAMES and LISTEN_PID, its own pid as it sees it.
  /// Parameters: `fd`: borrowed until `process::spawn` has completed; `name`: at most 255 printable ASCII
  /// characters without ':'.
  process_options& listen_descriptor(int fd, std::string name = "unknown");

  /// Process 1 of the fresh pid namespace is a small init of linx's own, and the program its child: it finds
  /// itself as process 2 or so, with parent 1. The init reaps what the program leaves behind, passes on the
  /// signals of `process::signal`, and ends as the program does, with all that is left in the namespace.
  ///
  /// `host_pid()` is that of the init. It has no descriptor, and stays out of the program's session and
  /// process group; steps at the checkpoint are taken by the init and inherited. A program that has changed
  /// its ids to others than the init's can be ended only, by SIGKILL to the init.
  process_options& init(bool on = true);

  /// No checkpoint: the child executes its program as soon as everything asked for here is done.
  process_options& auto_proceed(bool on = true);

  /// `process::park()` may be called: the child has a linx-spawner of its own, that stays with it. Not
  /// together with `auto_proceed()`.
  process_options& parkable(bool on = true);

  /// By default SIGTERM, then after 5 s SIGKILL.
  process_options& orphan(orphan_policy policy);

  /// What is ended along with the child when the host ends it. By default `process`; `run` ends the group of
  /// a child that leads one; under a `supervisor` it is `tree`. In a fresh pid namespace the end of process 1
  /// is that of all, so every scope but `cgroup` is that.
  ///
  /// Errors: of the spawn: stage `argument` for a group or session that the child does not lead, a cgroup
  /// that was not given or has no cgroup.kill, a tree in a pid namespace that is entered: what loses its
  /// parent there goes to the init of that namespace.
  process_options& kill_scope(linx::kill_scope scope);

  /// When the program has ended by itself, what is left in its scope is ended as well, before `wait()`
  /// completes. By default it is left alone.
  process_options& kill_rest(bool on = true);

  /// Looks for mistakes without a syscall: argv empty or not absolute, a NUL inside a string, a variable
  /// name that is empty or holds '=', a namespace that does not exist, a host name or map without its
  /// namespace, an init without a fresh pid namespace, an id map that the kernel cannot take, a descriptor
  /// that is negative, a number given twice, a terminal beside other standard streams, what `credentials` and
  /// `resources` say cannot be.
  ///
  /// Errors: stage `argument`; the message names the value and the remedy.
  result<> validate() const;

  const std::vector<std::string>& argv() const noexcept { return argv_; }
  bool searches_path() const noexcept { return search_path_; }
  const std::optional<std::string>& argv0() const noexcept { return argv0_; }
  const std::vector<std::pair<std::string, std::string>>& env() const noexcept { return env_; }
  bool clears_env() const noexcept { return clear_env_; }
  const std::optional<std::string>& cwd() const noexcept { return cwd_; }
  std::vector<ns::kind> namespaces() const;
  bool unshares(ns::kind kind) const noexcept { return namespaces_ >> static_cast<unsigned>(kind) & 1u; }
  const id_map& uid_map() const noexcept { return uid_map_; }
  const id_map& gid_map() const noexcept { return gid_map_; }
  bool denies_setgroups() const noexcept { return deny_setgroups_; }
  const std::optional<std::string>& hostname() const noexcept { return hostname_; }
  const linx::credentials& credentials() const noexcept { return credentials_; }
  const linx::resources& resources() const noexcept { return resources_; }
  std::optional<mode_t> umask() const noexcept { return umask_; }
  bool has_own_session() const noexcept { return session_ || terminal_; }
  std::optional<pid_t> process_group() const noexcept { return process_group_; }
  std::optional<int> parent_death_signal() const noexcept { return parent_death_signal_; }
  std::optional<std::chrono::nanoseconds> monotonic_offset() const noexcept { return monotonic_; }
  std::optional<std::chrono::nanoseconds> boottime_offset() const noexcept { return boottime_; }
  int landlock() const noexcept { return landlock_; } ///< -1: none
  const std::vector<std::vector<sock_filter>>& seccomp() const noexcept { return seccomp_; }
  bool sets_no_new_privs() const noexcept { return no_new_privs_; }
  const std::array<stdio, 3>& standard_streams() const noexcept { return stdio_; }
  bool has_init() const noexcept { return init_; }
  bool proceeds_by_itself() const noexcept { return auto_proceed_; }
  bool is_parkable() const noexcept { return parkable_; }
  orphan_policy orphan() const noexcept { return orphan_; }
  std::optional<linx::kill_scope> kill_scope() const noexcept { return kill_scope_; }
  bool kills_rest() const noexcept { return kill_rest_; }
  const std::optional<io::window_size>& terminal() const noexcept { return terminal_; }
  /// Number in the child and descriptor of the host.
  const std::vector<std::pair<int, int>>& descriptors() const noexcept { return descriptors_; }
  const std::vector<std::pair<std::string, int>>& listen_descriptors() const noexcept { return listen_; }

private:
  friend result<> detail::find_program(process_options&);
  result<> check_descriptors() const;
  result<> check_end() const;
  result<> check_attributes() const;

  std::vector<std::string> argv_;
  std::optional<std::string> argv0_;
  std::vector<std::pair<std::string, std::string>> env_;
  std::optional<std::string> cwd_;
  std::optional<std::string> hostname_;
  std::string unknown_namespace_;
  id_map uid_map_;
  id_map gid_map_;
  std::array<stdio, 3> stdio_{stdio::inherit(), stdio::inherit(), stdio::inherit()};
  std::optional<io::window_size> terminal_;
  std::vector<std::pair<int, int>> descriptors_;
  std::vector<std::pair<std::string, int>> listen_;
  orphan_policy orphan_ = orphan_policy::kill(std::chrono::seconds(5));
  linx::credentials credentials_;
  linx::resources resources_;
  std::vector<std::vector<sock_filter>> seccomp_;
  std::optional<std::chrono::nanoseconds> monotonic_, boottime_;
  std::optional<mode_t> umask_;
  std::optional<pid_t> process_group_;
  std::optional<int> parent_death_signal_;
  std::optional<linx::kill_scope> kill_scope_;
  int landlock_ = -1;
  bool session_ = false;
  std::uint8_t namespaces_ = 0; // bit n: ns::kind n
  bool clear_env_ = false;
  bool search_path_ = false;
  bool deny_setgroups_ = false;
  bool no_new_privs_ = false;
  bool auto_proceed_ = false;
  bool init_ = false;
  bool kill_rest_ = false;
  bool parkable_ = false;
};

} // namespace linx
