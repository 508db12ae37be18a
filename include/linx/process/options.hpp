/// What a child is to be.
#pragma once

#include <linx/core/result.hpp>
#include <linx/io/window_size.hpp>
#include <linx/ns/kind.hpp>
#include <linx/process/id_map.hpp>
#include <linx/process/stdio.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace linx {

/// What becomes of a child when the host dies or drops its io_context.
class orphan_policy {
public:
  enum class kind : std::uint8_t { kill, outlive };

  /// SIGTERM, and SIGKILL after `grace`. The init of a new pid namespace gets SIGKILL at once: it would
  /// swallow a SIGTERM that it has no handler for. A grace of 0 is SIGKILL at once for everybody.
  static constexpr orphan_policy kill(std::chrono::milliseconds grace) noexcept
  {
    return {kind::kill, grace};
  }

  /// It lives on, under init or the nearest subreaper (prctl(2)).
  static constexpr orphan_policy outlive() noexcept { return {kind::outlive, std::chrono::milliseconds(0)}; }

  constexpr kind what() const noexcept { return kind_; }
  constexpr std::chrono::milliseconds grace() const noexcept { return grace_; }

private:
  constexpr orphan_policy(kind what, std::chrono::milliseconds grace) noexcept : kind_(what), grace_(grace) {}

  kind kind_;
  std::chrono::milliseconds grace_;
};

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
  /// \param path of the program, absolute; looked up in the child's root by execve(2). No search of $PATH.
  explicit process_options(std::string path) { argv_.push_back(std::move(path)); }

  /// \param argv the path, then the arguments.
  explicit process_options(std::vector<std::string> argv) : argv_(std::move(argv)) {}

  /// One more argument.
  process_options& arg(std::string value);

  /// What the program finds as its argv[0] instead of its path.
  process_options& argv0(std::string value);

  /// Sets a variable, over the inherited one of that name.
  process_options& env(std::string key, std::string value);

  /// Starts from an empty environment; variables set by `env()` before and after stay.
  process_options& clear_env();

  /// Directory that the child changes to just before execve(2), in its own root.
  process_options& cwd(std::string path);

  /// A fresh namespace of this kind.
  process_options& unshare(ns::kind kind);

  /// Fresh namespaces by name, separated by commas: "net,mount", or "all" for all eight.
  process_options& unshare(std::string_view names);

  /// The maps of a fresh user namespace, written by the host when the child stands at its checkpoint,
  /// before it is ready. A host without CAP_SETGID can map groups only if setgroups(2) is denied inside:
  /// then it is.
  process_options& uid_map(id_map map);
  process_options& gid_map(id_map map);

  /// Denies setgroups(2) in the fresh user namespace (user_namespaces(7)).
  process_options& deny_setgroups(bool deny = true);

  /// Host name in a fresh uts namespace, 1 to 64 bytes.
  process_options& hostname(std::string name);

  /// execve(2) grants no privilege any more: prctl(PR_SET_NO_NEW_PRIVS). Set last of all steps.
  process_options& no_new_privs(bool on = true);

  /// The source of the descriptors 0, 1 and 2; inherited unless set.
  process_options& standard_streams(stdio all);
  process_options& standard_input(stdio source);
  process_options& standard_output(stdio source);
  process_options& standard_error(stdio source);

  /// A new pseudoterminal of this size as descriptors 0 to 2 and as the controlling terminal of a session of
  /// its own; `process::terminal()` is the host's side. Not together with other standard streams.
  process_options& terminal(io::window_size size);

  /// One more descriptor that the child has open.
  /// \param number that it has in the child, 3 or higher and below RLIMIT_NOFILE.
  /// \param fd borrowed until `process::spawn` has completed.
  process_options& descriptor(int number, int fd);

  /// Socket activation (sd_listen_fds(3)): the descriptors get the numbers 3, 4, ... in the order of the
  /// calls, and the child finds LISTEN_FDS, LISTEN_FDNAMES and LISTEN_PID, its own pid as it sees it.
  /// \param fd borrowed until `process::spawn` has completed.
  /// \param name at most 255 printable ASCII characters without ':'.
  process_options& listen_descriptor(int fd, std::string name = "unknown");

  /// No checkpoint: the child executes its program as soon as everything asked for here is done.
  process_options& auto_proceed(bool on = true);

  /// By default SIGTERM, then after 5 s SIGKILL.
  process_options& orphan(orphan_policy policy);

  /// Looks for mistakes without a syscall: argv empty or not absolute, a NUL inside a string, a variable
  /// name that is empty or holds '=', a namespace that does not exist, a host name or map without its
  /// namespace, an id map that the kernel cannot take, a descriptor that is negative, a number given twice, a
  /// terminal beside other standard streams.
  ///
  /// Errors: stage `argument`; the message names the value and the remedy.
  result<> validate() const;

  const std::vector<std::string>& argv() const noexcept { return argv_; }
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
  bool sets_no_new_privs() const noexcept { return no_new_privs_; }
  const std::array<stdio, 3>& standard_streams() const noexcept { return stdio_; }
  bool proceeds_by_itself() const noexcept { return auto_proceed_; }
  orphan_policy orphan() const noexcept { return orphan_; }
  const std::optional<io::window_size>& terminal() const noexcept { return terminal_; }
  /// Number in the child and descriptor of the host.
  const std::vector<std::pair<int, int>>& descriptors() const noexcept { return descriptors_; }
  const std::vector<std::pair<std::string, int>>& listen_descriptors() const noexcept { return listen_; }

private:
  result<> check_descriptors() const;

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
  std::uint8_t namespaces_ = 0; // bit n: ns::kind n
  bool clear_env_ = false;
  bool deny_setgroups_ = false;
  bool no_new_privs_ = false;
  bool auto_proceed_ = false;
};

} // namespace linx
