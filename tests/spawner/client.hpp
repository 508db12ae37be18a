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

// A running spawner, double-forked as a host does it.
class program {
public:
  explicit program(std::size_t slot_count = 256) : slot_count_(slot_count)
  {
    pair control = make_checkpoint();
    const descriptor slots(::memfd_create("slots", MFD_CLOEXEC));
    const std::size_t size = slot_count * sizeof(wire::status_slot);
    if (::ftruncate(slots.get(), static_cast<off_t>(size)) != 0) fail_errno("ftruncate");
    slots_ = static_cast<wire::status_slot*>(
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, slots.get(), 0));
    if (slots_ == MAP_FAILED) fail_errno("mmap");
    const descriptor host(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));

    const pid_t middle = ::fork();
    if (middle == 0) {
      if (::fork() == 0) run(control.child.get(), slots.get(), host.get());
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(middle, &status, 0);
    control_ = std::move(control.host);
    control.child.close();
    hello_ = next();
    pidfd_ = std::move(hello_.fds.at(0));
  }
  ~program()
  {
    control_.close();
    if (pidfd_.get() >= 0) wait_readable(pidfd_.get());
    ::munmap(slots_, slot_count_ * sizeof(wire::status_slot));
  }
  program(const program&) = delete;
  program& operator=(const program&) = delete;

  int control() const { return control_.get(); }
  void close_control() { control_.close(); }
  int pidfd() const { return pidfd_.get(); }
  int pid() const { return static_cast<int>(hello_.as<wire::hello_record>().pid); }
  const record& hello() const { return hello_; }
  wire::status_slot& slot(std::size_t index) { return slots_[index]; }

  void send(const request& wanted)
  {
    if (wanted.slot < slot_count_) slots_[wanted.slot] = {};
    std::vector<int> fds;
    const std::string frame = wanted.frame(fds);
    const int error = send_datagram(control(), frame.data(), frame.size(), fds);
    if (error != 0) throw std::runtime_error(std::string("send: ") + std::strerror(error));
  }

  record next()
  {
    while (waiting_.empty()) {
      for (record& each : receive_datagram(control())) waiting_.push_back(std::move(each));
    }
    record first = std::move(waiting_.front());
    waiting_.pop_front();
    return first;
  }
  record expect(wire::frame_type type, std::uint64_t id)
  {
    record got = next();
    BOOST_TEST_REQUIRE(!got.is_end());
    if (got.type() != type && got.type() == wire::frame_type::failed) {
      const auto& failed = got.as<wire::failed_record>();
      BOOST_TEST_MESSAGE("failed at stage " << static_cast<int>(failed.where) << ": "
                                            << std::strerror(failed.error));
    }
    BOOST_TEST_REQUIRE(static_cast<int>(got.type()) == static_cast<int>(type));
    BOOST_TEST_REQUIRE(got.id() == id);
    return got;
  }
  // What `failed` says: stage and errno.
  std::pair<wire::stage, int> expect_failed(std::uint64_t id)
  {
    const record got = expect(wire::frame_type::failed, id);
    return {got.as<wire::failed_record>().where, got.as<wire::failed_record>().error};
  }
  // The exit status, or 128 + signal.
  int expect_exited(std::uint64_t id)
  {
    const record got = expect(wire::frame_type::exited, id);
    const auto& exited = got.as<wire::exited_record>();
    return exited.code == CLD_EXITED ? exited.status : 128 + exited.status;
  }

  // The pids of its children, dead ones too. A record is sent before the child is reaped, so this first makes
  // sure that the spawner is done with what it has sent.
  std::string children()
  {
    wire::frame_header nonsense{};
    nonsense.length = sizeof nonsense;
    nonsense.version = wire::version;
    nonsense.id = ~std::uint64_t{0};
    send_datagram(control(), &nonsense, sizeof nonsense);
    expect_failed(nonsense.id);
    const std::string directory = "/proc/" + std::to_string(pid());
    return read_file(directory + "/task/" + std::to_string(pid()) + "/children");
  }

private:
  [[noreturn]] static void run(int control, int slots, int host)
  {
    const int given[] = {control, slots, host};
    int high[3];
    for (int i = 0; i != 3; ++i) high[i] = ::fcntl(given[i], F_DUPFD, 64);
    for (int i = 0; i != 3; ++i) ::dup2(high[i], 3 + i);
    char name[] = "linx-spawner";
    char* const argv[] = {name, nullptr};
    char* const environment[] = {nullptr};
    ::execve(LINX_SPAWNER_PATH, argv, environment);
    ::_exit(127);
  }

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
  parked_child(program& spawner, request wanted, bool wait = true, made_by maker = made_by::host)
      : spawner_(spawner), id_(wanted.id), slot_(wanted.slot), maker_(maker)
  {
    pair checkpoint;
    pair output = make_pipe();
    if (maker == made_by::host) {
      checkpoint = make_checkpoint();
      wanted.give(wire::fd_role::checkpoint, checkpoint.child.get());
    } else {
      wanted.with(wire::spawn_flags::introduce);
    }
    bool has_stdout = false;
    for (const auto& [role, fd] : wanted.roles) has_stdout = has_stdout || role == wire::fd_role::stdout_;
    if (!has_stdout) wanted.give(wire::fd_role::stdout_, output.child.get());
    spawner.send(wanted);
    checkpoint_ = std::move(checkpoint.host);
    output_ = std::move(output.host);
    checkpoint.child.close();
    output.child.close();
    if (wait) {
      accept();
      wait_ready();
    }
  }

  void accept()
  {
    spawned_ = spawner_.expect(wire::frame_type::spawned, id_);
    pidfd_ = std::move(spawned_.fds.at(0));
    if (maker_ == made_by::host) return;
    const auto& spawned = spawned_.as<wire::spawned_record>();
    BOOST_TEST_REQUIRE(spawned.flags == static_cast<std::uint32_t>(wire::spawned_flags::checkpoint));
    checkpoint_ = std::move(spawned_.fds.at(1));
    inner_pid_ = pid();
  }
  void wait_ready()
  {
    if (maker_ == made_by::child) return; // its introduction says it
    const record ready = receive_one(checkpoint());
    if (ready.is_end()) {
      const wire::status_slot& status = slot();
      BOOST_TEST_REQUIRE(false, "died before READY at stage " << static_cast<int>(status.where) << ": "
                                                              << std::strerror(status.error));
    }
    BOOST_TEST_REQUIRE(static_cast<int>(ready.type()) == static_cast<int>(wire::frame_type::ready));
    inner_pid_ = static_cast<int>(ready.as<wire::ready_record>().pid);
  }

  void send(const std::string& frame, const std::vector<int>& fds = {})
  {
    const int error = send_datagram(checkpoint(), frame.data(), frame.size(), fds);
    if (error != 0) throw std::runtime_error(std::string("send to child: ") + std::strerror(error));
  }
  record ask(steps list, const std::vector<int>& fds = {})
  {
    send(step_frame(wire::frame_type::step, ++last_step_, std::move(list), static_cast<unsigned>(fds.size())),
         fds);
    record answer = receive_one(checkpoint());
    BOOST_TEST_REQUIRE(!answer.is_end());
    BOOST_TEST_REQUIRE(static_cast<int>(answer.type()) == static_cast<int>(wire::frame_type::done));
    BOOST_TEST_REQUIRE(answer.id() == last_step_);
    return answer;
  }
  int step(steps list, const std::vector<int>& fds = {})
  {
    return ask(std::move(list), fds).as<wire::done_record>().error;
  }
  void proceed(steps list = {}) { send(step_frame(wire::frame_type::proceed, 0, std::move(list))); }

  // Waits for the end of file and reads the slot.
  wire::slot_state outcome()
  {
    const record end = receive_one(checkpoint());
    BOOST_TEST_REQUIRE(end.is_end());
    return wire::load_state(slot());
  }
  wire::status_slot& slot() { return spawner_.slot(slot_); }
  std::string output() { return read_all(output_.get()); }
  // Proceeds, waits for the exit and returns what it printed.
  std::string run(steps list = {}, int expected_status = 0)
  {
    proceed(std::move(list));
    const wire::slot_state state = outcome();
    if (state == wire::slot_state::failed) {
      BOOST_TEST_MESSAGE("failed at stage " << static_cast<int>(slot().where) << ": "
                                            << std::strerror(slot().error));
    }
    BOOST_TEST(static_cast<int>(state) == static_cast<int>(wire::slot_state::exec));
    const std::string text = output();
    BOOST_TEST(spawner_.expect_exited(id_) == expected_status);
    return text;
  }

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

inline std::vector<std::string> shell(std::string script)
{
  return {"/bin/sh", "-c", std::move(script)};
}

inline void kill_pidfd(int pidfd, int signal)
{
  if (::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0) != 0) fail_errno("pidfd_send_signal");
}

inline bool process_exists(int pid)
{
  return ::kill(pid, 0) == 0 || errno == EPERM;
}

} // namespace linx::test::spawner
