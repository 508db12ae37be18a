// The kernel's word about a task's privilege, read from its text; whatever is odd says nothing.

#include "spawner/task_status.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

BOOST_AUTO_TEST_SUITE(spawner_task_status)

using namespace linx::spawner;
namespace wire = linx::wire;

namespace {

const std::string whole = "Name:\tUid:\\n\n"
                          "Umask:\t0022\n"
                          "Pid:\t17\n"
                          "Uid:\t1\t2\t3\t4\n"
                          "Gid:\t5\t6\t7\t8\n"
                          "Groups:\t9 4294967294 \n"
                          "CapInh:\t0000000000000001\n"
                          "CapPrm:\t000001ffffffffff\n"
                          "CapEff:\t0000000000000000\n"
                          "CapBnd:\t00000000a80425fb\n"
                          "CapAmb:\t0000000000000010\n"
                          "NoNewPrivs:\t1\n"
                          "Seccomp:\t2\n"
                          "Seccomp_filters:\t3\n"
                          "Cpus_allowed:\t3\n";

bool read(const std::string& text, task_status& out)
{
  return read_task_status({reinterpret_cast<const std::byte*>(text.data()), text.size()}, out);
}

std::uint32_t pid_in(const std::string& text)
{
  return pid_of_fdinfo({reinterpret_cast<const std::byte*>(text.data()), text.size()});
}

std::string without(const std::string& name)
{
  const auto at = whole.find('\n' + name + ":\t") + 1;
  return whole.substr(0, at) + whole.substr(whole.find('\n', at) + 1);
}

} // namespace

BOOST_AUTO_TEST_CASE(all_of_it)
{
  task_status s;
  BOOST_REQUIRE(read(whole, s));
  BOOST_TEST(s.who.ruid == 1u);
  BOOST_TEST(s.who.euid == 2u);
  BOOST_TEST(s.who.suid == 3u);
  BOOST_TEST(s.who.rgid == 5u);
  BOOST_TEST(s.who.egid == 6u);
  BOOST_TEST(s.who.sgid == 7u);
  const std::uint32_t groups[] = {9, 4294967294};
  BOOST_TEST(s.who.groups == wire::groups_hash(groups, 2));
  BOOST_TEST(s.inheritable == 1u);
  BOOST_TEST(s.who.permitted == 0x1ffffffffffu);
  BOOST_TEST(s.bounding == 0xa80425fbu);
  BOOST_TEST(s.ambient == 0x10u);
  BOOST_TEST(s.who.no_new_privs == 1u);
  BOOST_TEST(s.who.seccomp == 2u);
  BOOST_TEST(s.who.seccomp_filters == 3u);
}

BOOST_AUTO_TEST_CASE(what_may_be_missing_and_what_may_not)
{
  task_status s;
  for (const char* name : {"Seccomp", "Seccomp_filters", "CapEff", "Umask"})
    BOOST_TEST(read(without(name), s), name);
  for (const char* name : {"Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapBnd", "CapAmb", "NoNewPrivs"})
    BOOST_TEST(!read(without(name), s), name);
}

BOOST_AUTO_TEST_CASE(no_groups)
{
  task_status s;
  std::string text = whole;
  text.replace(text.find("9 4294967294 "), 13, " ");
  BOOST_REQUIRE(read(text, s));
  BOOST_TEST(s.who.groups == wire::groups_hash(nullptr, 0));
}

// Whatever is cut off might be what counts: only at the end of a line after the last that must be there is
// nothing missing.
BOOST_AUTO_TEST_CASE(each_beginning_is_refused)
{
  task_status s;
  const std::size_t enough = whole.find("Seccomp:");
  for (std::size_t size = 0; size != whole.size(); ++size)
    BOOST_TEST(read(whole.substr(0, size), s) == (size >= enough && whole[size - 1] == '\n'), size);
}

BOOST_AUTO_TEST_CASE(odd_numbers_are_refused)
{
  task_status s;
  for (const auto& [from, to] : {std::pair{"Uid:\t1", "Uid:\tx"},
                                 {"Uid:\t1\t2\t3\t4", "Uid:\t1\t2"},
                                 {"CapPrm:\t0", "CapPrm:\tg"},
                                 {"9 42", "9 -42"}}) {
    std::string text = whole;
    text.replace(text.find(from), std::string(from).size(), to);
    BOOST_TEST(!read(text, s), to);
  }
}

BOOST_AUTO_TEST_CASE(the_number_of_a_pidfd)
{
  BOOST_TEST(pid_in("pos:\t0\nflags:\t02000002\nmnt_id:\t16\nino:\t9\nPid:\t4711\nNSpid:\t4711\n") == 4711u);
  BOOST_TEST(pid_in("pos:\t0\nPid:\t-1\nNSpid:\t-1\n") == 0u);
  BOOST_TEST(pid_in("pos:\t0\nPid:\t0\n") == 0u);
  BOOST_TEST(pid_in("pos:\t0\nNSpid:\t5\n") == 0u);
  BOOST_TEST(pid_in("") == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
