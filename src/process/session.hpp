/// One child of this host: the state behind a `process`.
#pragma once

#include "core/state.hpp"
#include "core/waiter.hpp"
#include "process/attached_connection.hpp"
#include "process/child_channel.hpp"
#include "process/encode.hpp"
#include "process/meeting_place.hpp"
#include "process/session_machine.hpp"
#include "process/spawner_connection.hpp"
#include "process/terminal.hpp"

#include <linx/io/pidfd.hpp>
#include <linx/process/enter_target.hpp>
#include <linx/process/info.hpp>
#include <linx/process/options.hpp>

#include <boost/asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace linx::detail {

/// Performs what the state machine asks for, and feeds it with what the checkpoint socket, the spawner and
/// the pidfd tell. All members on the home executor.
///
/// What no verb stands for needs no memory, but for words: a want of it makes an error short, not a child
/// lost.
class session : public context_state {
public:
  session(executor home, const process_options& options, spawn_plan plan, std::uint64_t id);
  /// Of a child that somebody else has made; attend() follows.
  session(executor home, const attached_child& child);
  ~session() override;

  // Until the request is on its way.
  void attach(std::shared_ptr<child_keeper> link, std::uint32_t slot) noexcept;
  void enters(std::string target, std::vector<ns::kind> kinds);
  /// The child has an init, which says on this pipe by which signal its workload died.
  void expect_init_report(io::unique_fd pipe) noexcept
  {
    init_report_ = std::move(pipe);
    has_init_ = true;
  }
  void keep_pipe(int number, io::unique_fd end) { pipes_[static_cast<std::size_t>(number)] = std::move(end); }
  void keep_cgroup(io::unique_fd directory) noexcept { cgroup_ = std::move(directory); }
  void keep_terminal(std::shared_ptr<terminal> tty) noexcept { terminal_ = std::move(tty); }
  std::uint64_t id() const noexcept { return id_; }
  const spawn_plan& plan() const noexcept { return plan_; }

  /// The request is on its way: listens to the child.
  void start();

  void take(control_news news) noexcept;
  /// Nothing more is heard of the child, which goes on.
  void part(error why) noexcept;

  /// Goes on with a child from where it is: at its checkpoint, running, or ended. Errors: stage `socketpair`.
  result<> attend(std::shared_ptr<attached_connection> link, attachment found);

  /// In a copy of the host that fork(2) made: the end of the session here, and of nothing else.
  void forsake(std::string how);

  // The verbs.
  result<> proceed();
  result<> rehearse();
  result<> abort();
  result<> kill();
  result<> kill_rest();
  result<> signal(int signo);
  result<> detach();
  void drop() noexcept;

  const session_machine& machine() const noexcept { return machine_; }
  bool dropped() const noexcept { return dropped_; }
  process_info info() const;
  bool made(ns::kind) const noexcept;    ///< a fresh namespace of the child's own
  bool entered(ns::kind) const noexcept; ///< another process's

  /// Wakes with each change of the machine and each DONE.
  wait_list waiters;
  /// Wakes at the end alone.
  wait_list end_waiters;

  // Work on the parked child.
  result<> may_configure(const char* verb) const;
  result<> write_uid_map(const std::string& text);
  result<> write_gid_map(const std::string& text);
  /// Errors: `errc::not_ready` before the child exists, `errc::no_process` after its end.
  result<int> living_pidfd() const;
  /// The directory in /proc, opened when it is first asked for and proved to be the child's by its pidfd.
  result<int> proc_dir();
  /// -1 before it exists, after the end, or if it was lost.
  int pidfd() const noexcept { return pidfd_.get(); }

  /// For steps, while it is parked; and for its host's end, until the request is on its way.
  child_channel& channel() noexcept { return channel_; }

  /// Leaves the parked child with its spawner, which answers. \param page its status from now on.
  result<> may_park() const;
  result<> park(std::shared_ptr<parking_name> where, int listener, int page);
  /// An errno, or 0 if the spawner has it; nothing yet.
  std::optional<int> park_answer() const noexcept { return park_answer_; }
  bool is_attached() const noexcept { return mode_ == process_mode::attach; }

  /// Steps that go with PROCEED.
  void append_last_steps(const step_list&);

  result<io::unique_fd> take_pipe(int number);

  /// Null if the child has none.
  const std::shared_ptr<terminal>& tty() const noexcept { return terminal_; }

  /// Takes the one seat of events(); false if it is taken.
  bool borrow_events() noexcept { return !std::exchange(events_borrowed_, true); }
  void return_events() noexcept { events_borrowed_ = false; }
  std::size_t next_event = 0; ///< of machine().events(), the first that nobody has taken

private:
  /// The name that the spawner was asked to take: an end of the child in place of an answer says no.
  struct asked_name {
    explicit asked_name(const session_machine& of) noexcept : machine(of) {}
    ~asked_name()
    {
      if (name && machine.terminal()) name->give_back();
    }
    asked_name(const asked_name&) = delete;
    asked_name& operator=(const asked_name&) = delete;

    std::shared_ptr<parking_name> name;
    const session_machine& machine;
  };

  void shutdown() noexcept override;
  void perform(session_effects todo);
  void wait_for_child();
  void read_child();
  void hear_last_words();
  bool read_word();
  void take_introduction(child_spawned);
  void child_closed();
  void take_report(const slot_report&);
  void take_parking(int error);
  result<> set_up();
  void send_last_word(wire::frame_type);
  result<> send_signal(int signo);
  void let_outlive();
  void kill_by_scope();
  void watch_pidfd();
  bool begin_to_watch();
  void ask_exit_info(std::chrono::steady_clock::time_point deadline);
  void finish();
  void release_slot() noexcept;
  void let_go() noexcept;
  result<> write_proc(const char* name, std::string_view text, stage where);
  error explain(wire::stage where, std::uint32_t step, int errnum) const noexcept;
  std::string object_of(wire::stage where, std::uint32_t step, int errnum) const;
  void out_of_memory() noexcept;

  const std::uint64_t id_;
  session_machine machine_;
  spawn_plan plan_;
  std::vector<std::string> argv_;
  process_mode mode_ = process_mode::spawn;
  std::vector<ns::kind> namespaces_;
  std::vector<ns::kind> entered_;
  std::string target_;               // of entering
  std::vector<step_object> objects_; // of the request's steps
  std::string uid_map_, gid_map_;
  bool deny_setgroups_;
  bool setgroups_denied_ = false;
  bool dropped_ = false;
  bool events_borrowed_ = false;
  bool has_init_ = false;
  bool is_parkable_ = false;
  std::vector<stage> taken_;
  std::optional<int> park_answer_;
  asked_name asked_{machine_};
  std::shared_ptr<child_keeper> link_;
  std::optional<std::uint32_t> slot_;
  child_channel channel_;
  io::unique_fd pidfd_, proc_dir_, init_report_, cgroup_;
  std::optional<io::pidfd> watched_;
  std::optional<asio::steady_timer> timer_;
  std::array<io::unique_fd, 3> pipes_;
  std::shared_ptr<terminal> terminal_;
};

/// Everything between options and a request on its way: the body of `process::spawn`, and with a target of
/// `process::enter`.
result<std::shared_ptr<session>> start_session(const executor& home, const process_options& options,
                                               const std::optional<enter_target>& target);

} // namespace linx::detail
