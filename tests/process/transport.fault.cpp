// The host's sendmsg(2) fails for want of memory or of descriptors in flight: what passes is waited for, what
// stays ends one session, and nothing spins or holds up the next.
#include "process/support.hpp"

#include <atomic>
#include <cerrno>
#include <sys/socket.h>
#include <sys/syscall.h>

BOOST_AUTO_TEST_SUITE(process_transport_fault)

using namespace linx;
using namespace linx::test;

namespace {

std::atomic<int> failing_sends{0};
std::atomic<int> errno_of_sends{0};
std::atomic<int> failed_sends{0};

} // namespace

// In the place of the C library's, for the whole test program.
extern "C" ssize_t sendmsg(int socket, const msghdr* message, int flags)
{
  if (failing_sends.load() > 0 && failing_sends.fetch_sub(1) > 0) {
    ++failed_sends;
    errno = errno_of_sends.load();
    return -1;
  }
  return ::syscall(SYS_sendmsg, socket, message, flags);
}

namespace {

struct broken_sends {
  broken_sends(int errnum, int count)
  {
    errno_of_sends = errnum;
    failed_sends = 0;
    failing_sends = count;
  }
  ~broken_sends() { failing_sends = 0; }
  broken_sends(const broken_sends&) = delete;
  broken_sends& operator=(const broken_sends&) = delete;
};

task<> sends_that_fail_for_a_while(int errnum)
{
  // With a first one that has to start the spawner, and another that finds it there.
  for (int i = 0; i != 2; ++i) {
    const broken_sends broken(errnum, 3);
    LINX_TRY(auto child, co_await process::spawn(shell("exit 7").auto_proceed()));
    LINX_TRY(const auto end, co_await child.wait());
    BOOST_TEST(end.code() == 7);
    BOOST_TEST(failed_sends == 3);
  }
  co_return success();
}

task<> sends_that_fail_for_good(int errnum)
{
  {
    const broken_sends broken(errnum, 1'000'000);
    LINX_TRY(auto child, co_await process::spawn(shell("exit 7").auto_proceed()));
    const auto end = co_await child.wait();
    BOOST_TEST((end.has_error() && end.error().errnum() == errnum), why(end));
    BOOST_TEST(failed_sends <= 200); // with a pause between them
  }
  LINX_TRY(auto next, co_await process::spawn(shell("exit 8").auto_proceed()));
  LINX_TRY(const auto end, co_await next.wait());
  BOOST_TEST(end.code() == 8);
  co_return success();
}

} // namespace

BOOST_AUTO_TEST_CASE(what_passes_is_waited_for)
{
  for (const int errnum : {ENOBUFS, ENOMEM, ETOOMANYREFS, EAGAIN})
    run_body(sends_that_fail_for_a_while(errnum));
}

BOOST_AUTO_TEST_CASE(what_stays_ends_one_session)
{
  for (const int errnum : {ENOBUFS, ETOOMANYREFS}) run_body(sends_that_fail_for_good(errnum));
}

BOOST_AUTO_TEST_SUITE_END()
