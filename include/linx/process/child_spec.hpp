/// What a supervisor is to know about one child.
#pragma once

#include <linx/core/task.hpp>
#include <linx/process/options.hpp>
#include <linx/process/process.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace linx {

/// Whether a child that has ended by itself is started again.
///
/// Exit code 0 is normal. Another code, a signal, a set-up that failed, an error before execve(2) and an
/// outcome that nobody knows are abnormal. An abort at the checkpoint is neither.
enum class restart_policy : std::uint8_t {
  permanent, ///< always, after exit code 0 and after an abort too
  transient, ///< after an abnormal end only: not after exit code 0, not after an abort
  temporary, ///< never, not even when its siblings are restarted
};

/// How a child is stopped.
class shutdown_policy {
public:
  enum class kind : std::uint8_t { grace, kill, infinity };

  /// SIGTERM, and SIGKILL if it still runs after `limit`.
  static constexpr shutdown_policy grace(std::chrono::milliseconds limit) noexcept
  {
    return {kind::grace, limit};
  }

  /// SIGKILL at once.
  static constexpr shutdown_policy kill() noexcept { return {kind::kill, std::chrono::milliseconds(0)}; }

  /// SIGTERM, and then as long as it takes.
  static constexpr shutdown_policy infinity() noexcept
  {
    return {kind::infinity, std::chrono::milliseconds(0)};
  }

  constexpr kind what() const noexcept { return kind_; }
  constexpr std::chrono::milliseconds limit() const noexcept { return limit_; }
  friend constexpr bool operator==(shutdown_policy, shutdown_policy) noexcept = default;

private:
  constexpr shutdown_policy(kind what, std::chrono::milliseconds limit) noexcept : kind_(what), limit_(limit)
  {}

  kind kind_;
  std::chrono::milliseconds limit_;
};

/// A child of a `supervisor`: its name there, its process, and what becomes of it.
///
///     task<> bring_up(process& child)  // a coroutine function: the simplest and always safe form
///     {
///       LINX_TRYV(co_await child.set_uid_map(id_map::root(::geteuid())));
///       co_return success();
///     }
///
///     auto web = child_spec("web", process_options("/usr/sbin/httpd").unshare("user,net"));
///     web.set_up(bring_up).shutdown(shutdown_policy::grace(10s));
///
/// Setters only store; `validate()` and the supervisor find what is wrong.
class LINX_API child_spec {
public:
  /// Run at the child's checkpoint, each time it is started. The supervisor then calls `proceed()`, unless
  /// the set-up has done so or has aborted the child.
  using set_up_function = std::function<task<>(process&)>;

  /// Parameters: `id`: its name in the supervisor, unique there and not empty.
  child_spec(std::string id, process_options options) : id_(std::move(id)), options_(std::move(options)) {}

  /// By default `permanent`.
  child_spec& restart(restart_policy policy);

  /// By default SIGTERM, and SIGKILL after 5 s. The init of a pid namespace takes a SIGTERM only if it has a
  /// handler for it: `process_options::init()` puts one there.
  child_spec& shutdown(shutdown_policy policy);

  /// A limit of its own, instead of the supervisor's: at the restart after the `count`-th within `window`
  /// this child is left down, and all others go on. `supervisor::restart()` starts it again and the count
  /// anew. Its restarts do not count towards the limit of the supervisor. By default it has none.
  child_spec& max_restarts(unsigned count, std::chrono::milliseconds window);

  /// Work on the parked child: id maps, links, descriptors from its namespaces, the host's ends of its pipes.
  /// Without one the child passes its checkpoint by itself.
  ///
  /// The function is kept with the specification and outlives each coroutine that it makes, so it may be a
  /// lambda that captures; the child outlives the coroutine as well. Give it in a statement of its own, never
  /// in one with `co_await` (docs/cancellation.md has the reason):
  ///
  ///     auto addresses = [link = link](process& child) -> task<> { ... };
  ///     web.set_up(std::move(addresses));
  ///
  /// An error or an exception aborts the child and is its outcome, which is abnormal. The set-up is cancelled
  /// when the child is to stop or has died under it, and has to heed that as every task does: the supervisor
  /// waits for it.
  child_spec& set_up(set_up_function function);

  /// Is started, and stopped, at the same time as the child before it and not after it.
  child_spec& parallel(bool on = true);

  /// Looks for mistakes without a syscall: an empty id, what `process_options::validate()` finds, a negative
  /// grace, a restart window of 0 or less, a set-up of a child with `auto_proceed()`, which has no
  /// checkpoint.
  ///
  /// Errors: stage `argument`; the message names the child.
  result<> validate() const;

  const std::string& id() const noexcept { return id_; }
  const process_options& options() const noexcept { return options_; }
  restart_policy restart() const noexcept { return restart_; }
  shutdown_policy shutdown() const noexcept { return shutdown_; }
  const set_up_function& set_up() const noexcept { return set_up_; }
  bool is_parallel() const noexcept { return parallel_; }
  std::optional<unsigned> max_restarts() const noexcept { return max_restarts_; } ///< empty: the supervisor's
  std::chrono::milliseconds window() const noexcept { return window_; }

private:
  std::string id_;
  process_options options_;
  set_up_function set_up_;
  shutdown_policy shutdown_ = shutdown_policy::grace(std::chrono::seconds(5));
  std::chrono::milliseconds window_{5'000};
  std::optional<unsigned> max_restarts_;
  restart_policy restart_ = restart_policy::permanent;
  bool parallel_ = false;
};

} // namespace linx
