// What a child costs in system calls: of the host, the spawner and the child up to execve, counted by
// ptrace(2). Each is a price that every machine pays, so their number is kept. docs/spawner.md says what they
// are for.

#include "process/support.hpp"

#include <linx/core/spawn.hpp>

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <sys/ptrace.h>
#include <sys/wait.h>

BOOST_AUTO_TEST_SUITE(process_system_calls_kernel)

using namespace linx;
using namespace linx::test;

namespace {

/// A sanitizer has calls of its own.
bool is_sanitized()
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  BOOST_TEST_MESSAGE("skipped: a sanitizer has system calls of its own");
  return true;
#else
  return false;
#endif
}

task<> live(int count, bool by_itself)
{
  for (int i = 0; i != count; ++i) {
    process_options options("/bin/true");
    if (by_itself) options.auto_proceed();
    LINX_TRY(auto child, co_await process::spawn(std::move(options)));
    LINX_TRYV(co_await child.ready());
    if (!by_itself) {
      LINX_TRYV(co_await child.proceed());
    }
    LINX_TRYV(co_await child.wait());
  }
  co_return success();
}

/// The traced host. It has a context of its own, as any program.
[[noreturn]] void be_host(int count, bool by_itself)
{
  ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
  ::raise(SIGSTOP);
  bool succeeded = false;
  {
    asio::io_context io(1);
    spawn(io, live(count, by_itself), [&](result<> ended) { succeeded = ended.has_value(); });
    io.run();
  }
  ::_exit(succeeded ? 0 : 1);
}

bool enters_system_call(pid_t thread)
{
  __ptrace_syscall_info info{};
  const auto size = reinterpret_cast<void*>(sizeof info); // the number itself, as ptrace(2) has it
  return ::ptrace(PTRACE_GET_SYSCALL_INFO, thread, size, &info) > 0 && info.op == PTRACE_SYSCALL_INFO_ENTRY;
}

/// All system calls of a host with so many children one after the other, but for those of the programs.
class tracer {
public:
  int count(int children, bool by_itself)
  {
    const pid_t host = ::fork();
    if (host == 0) be_host(children, by_itself);
    int status = 0;
    BOOST_TEST_REQUIRE(::waitpid(host, &status, 0) == host);
    constexpr long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                             PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    BOOST_TEST_REQUIRE(::ptrace(PTRACE_SETOPTIONS, host, nullptr, options) == 0);
    ::ptrace(PTRACE_SYSCALL, host, nullptr, nullptr);
    for (;;) {
      const pid_t thread = ::waitpid(-1, &status, __WALL);
      BOOST_TEST_REQUIRE(thread > 0);
      if (WIFSTOPPED(status))
        take_stop(thread, status);
      else if (thread == host)
        break;
    }
    BOOST_TEST(WIFEXITED(status));
    BOOST_TEST(WEXITSTATUS(status) == 0);
    BOOST_TEST(executed_ == children + 1); // the spawner, and each program
    return calls_;
  }

private:
  void take_stop(pid_t thread, int status)
  {
    constexpr int system_call = SIGTRAP | 0x80; // PTRACE_O_TRACESYSGOOD
    const int signo = WSTOPSIG(status);
    const int event = status >> 16;
    const bool is_program = event == PTRACE_EVENT_EXEC && executed_++ > 0;
    if (is_program) {
      ::ptrace(PTRACE_DETACH, thread, nullptr, nullptr);
      return;
    }
    if (signo == system_call && enters_system_call(thread)) ++calls_;
    const bool is_ours = signo == system_call || signo == SIGSTOP || event != 0;
    ::ptrace(PTRACE_SYSCALL, thread, nullptr, is_ours ? 0L : static_cast<long>(signo));
  }

  int calls_ = 0;
  int executed_ = 0;
};

/// The start and the end of a host cost as much with few children as with many. Of three tries the least:
/// beside a load somebody wakes for nothing now and then.
double calls_per_child(bool by_itself)
{
  constexpr int few = 10, many = 60;
  double least = 1000;
  for (int attempt = 0; attempt != 3; ++attempt) {
    const int less = tracer().count(few, by_itself);
    const int more = tracer().count(many, by_itself);
    least = std::min(least, double(more - less) / (many - few));
  }
  return least;
}

} // namespace

BOOST_AUTO_TEST_CASE(of_a_child_with_a_checkpoint)
{
  if (is_sanitized()) return;
  const double calls = calls_per_child(false);
  BOOST_TEST_MESSAGE(calls << " system calls for a child with a checkpoint");
  BOOST_TEST(calls <= 58);
}

BOOST_AUTO_TEST_CASE(of_a_child_that_proceeds_by_itself)
{
  if (is_sanitized()) return;
  const double calls = calls_per_child(true);
  BOOST_TEST_MESSAGE(calls << " system calls for a child that proceeds by itself");
  BOOST_TEST(calls <= 42);
}

BOOST_AUTO_TEST_SUITE_END()
