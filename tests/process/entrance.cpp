// What names the process behind a pidfd, read from the text that the kernel shows about one.

#include "ns/process_directory.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(process_entrance)

using linx::detail::pid_of_fdinfo;

// As fs/proc/fd.c and kernel/pid.c print it; -1 after the end, 0 outside its pid namespace.
BOOST_AUTO_TEST_CASE(the_pid_of_a_pidfd)
{
  BOOST_TEST(pid_of_fdinfo("pos:\t0\nflags:\t02000002\nmnt_id:\t15\nino:\t1054\nPid:\t4711\nNSpid:\t4711\n")
                 .value() == 4711);
  BOOST_TEST(pid_of_fdinfo("pos:\t0\nPid:\t-1\nNSpid:\t-1\n").value() == -1);
  BOOST_TEST(pid_of_fdinfo("pos:\t0\nPid:\t0\n").value() == 0);
}

// A descriptor of anything else has no such line, and a number that is none is not read as one.
BOOST_AUTO_TEST_CASE(no_pidfd)
{
  BOOST_TEST(!pid_of_fdinfo("pos:\t0\nflags:\t0100000\nmnt_id:\t29\nino:\t7\n"));
  BOOST_TEST(!pid_of_fdinfo("pos:\t0\nNSpid:\t4711\n"));
  BOOST_TEST(!pid_of_fdinfo("pos:\t0\nPid:"));
  BOOST_TEST(!pid_of_fdinfo("pos:\t0\nPid:\t\n"));
  BOOST_TEST(!pid_of_fdinfo("pos:\t0\nPid:\t99999999999999999999\n"));
  BOOST_TEST(!pid_of_fdinfo(""));
}

BOOST_AUTO_TEST_SUITE_END()
