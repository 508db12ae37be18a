/// The state behind a `supervisor`.
#pragma once

#include "core/queue.hpp"
#include "core/state.hpp"
#include "core/waiter.hpp"
#include "process/supervisor_machine.hpp"

#include <linx/core/stream.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace linx::detail {

/// Performs what the machine asks for, and feeds it with what the children and the timer tell. Each process
/// is looked after by a coroutine of its own (`run_child`), whose cancellation is its stop. All members on
/// the home executor.
class supervision : public context_state {
public:
  supervision(executor home, const supervisor_options& options);

  // The verbs.
  result<> begin();
  result<> add(child_spec child);
  result<child_key> terminate(const std::string& id);
  result<child_key> remove(const std::string& id);
  result<child_key> restart(const std::string& id);
  result<child_key> find(const std::string& id) const;
  result<> signal(const std::string& id, int signo);
  void shut_down();
  void drop();
  stream<supervisor_event> events();

  const supervisor_machine& machine() const noexcept { return machine_; }
  bool dropped() const noexcept { return dropped_; }

  /// Wakes with each change of the machine.
  wait_list waiters;

  // News from a child's coroutine.
  void set_up(child_key, pid_t pid);
  void running(child_key, pid_t pid);

  /// The process of a child for as long as its coroutine has it.
  class occupied_seat {
  public:
    occupied_seat(std::shared_ptr<supervision> owner, child_key key, process& child);
    occupied_seat(const occupied_seat&) = delete;
    occupied_seat& operator=(const occupied_seat&) = delete;
    ~occupied_seat();

    /// It is to end by SIGKILL, whatever its policy says.
    bool is_condemned() const noexcept;

  private:
    std::shared_ptr<supervision> owner_;
    child_key key_;
  };

private:
  struct seat {
    std::shared_ptr<const child_spec> spec;
    std::unique_ptr<asio::cancellation_signal> stop; ///< of the coroutine, while there is one
    process* live = nullptr;
    bool condemned = false;
  };
  using listener = queue_source<supervisor_event>;

  void shutdown() noexcept override;
  result<child_key> find_to_change(const std::string& id) const;
  void perform(supervisor_effects todo);
  void perform_one(const supervisor_effects& todo);
  void start(child_key);
  void kill(seat&);
  void ended(child_key, result<exit_status> how);
  void tell(const supervisor_event& event);
  void end_of_events();
  void set_timer();

  supervisor_machine machine_;
  std::map<child_key, seat> seats_;
  std::vector<std::weak_ptr<listener>> listeners_;
  std::deque<supervisor_effects> todo_;
  std::optional<asio::steady_timer> timer_;
  bool performing_ = false;
  bool dropped_ = false;
};

} // namespace linx::detail
