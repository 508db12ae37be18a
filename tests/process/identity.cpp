// What of the host's privilege can be seen, and that nothing is taken for the same that is not.

#include "process/identity.hpp"

#include "harness/namespaces.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <grp.h>
#include <numeric>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

BOOST_AUTO_TEST_SUITE(process_identity)

using namespace linx;
using namespace linx::detail;

BOOST_AUTO_TEST_CASE(it_is_what_the_kernel_says)
{
  const auto former = ::umask(0031);
  const auto now = identity_reader().read();
  ::umask(former);
  BOOST_TEST(now.status.umask == 0031);
  BOOST_TEST(now.credentials.euid == ::geteuid());
  BOOST_TEST(now.credentials.rgid == ::getgid());
  BOOST_TEST(now.user_namespace != 0u);
  BOOST_TEST(now.same_privilege(identity_reader().read()));
}

// The reader keeps files open: each change between two calls must be seen all the same.
BOOST_AUTO_TEST_CASE(a_reader_that_is_used_again_sees_each_change)
{
  const int seen = test::run_in_child([] {
    identity_reader reader;
    const auto before = reader.read();
    if (!before.same_privilege(reader.read())) return 1;
    ::umask(0123);
    if (reader.read().status.umask != 0123) return 2;
    if (::geteuid() == 0) {
      if (::prctl(PR_CAPBSET_DROP, 0, 0, 0, 0) != 0) return 3;
      if (reader.read().status.bounding != (before.status.bounding & ~std::uint64_t{1})) return 4;
    }
    const auto then = reader.read();
    if (::unshare(CLONE_NEWUSER) != 0) {
#ifdef __SANITIZE_THREAD__ // it starts a thread after fork(), and unshare(2) wants one alone
      if (errno == EINVAL) return test::skip_child("the thread sanitizer's thread keeps the user namespace");
#endif
      return ::geteuid() == 0 ? 5 : 0; // forbidden to ordinary users
    }
    const auto inside = reader.read();
    if (inside.user_namespace == then.user_namespace || then.same_privilege(inside)) return 6;
    // Nothing is mapped in there: the ids are those that getuid(2) says, not those outside.
    return inside.credentials.ruid == ::getuid() && inside.credentials.rgid == ::getgid() ? 0 : 7;
  });
  BOOST_TEST((seen == 0 || seen == test::child_skipped));
}

// Credentials belong to threads (credentials(7)), and the kept files to the thread that opened them.
BOOST_AUTO_TEST_CASE(a_reader_tells_of_the_thread_that_calls)
{
  if (::geteuid() != 0) return;
  identity_reader reader;
  const auto mine = reader.read();
  host_identity theirs;
  std::thread([&] {
    ::prctl(PR_CAPBSET_DROP, 0, 0, 0, 0);
    theirs = reader.read();
  }).join();
  BOOST_TEST(!mine.same_privilege(theirs));
  BOOST_TEST(mine.same_privilege(reader.read())); // and again of this one, when that one is gone
}

// A host that closes what it does not know closes these; the numbers may be another thread's files then.
BOOST_AUTO_TEST_CASE(a_reader_does_not_believe_a_strangers_descriptor)
{
  const int told = test::run_in_child([] {
    if (::geteuid() != 0) return 0;
    ::close_range(3, ~0u, 0);
    identity_reader reader;
    const auto before = reader.read();
    std::atomic<int> opened{0};
    // It lives on: a status file of a thread that has ended cannot be read.
    std::thread([&opened] {
      ::close_range(3, ~0u, 0); // its files get the lowest numbers, which are the reader's
      const bool done = ::open("/proc/thread-self/status", O_RDONLY | O_CLOEXEC) == 3 &&
                        ::open("/dev/null", O_RDONLY | O_CLOEXEC) == 4 &&
                        ::prctl(PR_CAPBSET_DROP, 0, 0, 0, 0) == 0;
      opened = done ? 1 : -1;
      opened.notify_one();
      ::pause();
    }).detach();
    opened.wait(0);
    if (opened < 0) return 1;
    const auto after = reader.read();
    return before.same_privilege(after) && after.status.bounding == before.status.bounding ? 0 : 2;
  });
  BOOST_TEST(told == 0);
}

// Such a number is no longer the reader's to close.
BOOST_AUTO_TEST_CASE(a_reader_leaves_a_strangers_descriptor_open)
{
  const int told = test::run_in_child([] {
    ::close_range(3, ~0u, 0);
    identity_reader reader;
    const auto before = reader.read();
    ::close_range(3, ~0u, 0);
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0 || ends[0] != 3 || ends[1] != 4) return 1;
    if (!before.same_privilege(reader.read())) return 2;
    return ::fcntl(3, F_GETFD) >= 0 && ::fcntl(4, F_GETFD) >= 0 ? 0 : 3;
  });
  BOOST_TEST(told == 0);
}

// The text of somebody in many groups is longer than any buffer on the stack, and the capabilities stand
// behind them.
BOOST_AUTO_TEST_CASE(thousands_of_groups_do_not_hide_the_capabilities)
{
  if (::geteuid() != 0) return;
  const int seen = test::run_in_child([] {
    std::vector<gid_t> groups(20'000);
    std::iota(groups.begin(), groups.end(), 100'000);
    if (::setgroups(groups.size(), groups.data()) != 0) return 1;
    identity_reader reader;
    const auto before = reader.read();
    if (before.status.bounding == 0) return 2;
    if (before.credentials.groups != wire::groups_hash(groups.data(), groups.size())) return 3;
    if (::prctl(PR_CAPBSET_DROP, 0, 0, 0, 0) != 0) return 4;
    return before.same_privilege(reader.read()) ? 5 : 0;
  });
  BOOST_TEST(seen == 0);
}

BOOST_AUTO_TEST_CASE(less_privilege_is_not_the_same)
{
  const int changed = test::run_in_child([] {
    const auto before = identity_reader().read();
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 1;
    return before.same_privilege(identity_reader().read()) ? 2 : 0;
  });
  BOOST_TEST(changed == 0);
  if (::geteuid() != 0) return;
  const int bounding = test::run_in_child([] {
    const auto before = identity_reader().read();
    if (::prctl(PR_CAPBSET_DROP, 0, 0, 0, 0) != 0) return 1;
    return before.same_privilege(identity_reader().read()) ? 2 : 0;
  });
  BOOST_TEST(bounding == 0);
}

BOOST_AUTO_TEST_SUITE_END()
