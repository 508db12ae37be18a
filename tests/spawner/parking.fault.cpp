// A parked child whose end cannot be recorded, or whose controller is in want of something: nothing is lost.
#include "spawner/left_child.hpp"

#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/user.h>

BOOST_AUTO_TEST_SUITE(spawner_parking_fault)

namespace {

using namespace linx::test::spawner;
namespace wire = linx::wire;

// The files of the spawner may not grow beyond this: 0 is a disk without room.
void set_room(int spawner, rlim_t bytes)
{
  const rlimit limit{bytes, RLIM_INFINITY};
  BOOST_TEST_REQUIRE(::prlimit(spawner, RLIMIT_FSIZE, &limit, nullptr) == 0);
}

constexpr int records_of_an_end = sizeof(wire::left_record) + sizeof(wire::exited_record);

// All that there is to hear lies in the connection, unread.
bool has_arrived(const controller& at)
{
  return waits_for([&] {
    int size = 0;
    BOOST_TEST_REQUIRE(::ioctl(at.connection.get(), FIONREAD, &size) == 0);
    return size == records_of_an_end;
  });
}

descriptor pidfd_of(int pid)
{
  return descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

// The spawner as its tracer sees it, stopped at the first.
class traced {
public:
  explicit traced(int pid) : pid_(pid)
  {
    BOOST_TEST_REQUIRE(::ptrace(PTRACE_SEIZE, pid, nullptr, PTRACE_O_TRACESYSGOOD) == 0);
    BOOST_TEST_REQUIRE(::ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr) == 0);
    await_stop();
  }
  ~traced() { ::ptrace(PTRACE_DETACH, pid_, nullptr, nullptr); }
  traced(const traced&) = delete;
  traced& operator=(const traced&) = delete;

  // Its next call of that kind is not made, and fails.
  void fail_next(unsigned long long number, int errnum)
  {
    user_regs_struct registers{};
    do {
      registers = go_to_syscall();
    } while (registers.orig_rax != number || static_cast<long>(registers.rax) != -ENOSYS);
    registers.orig_rax = ~0ull;
    BOOST_TEST_REQUIRE(::ptrace(PTRACE_SETREGS, pid_, nullptr, &registers) == 0);
    registers = go_to_syscall();
    registers.rax = static_cast<unsigned long long>(-static_cast<long long>(errnum));
    BOOST_TEST_REQUIRE(::ptrace(PTRACE_SETREGS, pid_, nullptr, &registers) == 0);
  }

private:
  int await_stop()
  {
    int status = 0;
    BOOST_TEST_REQUIRE(waits_for([&] { return ::waitpid(pid_, &status, __WALL | WNOHANG) == pid_; }));
    BOOST_TEST_REQUIRE(WIFSTOPPED(status));
    return WSTOPSIG(status);
  }
  user_regs_struct go_to_syscall()
  {
    do {
      BOOST_TEST_REQUIRE(::ptrace(PTRACE_SYSCALL, pid_, nullptr, nullptr) == 0);
    } while (await_stop() != (SIGTRAP | 0x80));
    user_regs_struct registers{};
    BOOST_TEST_REQUIRE(::ptrace(PTRACE_GETREGS, pid_, nullptr, &registers) == 0);
    return registers;
  }

  int pid_;
};

} // namespace

// It is gone with the end of the child in its socket: the next one is told.
BOOST_AUTO_TEST_CASE(an_end_that_was_sent_and_not_read_is_not_told)
{
  left_child one;
  const int spawner = one.spawner->pid();
  const descriptor end_of_spawner = pidfd_of(spawner);
  one.leave();
  set_room(spawner, 0);
  for (int i = 0; i != 2; ++i) {
    controller first(one.directory);
    if (i == 0) first.proceed();
    if (i == 0) BOOST_TEST_REQUIRE(has_arrived(first));
    if (i == 1) BOOST_TEST(wait_readable(first.connection.get()));
  }
  controller next(one.directory);
  BOOST_TEST(next.expect_exited() == 3);
  BOOST_TEST(!one.directory.has("child.exit"));
  // Read, and it is told, without a word more of the controller.
  BOOST_TEST(receive_one(next.connection.get()).is_end());
  BOOST_TEST(wait_readable(end_of_spawner.get()));
  BOOST_TEST(!one.directory.has("child"));
  BOOST_TEST(!one.directory.has("child.exit"));
}

// Read as the last it did: that counts.
BOOST_AUTO_TEST_CASE(an_end_that_was_read_is_told)
{
  left_child one;
  const int spawner = one.spawner->pid();
  const descriptor end_of_spawner = pidfd_of(spawner);
  one.leave();
  set_room(spawner, 0);
  {
    controller first(one.directory);
    first.proceed();
    first.expect_left();
    BOOST_TEST(first.expect_exited() == 3);
  }
  BOOST_TEST(wait_readable(end_of_spawner.get()));
  BOOST_TEST(!one.directory.has("child"));
}

BOOST_AUTO_TEST_CASE(an_end_is_recorded_when_there_is_room_again)
{
  left_child one;
  const int spawner = one.spawner->pid();
  const descriptor end_of_spawner = pidfd_of(spawner);
  one.leave();
  set_room(spawner, 0);
  {
    controller first(one.directory);
    first.proceed();
    BOOST_TEST_REQUIRE(has_arrived(first));
  }
  BOOST_TEST(!wait_readable(end_of_spawner.get(), 100));
  set_room(spawner, RLIM_INFINITY);
  BOOST_TEST(wait_readable(end_of_spawner.get()));
  BOOST_TEST(read_file(one.directory.path("child.exit")).find("\nstatus=3\n") != std::string::npos);
}

// What the kernel has no memory for passes; the controller stays, and its word comes through.
BOOST_AUTO_TEST_CASE(a_controller_is_not_dropped_for_want_of_memory)
{
  if (::geteuid() != 0) {
    BOOST_TEST_MESSAGE("skipped: takes root, to trace what is not dumpable");
    return;
  }
  left_child one;
  const int spawner = one.spawner->pid();
  one.leave();
  controller first(one.directory);
  first.attached();
  wire::kill_request kill{};
  kill.header = {sizeof kill, wire::version, 0, wire::frame_type::kill, 0};
  {
    traced tracer(spawner);
    BOOST_TEST(send_datagram(first.connection.get(), &kill, sizeof kill) == 0);
    for (const int error : {ENOMEM, ENOBUFS, ENOMEM, ETOOMANYREFS}) tracer.fail_next(SYS_recvmsg, error);
  }
  BOOST_TEST(static_cast<int>(first.expect_left()) == static_cast<int>(wire::slot_state::idle));
  BOOST_TEST(first.expect_exited() == 128 + SIGKILL);
}

// And what it has to say waits for as long as there is no room for it.
BOOST_AUTO_TEST_CASE(what_a_controller_is_told_waits_for_room)
{
  if (::geteuid() != 0) {
    BOOST_TEST_MESSAGE("skipped: takes root, to trace what is not dumpable");
    return;
  }
  constexpr int more_than_half_a_second = 120;
  left_child one;
  const int spawner = one.spawner->pid();
  one.leave();
  controller first(one.directory);
  {
    traced tracer(spawner);
    first.proceed();
    for (int i = 0; i != more_than_half_a_second; ++i) tracer.fail_next(SYS_sendmsg, ENOBUFS);
  }
  BOOST_TEST(static_cast<int>(first.expect_left()) == static_cast<int>(wire::slot_state::exec));
  BOOST_TEST(first.expect_exited() == 3);
}

// The name is another's by now.
BOOST_AUTO_TEST_CASE(a_socket_of_others_stays)
{
  left_child one;
  one.leave();
  const std::string path = one.directory.path("child");
  controller first(one.directory);
  BOOST_TEST(::rename(path.c_str(), one.directory.path("before").c_str()) == 0);
  const descriptor other = listen_at(path);
  first.proceed();
  first.expect_left();
  BOOST_TEST(first.expect_exited() == 3);
  BOOST_TEST(receive_one(first.connection.get()).is_end());
  BOOST_TEST(one.directory.has("child.exit"));
  BOOST_TEST(one.directory.has("child"));
}

BOOST_AUTO_TEST_SUITE_END()
