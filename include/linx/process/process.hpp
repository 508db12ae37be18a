/// A child process with a checkpoint between clone(2) and execve(2).
#pragma once

#include <linx/core/stream.hpp>
#include <linx/core/task.hpp>
#include <linx/io/pipe_writer.hpp>
#include <linx/io/unique_fd.hpp>
#include <linx/ns/handle.hpp>
#include <linx/process/checkpoint_plan.hpp>
#include <linx/process/enter_target.hpp>
#include <linx/process/event.hpp>
#include <linx/process/exit_status.hpp>
#include <linx/process/id_map.hpp>
#include <linx/process/info.hpp>
#include <linx/process/options.hpp>
#include <linx/process/pty.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>

#include <memory>
#include <string>
#include <vector>

namespace linx {

class process;

namespace detail {
class session;
} // namespace detail

/// A session: one child from its request to its one outcome, which is exited, signaled, aborted or failed.
///
///     auto options = process_options("/usr/bin/id").unshare("user,net").uid_map(id_map::root(::geteuid()));
///     LINX_TRY(auto child, co_await process::spawn(std::move(options)));
///     LINX_TRY(const pid_t pid, co_await child.ready());  // parked: configure it now
///     LINX_TRYV(co_await child.proceed());                // execve has succeeded
///     LINX_TRY(const auto status, co_await child.wait());
///
/// The child is never a child of this process: a small static program, linx-spawner, started once per
/// io_context, is its parent. SIGCHLD handlers, `SIG_IGN` and `wait(2)` loops of the host can neither see it
/// nor steal its status.
/// Kernel: 5.11 (close_range(2) with CLOSE_RANGE_CLOEXEC); clone3(2) where it is allowed, clone(2) otherwise.
///
/// Lifetime: the handle is movable. Dropping it ends pending operations with `errc::closed` and the child as
/// `kill()` does, as soon as the context runs; the spawner reaps it; no destructor waits.
/// `detach()` keeps a running child alive. If the io_context goes first, each child is ended by its orphan
/// policy.
///
/// A session is work of its io_context until the child has ended, or it is detached and its handle is gone:
/// `run()` returns after that.
///
/// Cancellation: all tasks accept terminal, partial and total; a cancelled one has changed nothing but what
/// its own text says. Under a plain `co_spawn` only terminal arrives; use `linx::spawn` for what is
/// cancelled.
///
/// Executor: all members of one object on one executor, that of the coroutine that called `spawn`: a strand
/// if the context runs on several threads. Tasks hop there by themselves. Different objects are independent.
///
/// Source: clone(2), pidfd_open(2), pidfd_send_signal(2), namespaces(7), user_namespaces(7), credentials(7).
class LINX_API process {
public:
  /// Starts a child. Completes when the request has been accepted; the child may not exist yet.
  ///
  /// The first call in a context also starts linx-spawner (two clone(2), 0.2 ms, whatever the host's size).
  /// Cancellation: before the request nothing has happened; it never waits after that.
  /// Errors: stage `argument` as `process_options::validate()`; `spawner_start`; `socketpair`, `pipe2`,
  /// `fd_pass`, `memfd`, `posix_openpt`, `pts_open`, `open`, `connect_unix` with `EMFILE` and the like. What
  /// the kernel refuses later (`clone`, `execve`, ...) comes from `ready()`, `proceed()` and `wait()`.
  static task<process> spawn(process_options options);

  /// Starts a child in namespaces that exist: those of a process, or given ones (`enter_target`). All else is
  /// as with `spawn`: the same options, the same checkpoint, and fresh namespaces for kinds not entered.
  ///
  /// The user namespace is entered first, since it grants the right to enter what it owns; each by its own
  /// setns(2). Namespaces that children start in anyway (`refresh`) are skipped, so entering oneself enters
  /// nothing. Its directory is "/" of an entered mount namespace unless `cwd()` says otherwise; in an entered
  /// pid namespace it is no init.
  ///
  /// In an entered user namespace the child becomes its root, uid 0 and gid 0 in there, without the host's
  /// supplementary groups, unless `credentials()` asks for other ids or `keep_groups()`: a program of that
  /// namespace never runs under ids from outside. (Groups that may be dropped neither outside nor inside stay
  /// in a namespace that the host's own user owns.) They are taken with `proceed()`, so that a namespace
  /// without maps can get them before.
  ///
  /// A target that dies after this has completed makes no difference: its namespaces are held open. Only in a
  /// pid namespace without a living init nothing starts (stage `clone`, `ENOMEM`). Privilege: CAP_SYS_ADMIN
  /// over each namespace, which an ordinary user has over those of his own user namespaces; ptrace access to
  /// the target.
  /// Errors: as `spawn`; those of the target; stages `open_ns_*` at once, `setns_*` and `fork` from `ready()`
  /// and `wait()`; stage `ids`, `EINVAL` from `proceed()` if a user namespace does not map the ids.
  static task<process> enter(enter_target target, process_options options);

  /// Goes on with a child that was parked, by `park()`: at its checkpoint, running, or ended, then by the
  /// record NAME.exit that its spawner has left. It is as `spawn` yields one; `info()` says what is kept.
  ///
  /// One controller at a time, of the effective user and in the user namespace of whoever parked it, with no
  /// capability less and no restriction more. Dropping the handle, or the end of this process, leaves the
  /// child as it is, to the next one; `abort()`, `kill()` and signals end it. See docs/process.md.
  /// Cancellation: the child stays as it is.
  /// Errors: stage `argument` for the name; `attach`: `EBUSY`, `EPERM` (also for a directory of somebody
  /// else), `EACCES` for one that others may use; `errc::exit_unknown` if the spawner has died;
  /// `connect_unix`, `ENOENT` if there is nothing of that name, `EPERM` if another user listens there.
  static task<process> attach(io::unique_fd directory, std::string name);

  /// The next spawn in the context of `ex` starts a new spawner, so that its children get the host's
  /// limits, nice value, affinity, cgroup and namespaces of that moment. Those that live are not touched.
  ///
  /// Privilege needs no refresh. Every spawn compares ids, groups, capability sets, securebits, no_new_privs,
  /// the number of seccomp filters, the user namespace, the root directory and the mount it is of, and starts
  /// a new spawner where one differs. What the kernel lets nobody compare binds only children that are
  /// spawned after a refresh: a Landlock domain (landlock_restrict_self(2)), the label of a security module
  /// (SELinux, AppArmor, Smack), a session keyring.
  static void refresh(const executor& ex);

  process(process&&) noexcept;
  process& operator=(process&&) noexcept;
  ~process();

  /// The child's pid in the host's pid namespace, from the moment it exists, before it is ready too.
  /// Errors: `errc::not_ready` until then.
  result<pid_t> host_pid() const;

  /// Completes when the child stands at its checkpoint, set up as the options say, and yields its host pid.
  /// At once if it has been there already.
  /// Cancellation: the child is not touched.
  /// Errors: the stage at which the child failed; `errc::no_process` if it was aborted before.
  task<pid_t> ready();

  /// Lets the parked child execute its program, and completes when execve(2) has succeeded.
  /// Cancellation: the child goes on; call it again or `wait()`.
  /// Errors: `errc::not_ready` before the child is ready; the stage that failed (`chdir`, `no_new_privs`,
  /// `execve`, `exec_outcome` if it was killed on the way); `errc::no_process` after the end.
  task<> proceed();

  /// The same with a plan before it: all its steps but the last ones are taken first, as by `apply`, and a
  /// failure among them leaves the child parked. The last ones take effect when nothing else is left to do.
  /// Errors: those of `apply` and of `proceed()`.
  task<> proceed(checkpoint_plan plan);

  /// Ends the child without running its program. Returns at once; `wait()` yields `aborted` when it is gone.
  /// At any moment until it runs, also where it hangs on its way, as in execve(2) on a file system that does
  /// not answer. One that proceeds may win the race, and ends as killed.
  /// Errors: `errc::running` once it runs; `errc::no_process` after the end.
  result<> abort();

  /// Ends the child at any moment of its life: as `abort()` until it runs, then by SIGKILL, with all that is
  /// in its `process_options::kill_scope`. Returns at once; when `wait()` completes, what was in the scope is
  /// gone, too. It does so 2 s after the program itself where something else has taken on other ids, 10 s
  /// where the kernel does not let go of it.
  ///
  /// Where linx-spawner has died, this is the child alone, with its group and its cgroup if that is the
  /// scope.
  /// Errors: `errc::no_process` after the end.
  result<> kill();

  /// From here on as with `process_options::kill_rest()`: before a signal that asks the program to end
  /// itself.
  /// Errors: `errc::no_process` after the end.
  result<> kill_rest();

  /// Tries what `proceed()` would do, and ends the child without running its program: the parked child takes
  /// all the steps of its options (limits, ids, capabilities, directory, Landlock, seccomp, ...), forks under
  /// an `init()`, and asks the kernel whether the program can be executed. Completes when the child is gone.
  /// `wait()` then yields `aborted`, or what failed.
  ///
  /// The question is execveat(2) with AT_EXECVE_CHECK (Linux 6.14), before that faccessat2(2) (5.8). It is
  /// put before seccomp filters are installed, so what these do to execve(2) is not tried; neither are the
  /// format of the file and its interpreter.
  /// Cancellation: the child goes on; `wait()`, or `abort()` to end it before.
  /// Errors: `errc::not_ready` before the child is ready; `errc::running` once it has proceeded, by itself
  /// too; `errc::no_process` after the end, or if it was aborted; the stage that failed, as of `proceed()`.
  task<> rehearse();

  /// Sends a signal by pidfd (`pidfd_send_signal`, Linux 5.1). Before running it is kept, and sent in order
  /// then; but SIGKILL is sent at once to a child that proceeds, which might hang on its way.
  /// Parameters: `signo`: 1 to 64.
  /// Errors: stage `argument`; `errc::no_process` after the end; stage `signal` with `EPERM`.
  result<> signal(int signo);

  /// How it ended. Any number of calls may wait; all get the same answer, before or after the fact.
  /// Cancellation, and so `with_timeout(child.wait(), 5s)`: leaves the session as it is.
  /// Errors: the stage at which it failed; `errc::exit_unknown` if the spawner died and nobody can say.
  task<exit_status> wait();

  /// What happens to the child, ending with the terminal event. One borrower at a time, on any executor:
  /// while it has the stream, `next()` of a second one completes with `errc::not_ready`. The next borrower
  /// goes on where the last one stopped, and `info()` tells what that one saw: see docs/process.md.
  stream<process_event> events();

  /// A snapshot, also after the end.
  process_info info() const;

  /// From here on dropping the handle leaves the running child alone, and so does the end of the host. Only
  /// the death of linx-spawner itself still ends it, unless it was spawned with `orphan_policy::outlive()`. A
  /// terminal still hangs up when its last handle is gone.
  /// Errors: `errc::not_ready` while it is parked; `errc::no_process` after the end.
  result<> detach();

  /// Leaves the parked child, one that is `process_options::parkable()`, to whoever calls `attach()`,
  /// whatever becomes of this process. The handle has nothing of it any more: `wait()` yields `closed`.
  /// Parameters: `directory`: of the effective user, mode 0700; `name`: of the socket in it, 1 to 64 bytes.
  /// Cancellation: the child may be parked all the same. Until that is known: `errc::conflict`.
  /// Errors: stage `argument`; `park`: `EPERM`, `EACCES`, `ENOTDIR` for the directory; `bind`: `EADDRINUSE`,
  /// also if there is NAME.exit; and those of all work on the parked child.
  task<> park(io::unique_fd directory, std::string name);

  // ---- Work on the parked child. Common errors: `errc::not_ready` before the child is at its checkpoint,
  // `errc::running` after proceed(), `errc::no_process` after the end. A failed step leaves the child parked.

  /// The child takes the steps of a plan, in one message and its answer, and stops at the first that fails:
  /// those before it have taken effect.
  ///
  /// Parameters: `plan`: at most 64 KiB as it is sent; none of the last steps, which `proceed(plan)` takes.
  /// Cancellation: the child takes them all the same; descriptors that arrive late are closed.
  /// Errors: stage `argument` as `checkpoint_plan::validate()`, and for a step that would change a namespace
  /// which the child shares with the host, before anything is sent; the stage of the step that failed, named
  /// with its number; `send`: `EAGAIN` with some hundred plans unanswered.
  /// Returns what its `step::socket` made, in their order.
  task<std::vector<io::unique_fd>> apply(checkpoint_plan plan);

  /// Writes `/proc/<pid>/uid_map` through the directory that was opened when the child was cloned, so that a
  /// recycled pid cannot be hit. Once for each user namespace.
  /// Errors: stage `argument` as `id_map::text()`; stage `uid_map`: `EPERM` where the host may not map these
  /// ids, or the map is written already.
  task<> set_uid_map(id_map map);

  /// The same for `gid_map`; denies setgroups(2) first where the host lacks CAP_SETGID.
  /// Errors: stages `setgroups`, `gid_map`.
  task<> set_gid_map(id_map map);

  /// The child calls sethostname(2).
  /// Errors: stage `argument` without a uts namespace of its own, which would change the host's name; stage
  /// `hostname`.
  task<> set_hostname(std::string name);

  /// The child calls prctl(PR_SET_NO_NEW_PRIVS).
  /// Errors: stage `no_new_privs`.
  task<> no_new_privs();

  /// The child calls mount(2) with these arguments; an empty source, type or data is a null pointer. Paths
  /// are looked up by the child, and follow symbolic links.
  ///
  /// A new mount namespace shares its mounts with the host's unless a user namespace is made with it: first
  /// mount("", "/", "", MS_REC | MS_PRIVATE, ""), or what is mounted appears outside as well.
  /// Parameters: `flags`: MS_* of mount(2).
  /// Errors: stage `argument` without a mount namespace of its own or an entered one; stage `mount`.
  task<> mount(std::string source, std::string target, std::string type, unsigned long flags,
               std::string data);

  /// The child makes a mount point its root, takes the old root away and stands in "/" (pivot_root(2)).
  /// Errors: stage `argument` without a mount namespace of its own; stage `pivot_root`: `EINVAL` if it is no
  /// mount point, or its parent mount is shared.
  task<> pivot_root(std::string new_root);

  /// The child writes a kernel parameter of its namespaces: `net.*`, `user.*`, `fs.mqueue.*`, those of System
  /// V IPC, `kernel.hostname` and the like. The file is looked up beneath /proc/sys of its root, without
  /// links.
  /// Parameters: `key`: with dots or slashes, as for sysctl(8).
  /// Errors: stage `argument` for a key that belongs to no namespace, or to one that it shares with the host;
  /// stage `sysctl`: `ENOENT` for an unknown one, `EXDEV` if its /proc/sys is no proc(5), `EINVAL`, `EACCES`.
  task<> set_sysctl(std::string key, std::string value);

  /// The child makes a socket in its namespaces and passes it back, close-on-exec: the way of an ordinary
  /// user into the network namespace of his child. Arguments as of socket(2).
  /// Cancellation: a socket that arrives late is closed.
  /// Errors: stage `configure` with the errno of socket(2).
  task<io::unique_fd> open_socket(int domain, int type, int protocol);

  /// A namespace of the child, parked or running, through its /proc directory.
  /// Errors: `errc::not_ready` before it exists, for the network namespace before it is ready; stage
  /// `open_ns_*`.
  result<ns::handle> namespace_handle(ns::kind kind) const;

  /// The O_PATH descriptor of the child's /proc directory, borrowed until the session ends. Works for
  /// openat(2); a child that is gone answers ESRCH.
  /// Errors: `errc::not_ready` before it exists; `errc::no_process` after the end.
  result<int> proc_dir() const;

  /// The host's end of a pipe that was asked for by `stdio::pipe()`, once. It outlives the session; destroy
  /// those that are read before the io_context, as every Asio object. A write that the child will never read
  /// fails with `EPIPE` and raises no SIGPIPE.
  /// Errors: `errc::closed` if the stream is no pipe, or its end was taken.
  result<io::pipe_writer> stdin_pipe();
  result<asio::posix::stream_descriptor> stdout_pipe();
  result<asio::posix::stream_descriptor> stderr_pipe();

  /// A handle to the child's terminal, before the child exists and after its end, too; any number of times.
  /// Errors: `errc::no_pty` if it was spawned without `process_options::terminal()`.
  result<pty> terminal() const;

private:
  friend class enter_target;
  explicit process(std::shared_ptr<detail::session> state) noexcept;
  result<asio::posix::stream_descriptor> pipe_end(int number);

  std::shared_ptr<detail::session> state_;
};

} // namespace linx
