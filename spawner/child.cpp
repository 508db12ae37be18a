#include "child.hpp"

#include "body_file.hpp"
#include "checkpoint.hpp"
#include "child_room.hpp"
#include "decimal.hpp"
#include "descriptors.hpp"
#include "init.hpp"
#include "kernel_file.hpp"
#include "own_memory.hpp"
#include "program_check.hpp"
#include "request.hpp"
#include "step_runner.hpp"

#include <asm/errno.h>
#include <asm/signal.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/sched.h>

namespace linx::spawner {

namespace {

class child {
public:
  explicit child(const child_note& note) noexcept
      : slot_(note.slot),
        first_fd_(note.first_fd),
        way_(note.way),
        in_directory_(note.in_directory),
        maps_ids_(note.maps_ids)
  {}

  [[noreturn]] void run(const child_note& note) noexcept
  {
    const bytes whole{reinterpret_cast<const std::byte*>(note.request), note.request->header.length};
    // Room of the request's own size, as for the pointers in execute(): each page more of the stack that is
    // touched is a page fault, 1.2 us of a birth.
    auto* const room = static_cast<std::byte*>(
        __builtin_alloca_with_align(way_.shares_memory ? 8 : whole.size, 8 * alignof(wire::spawn_request)));
    check(read_spawn(take_request(note, whole, room), request_), wire::stage::malformed);
    runner_.slot = slot_;
    last_fd_ = first_fd_ + request_.head->header.fds - 1;
    if (maps_ids_) set_dumpable(true);
    runner_.among_strangers = request_.has(wire::fd_role::ns_user) && !maps_ids_;

    tie_to_spawner();
    if (request_.has(wire::spawn_flags::introduce) && !way_.shares_memory) {
      place_stdio();
      enter_directory();
      introduce();
      go_on();
    }
    // One that shares memory is about to execute, which closes them as well; but extra ones need free
    // numbers.
    if (!way_.shares_memory || request_.head->extra_fds != 0) {
      close_foreign(fd::control, first_fd_, last_fd_, fd::proc);
    }
    if (request_.has(wire::fd_role::body)) {
      check(map_body(fd_of(wire::fd_role::body), *request_.head, request_.body), wire::stage::memfd);
    }
    if (way_.joins_cgroup) join_cgroup();
    enter_directory();
    if (way_.own_namespaces != 0)
      check(sys::error_of(sys::call(__NR_unshare, way_.own_namespaces)), wire::stage::clone);
    place_stdio();
    place_others();
    if (!way_.shares_memory) close_consumed();

    perform(request_.body.steps, step_fds_, due::now, own_actor());
    if (!request_.has(wire::spawn_flags::auto_proceed))
      check(checkpoint(checkpoint_).say_ready(), wire::stage::ready_frame);
    go_on();
  }

private:
  [[noreturn]] void fail(int error, wire::stage where, std::uint16_t step = 0) noexcept
  {
    report_failure(*slot_, error, where, step);
    sys::exit(wire::exit_failed);
  }

  void check(int error, wire::stage where) noexcept
  {
    if (error != 0) fail(error, where);
  }

  int fd_of(wire::fd_role role) const noexcept
  {
    return first_fd_ + static_cast<int>(request_.position(role));
  }

  /// A child that shares memory keeps the spawner waiting until execve, and its request with it. Any other
  /// copies the request to its own stack, and has nothing more of the spawner's memory. The note is gone
  /// then.
  bytes take_request(const child_note& note, bytes whole, std::byte* room) noexcept
  {
    if (way_.shares_memory) return whole;
    __builtin_memcpy(room, whole.data, whole.size);
    if (slot_ == nullptr) { // or a setns helper has done it
      leave_request_area(*note.owner);
      slot_ = map_slot(reinterpret_cast<const wire::spawn_request*>(room)->slot);
    }
    return {room, whole.size};
  }

  void tie_to_spawner() noexcept
  {
    if (request_.head->orphan == wire::orphan_policy::outlive) watch_.signal = 0;
    check(watch_.arm(), wire::stage::pdeathsig);
  }

  /// Here and not in the spawner, as a file system may take its time to answer. A new mount namespace is made
  /// only then: it moves the working directory along, while a descriptor leads back out of it
  /// (mount_namespaces(7)).
  void enter_directory() noexcept
  {
    if (!request_.has(wire::fd_role::cwd) || in_directory_) return;
    check(sys::error_of(sys::call(__NR_fchdir, fd_of(wire::fd_role::cwd))), wire::stage::cwd);
  }

  /// What came with the request has done its service, but for what is yet to be spoken on, performed with, or
  /// handed to the program: a path through /proc/self/fd must find no way out of a new root.
  void close_consumed() noexcept
  {
    for (unsigned from = fd::received; from <= static_cast<unsigned>(last_fd_);) {
      const unsigned kept = next_kept(from);
      if (kept > from) close_between(from, kept - 1);
      from = kept + 1;
    }
  }

  /// The lowest descriptor from this number on that stays open; or one above all.
  unsigned next_kept(unsigned from) const noexcept
  {
    auto lowest = static_cast<unsigned>(last_fd_) + 1;
    const auto consider = [&](int fd) {
      if (fd >= static_cast<int>(from) && static_cast<unsigned>(fd) < lowest)
        lowest = static_cast<unsigned>(fd);
    };
    consider(checkpoint_);
    consider(report_);
    consider(watch_.pidfd);
    for (unsigned i = 0; i != request_.head->step_fds; ++i) consider(step_fds_[i]);
    for (unsigned i = 0; i != request_.head->extra_fds; ++i)
      consider(static_cast<int>(request_.body.target(i)));
    return lowest;
  }

  void join_cgroup() noexcept
  {
    check(write_kernel_file(fd_of(wire::fd_role::cgroup), "cgroup.procs", CGROUP2_SUPER_MAGIC, "0", 1),
          wire::stage::cgroup);
  }

  /// What was received has numbers above 2 and the spawner's own 0..2 are /dev/null, so nothing collides.
  void place_stdio() noexcept
  {
    constexpr wire::fd_role roles[] = {wire::fd_role::stdin_, wire::fd_role::stdout_, wire::fd_role::stderr_};
    for (int target = 0; target != 3; ++target) {
      if (!request_.has(roles[target])) continue;
      check(sys::error_of(sys::call(__NR_dup3, fd_of(roles[target]), target, 0)), wire::stage::stdio);
    }
  }

  void place_others() noexcept
  {
    const int first_step_fd = first_fd_ + static_cast<int>(request_.first_step_fd());
    for (int i = 0; i != request_.head->step_fds; ++i) step_fds_[i] = first_step_fd + i;
    if (request_.has(wire::fd_role::checkpoint)) checkpoint_ = fd_of(wire::fd_role::checkpoint);
    if (request_.has(wire::fd_role::report)) report_ = fd_of(wire::fd_role::report);
    if (request_.head->extra_fds != 0) place_extra();
  }

  /// Targets may be any numbers, also those in use: what is in the way of one first moves to a number that is
  /// free and no target. What is left at an old number is close-on-exec.
  void place_extra() noexcept
  {
    const unsigned count = request_.head->extra_fds;
    int sources[wire::max_fds];
    for (unsigned i = 0; i != count; ++i) {
      sources[i] = out_of_the_way(first_fd_ + static_cast<int>(request_.first_extra() + i));
    }
    for (unsigned i = 0; i != request_.head->step_fds; ++i) step_fds_[i] = out_of_the_way(step_fds_[i]);
    if (checkpoint_ >= 0) checkpoint_ = out_of_the_way(checkpoint_);
    if (report_ >= 0) report_ = out_of_the_way(report_);
    watch_.pidfd = out_of_the_way(watch_.pidfd);
    for (unsigned i = 0; i != count; ++i) {
      const int target = static_cast<int>(request_.body.target(i));
      check(sys::error_of(sys::call(__NR_dup3, sources[i], target, 0)), wire::stage::fd_pass);
      if (last_fd_ < target) last_fd_ = target;
    }
  }

  bool is_target(int fd) const noexcept
  {
    for (unsigned i = 0; i != request_.head->extra_fds; ++i) {
      if (static_cast<int>(request_.body.target(i)) == fd) return true;
    }
    return false;
  }

  int out_of_the_way(int from) noexcept
  {
    if (!is_target(from)) return from;
    do ++last_fd_;
    while (is_target(last_fd_)); // nothing is open above it
    const long fd = sys::call(__NR_fcntl, from, F_DUPFD_CLOEXEC, last_fd_);
    check(sys::error_of(fd), wire::stage::fd_pass);
    return static_cast<int>(fd);
  }

  /// Says `spawned` in the spawner's place. It may be parked to the host from then on, and whoever is parked
  /// needs no descriptor any more: a limit of theirs may come at once. The checkpoint is the last of what is
  /// open, so that what is foreign lies in a row before it.
  void introduce() noexcept
  {
    const auto pid = static_cast<std::uint32_t>(sys::call(__NR_getpid));
    const long self = sys::call(__NR_pidfd_open, pid, 0);
    check(sys::error_of(self), wire::stage::checkpoint);
    int pair[2]; // numbers are given in order
    constexpr int kind = abi::sock_seqpacket | abi::sock_cloexec;
    check(sys::error_of(sys::call(__NR_socketpair, abi::af_unix, kind, 0, pair)), wire::stage::checkpoint);
    checkpoint_ = pair[1];

    const int fds[] = {static_cast<int>(self), pair[0]};
    wire::spawned_record record{};
    record.header = {sizeof record, wire::version, 2, wire::frame_type::spawned, request_.head->header.id};
    record.pid = pid;
    record.flags = static_cast<std::uint32_t>(wire::spawned_flags::checkpoint);
    check(send_patiently(fd::control, &record, sizeof record, fds, 2), wire::stage::ready_frame);
    close_between(fd::control, fd::proc);
    close_between(fd::received, static_cast<unsigned>(checkpoint_) - 1);
  }

  bool has_init() const noexcept { return request_.has(wire::spawn_flags::init); }

  step_runner::actor own_actor() const noexcept
  {
    return has_init() ? step_runner::actor::init : step_runner::actor::itself;
  }

  void perform(bytes steps, const int* fds, due when, step_runner::actor who) noexcept
  {
    const auto outcome = runner_.run(steps, fds, when, who);
    if (outcome.error != 0) fail(outcome.error, outcome.where, outcome.index);
  }

  [[noreturn]] void go_on() noexcept
  {
    if (request_.has(wire::spawn_flags::auto_proceed)) execute({}, nullptr, finale::program);
    park();
  }

  /// Waits at the checkpoint for steps, and for the word to proceed.
  [[noreturn]] void park() noexcept
  {
    checkpoint host(checkpoint_);
    for (;;) {
      switch (host.receive()) {
      case checkpoint::word::step:
        host.say_done(runner_, runner_.run(host.steps(), host.fds(), due::now));
        break;
      case checkpoint::word::malformed:
        host.say_malformed(runner_);
        break;
      case checkpoint::word::proceed:
        execute(host.steps(), host.fds(), finale::program);
      case checkpoint::word::rehearse:
        execute(host.steps(), host.fds(), finale::rehearsal);
      case checkpoint::word::malformed_proceed:
        fail(EINVAL, wire::stage::malformed);
      case checkpoint::word::aborted:
        sys::exit(wire::exit_aborted);
      }
    }
  }

  enum class finale { program, rehearsal };

  /// The last steps, the mark, and the program; or all but the mark and the program. `steps`: those of
  /// PROCEED. Never by the checkpoint socket: a filter may forbid every system call that could tell, so the
  /// slot does.
  [[noreturn]] void execute(bytes steps, const int* fds, finale what) noexcept
  {
    perform(request_.body.steps, step_fds_, due::at_proceed, own_actor());
    perform(steps, fds, due::now, own_actor());
    if (maps_ids_)
      set_dumpable(false); // the maps are written; and what init keeps is worth nothing to others
    if (has_init()) become_workload(steps, fds);

    constexpr std::size_t in_place = 1024;
    const wire::spawn_request& head = *request_.head;
    const std::size_t count = std::size_t{head.argc} + head.envc + 3; // two null pointers and LISTEN_PID
    const char** const pointers = count <= in_place
                                      ? static_cast<const char**>(__builtin_alloca(count * sizeof(char*)))
                                      : many_pointers(count);
    const char* path = nullptr;
    if (!split_strings(request_.body.strings, head, path, pointers)) fail(EINVAL, wire::stage::malformed);
    if (request_.has(wire::spawn_flags::listen_pid)) {
      pointers[count - 2] = name_own_pid();
      pointers[count - 1] = nullptr;
    }

    // The spawner blocks all signals and has reset all dispositions, so the mask is all there is to restore.
    constexpr std::uint64_t none = 0;
    const long unmasked = sys::call(__NR_rt_sigprocmask, SIG_SETMASK, &none, nullptr, abi::signal_set_size);
    check(sys::error_of(unmasked), wire::stage::sigprocmask);

    const char** const environment = pointers + head.argc + 1;
    if (what == finale::program)
      wire::store_state(*slot_, wire::slot_state::exec);
    else
      check(may_execute(path, pointers, environment), wire::stage::execve); // a filter might not let it ask
    perform(request_.body.steps, step_fds_, due::after_marker, step_runner::actor::itself);
    perform(steps, fds, due::after_marker, step_runner::actor::itself);
    if (what == finale::rehearsal) {
      wire::store_state(*slot_, wire::slot_state::rehearsed);
      sys::exit(wire::exit_aborted);
    }
    const long result = sys::call(__NR_execve, path, pointers, environment);
    fail(sys::error_of(result), wire::stage::execve);
  }

  /// Process 1 stays as the init; what returns is its child, once the init has given up what is not its own:
  /// with the other end of a pipe it closes the last of that.
  void become_workload(bytes steps, const int* fds) noexcept
  {
    int gate[2];
    check(sys::error_of(sys::call(__NR_pipe2, gate, O_CLOEXEC)), wire::stage::fork);
    const long pid = sys::call(__NR_clone, SIGCHLD, 0, 0, 0, 0); // fork(2)
    check(sys::error_of(pid), wire::stage::fork);
    const int highest = gate[1] > last_fd_ ? gate[1] : last_fd_;
    if (pid != 0) run_init(static_cast<int>(pid), report_, static_cast<unsigned>(highest), maps_ids_);
    sys::call(__NR_close, gate[1]);
    char nothing;
    sys::call(__NR_read, gate[0], &nothing, 1);
    sys::call(__NR_close, gate[0]);
    perform(request_.body.steps, step_fds_, due::now, step_runner::actor::workload);
    perform(steps, fds, due::now, step_runner::actor::workload);
  }

  /// The string of LISTEN_PID (sd_listen_fds(3)): only here is the pid known.
  const char* name_own_pid() noexcept
  {
    const decimal pid(sys::call(__NR_getpid));
    constexpr char key[] = "LISTEN_PID=";
    __builtin_memcpy(listen_pid_, key, sizeof key - 1);
    __builtin_memcpy(listen_pid_ + sizeof key - 1, pid.data(), pid.size());
    listen_pid_[sizeof key - 1 + pid.size()] = '\0';
    return listen_pid_;
  }

  const char** many_pointers(std::size_t count) noexcept
  {
    if (count > request_.head->strings_length + std::size_t{2}) fail(EINVAL, wire::stage::malformed);
    const long address = sys::call(__NR_mmap, nullptr, count * sizeof(char*), PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(sys::error_of(address), wire::stage::execve);
    return reinterpret_cast<const char**>(address);
  }

  wire::status_slot* slot_;
  int first_fd_;
  int last_fd_ = 0;
  birth_way way_;
  bool in_directory_;
  bool maps_ids_;
  int checkpoint_ = -1;
  int report_ = -1;
  spawn_view request_;
  parent_watch watch_;
  step_runner runner_{watch_};
  int* const step_fds_ = the_child_room().step_fds;
  char listen_pid_[40];
};

} // namespace

void run_child(void* argument) noexcept
{
  const auto& note = *static_cast<const child_note*>(argument);
  if (note.restore_oom_score) write_oom_score(fd::proc, note.oom_score_adj, true);
  child(note).run(note);
}

void report_failure(wire::status_slot& slot, int error, wire::stage where, std::uint16_t step) noexcept
{
  slot.error = error;
  slot.where = where;
  slot.step = step;
  wire::store_state(slot, wire::slot_state::failed);
}

} // namespace linx::spawner
