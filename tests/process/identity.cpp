// What of the host's privilege can be seen, and that nothing is taken for the same that is not.

#include "process/identity.hpp"

#include "harness/namespaces.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace linx;
using namespace linx::detail;

BOOST_AUTO_TEST_SUITE(process_identity)

BOOST_AUTO_TEST_CASE(status_lines_are_found)
{
  const auto s =
      parse_status("Name:\tx\nUmask:\t0027\nCapInh:\t0\nCapPrm:\t1\nCapBnd:\t2\nCapAmb:\t3\nSeccomp:\t0\n");
  BOOST_TEST(s.umask == 027);
  BOOST_TEST(s.capabilities == "CapInh:\t0\nCapBnd:\t2\nCapAmb:\t3\n");
}

BOOST_AUTO_TEST_CASE(a_status_that_is_odd_is_unknown)
{
  BOOST_TEST(parse_status("").umask == -1);
  BOOST_TEST(parse_status("Umask:").umask == -1);
  BOOST_TEST(parse_status("Umask:\t").umask == -1);
  BOOST_TEST(parse_status("Umask:\t09\n").umask == -1);
  BOOST_TEST(parse_status("Umask:\t77777\n").umask == -1);
  BOOST_TEST(parse_status("XUmask:\t0022\n").umask == -1);
}

BOOST_AUTO_TEST_CASE(it_is_what_the_kernel_says)
{
  const auto former = ::umask(0031);
  const auto now = host_identity::current();
  ::umask(former);
  BOOST_TEST(now.umask == 0031);
  BOOST_TEST(now.credentials.euid == ::geteuid());
  BOOST_TEST(now.user_namespace != 0u);
  BOOST_TEST(now.same_privilege(host_identity::current()));
}

BOOST_AUTO_TEST_CASE(less_privilege_is_not_the_same)
{
  const int changed = test::run_in_child([] {
    const auto before = host_identity::current();
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 1;
    return before.same_privilege(host_identity::current()) ? 2 : 0;
  });
  BOOST_TEST(changed == 0);
  if (::geteuid() != 0) return;
  const int bounding = test::run_in_child([] {
    const auto before = host_identity::current();
    if (::prctl(PR_CAPBSET_DROP, 0, 0, 0, 0) != 0) return 1;
    return before.same_privilege(host_identity::current()) ? 2 : 0;
  });
  BOOST_TEST(bounding == 0);
}

BOOST_AUTO_TEST_SUITE_END()
