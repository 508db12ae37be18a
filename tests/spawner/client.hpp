// A host of the spawner in its barest form: raw sockets and blocking reads. It shares nothing with
// src/process, so that it tests the program and not one side's idea of it.
#pragma once

#include "spawner/datagram.hpp"
#include "spawner/spawn_frame.hpp"

#include <linux/sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace linx::test::spawner {

// Where linx-spawner lies, seen from the test program.
const std::string& spawner_path();

// A running spawner, double-forked as a host does it.
class program {
public:
  explicit program(std::size_t slot_count = 256);
  ~program();
  program(const program&) = delete;
  program& operator=(const program&) = delete;

  int control() const { return control_.get(); }
  void close_control() { control_.close(); }
  // It goes on without this host.
  void leave()
  {
    control_.close();
    pidfd_.close();
  }
  int pidfd() const { return pidfd_.get(); }
  int pid() const { return static_cast<int>(hello_.as<wire::hello_record>().pid); }
  const record& hello() const { return hello_; }
  wire::status_slot& slot(std::size_t index) { return slots_[index]; }

  void send(const request& wanted);

  record next();
  record expect(wire::frame_type type, std::uint64_t id);
  // What `failed` says: stage and errno.
  std::pair<wire::stage, int> expect_failed(std::uint64_t id);
  // The exit status, or 128 + signal.
  int expect_exited(std::uint64_t id);

  // The pids of its children, dead ones too. A record is sent before the child is reaped, so this first makes
  // sure that the spawner is done with what it has sent.
  std::string children();

private:
  [[noreturn]] static void run(int control, int slots, int host);

  std::size_t slot_count_;
  wire::status_slot* slots_ = nullptr;
  descriptor control_;
  descriptor pidfd_;
  record hello_;
  std::deque<record> waiting_;
};

// Who makes a child's checkpoint socket.
enum class made_by { host, child };

// A child at its checkpoint.
class parked_child {
public:
  // Sends the request with a checkpoint and the pipe of its output, and waits for READY unless told
  // otherwise.
  parked_child(program& spawner, request wanted, bool wait = true, made_by maker = made_by::host);

  void accept();
  void wait_ready();

  void send(const std::string& frame, const std::vector<int>& fds = {});
  record ask(steps list, const std::vector<int>& fds = {});
  int step(steps list, const std::vector<int>& fds = {});
  void proceed(steps list = {}) { send(step_frame(wire::frame_type::proceed, 0, std::move(list))); }

  // Waits for the end of file and reads the slot.
  wire::slot_state outcome();
  wire::status_slot& slot() { return spawner_.slot(slot_); }
  std::string output() { return read_all(output_.get()); }
  // Waits for its first word. Until then execve(2) still closes, and the dynamic loader opens, some
  // descriptors.
  bool has_spoken() const { return wait_readable(output_.get()); }
  // Proceeds, waits for the exit and returns what it printed.
  std::string run(steps list = {}, int expected_status = 0);

  int checkpoint() const { return checkpoint_.get(); }
  void abort() { checkpoint_.close(); }
  int pid() const { return static_cast<int>(spawned_.as<wire::spawned_record>().pid); }
  int pidfd() const { return pidfd_.get(); }
  const record& spawned() const { return spawned_; }
  int inner_pid() const { return inner_pid_; }

private:
  program& spawner_;
  std::uint64_t id_;
  std::uint32_t slot_;
  made_by maker_;
  descriptor checkpoint_, output_, pidfd_;
  record spawned_;
  int inner_pid_ = 0;
  std::uint64_t last_step_ = 0;
};

std::vector<std::string> shell(std::string script);

void kill_pidfd(int pidfd, int signal);

bool process_exists(int pid);

// A spawner, and a child that has not executed, are not dumpable: an ordinary user sees nothing of their
// descriptors, memory and links in /proc, although they are its own. Checks that, and says so.
bool is_closed_to_us(int pid);

} // namespace linx::test::spawner
