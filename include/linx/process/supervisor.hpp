/// Keeps a set of children running.
#pragma once

#include <linx/core/stream.hpp>
#include <linx/core/task.hpp>
#include <linx/process/child_spec.hpp>
#include <linx/process/supervisor_options.hpp>
#include <linx/process/supervisor_status.hpp>

#include <sys/types.h>

#include <memory>
#include <string>

namespace linx {

namespace detail {
class supervision;
}

/// Starts children in order, restarts them by their policies, stops them in reverse order.
///
///     auto options = supervisor_options().max_restarts(5, 10s);
///     options.add(child_spec("database", process_options("/usr/bin/postgres")));
///     options.add(child_spec("web", process_options("/usr/bin/httpd")));
///     LINX_TRY(auto tree, supervisor::create(executor, std::move(options)));
///     LINX_TRYV(co_await tree.run());  // until it is cancelled or gives up
///
/// A child is started when the one before it runs its program, or by its policy will not. Children marked
/// `parallel()` form a group with the one before them: they start at the same time, the next waits for all.
/// Stopping is the reverse: the last group first, one group after the other. A child that is restarted alone
/// waits for nobody.
///
/// The processes are those of `process::spawn`: what its text says of lifetimes, the death of the host and of
/// the spawner holds for them. A supervisor makes no syscall of its own.
///
/// Trees: `run()` is a task, so a supervisor goes wherever a task does. Below another one's children:
/// `all_of(outer.run(), inner.run())` ends both when one gives up.
///
/// Lifetime: movable. Dropping the handle ends each child by SIGKILL, and `run()` completes with
/// `errc::closed` when they are gone. If the io_context goes first, each child is ended by its orphan policy.
/// Executor: all members on the executor given; awaiting a task elsewhere hops.
class LINX_API supervisor {
public:
  /// Errors: stage `argument` as `supervisor_options::validate()`.
  static result<supervisor> create(executor ex, supervisor_options options);

  supervisor(supervisor&&) noexcept;
  supervisor& operator=(supervisor&&) noexcept;
  ~supervisor();

  /// Starts the children and keeps them as they ought to be. Once; it goes on without any child too.
  ///
  /// Cancellation: the orderly end. The children are stopped in reverse order, each by its shutdown policy,
  /// whatever state they are in; then it completes with `errc::cancelled` and nothing is left behind. It
  /// takes as long as they take: all graces added up, at the worst.
  /// Errors: `errc::restart_limit` with the child's name and its last outcome, after the same orderly end;
  /// `errc::not_ready` for a second call.
  task<> run();

  /// One more child, the last in the order. It is started at once if those before it run.
  /// Errors: stage `argument`, for an id that is taken too; `errc::not_ready` before run(), `errc::closed`
  /// once it is stopping.
  result<> add(child_spec child);

  /// Stops the child, which stays known and down until `restart()`. Completes when its process is gone; at
  /// once if it has none.
  /// Cancellation: the child is stopped all the same.
  /// Errors: stage `argument` for an unknown id; `errc::not_ready` before run(), `errc::closed` when the
  /// supervisor ends meanwhile.
  task<> terminate(std::string id);

  /// The same, and forgets it. Its id is free when the task has completed.
  task<> remove(std::string id);

  /// Stops the child if it has a process, starts it again, whatever its policy and delay are, and completes
  /// when it runs. Counts neither towards the limit nor towards its backoff.
  /// Cancellation: it is restarted all the same.
  /// Errors: as `terminate`; as `running`.
  task<pid_t> restart(std::string id);

  /// Waits until the child runs its program and yields its host pid.
  /// Cancellation: nothing changes.
  /// Errors: as `terminate`; `errc::no_process` if it is down and will not be started.
  task<pid_t> running(std::string id);

  /// Sends a signal to a running child by its pidfd. A child that ends by it has ended by itself.
  ///
  /// Errors: `errc::no_process` at stage `signal` if its program does not run at this moment: it is down, on
  /// its way up, or about to be replaced, and the object says which. That is no mistake of the caller's, who
  /// cannot know. Stage `argument` for an unknown id and for what is no signal; stage `signal` with `EPERM`.
  result<> signal(const std::string& id, int signo);

  /// A snapshot, at any time.
  supervisor_status status() const;

  /// What happens from now on. Any number of streams; each ends with the supervisor. One that is not read
  /// for some ten thousand events fails with `errc::overrun`: open another one and look at `status()`.
  stream<supervisor_event> events();

private:
  explicit supervisor(std::shared_ptr<detail::supervision> state) noexcept;

  std::shared_ptr<detail::supervision> state_;
};

} // namespace linx
