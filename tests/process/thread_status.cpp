// Who a thread is, from the text of /proc/thread-self/status: all of it, and each change of it.

#include "process/thread_status.hpp"

#include <boost/test/unit_test.hpp>

#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

BOOST_AUTO_TEST_SUITE(process_thread_status)

using namespace linx;
using namespace linx::detail;

namespace {

using lines = std::vector<std::pair<std::string, std::string>>;

lines usual()
{
  return {{"Name", "server"},
          {"Umask", "0027"},
          {"State", "R (running)"},
          {"Pid", "4711"},
          {"Uid", "1000\t1001\t1002\t1003"},
          {"Gid", "2000\t2001\t2002\t2003"},
          {"Groups", "4 24 65534 "},
          {"VmRSS", "    1784 kB"},
          {"CapInh", "0000000000000001"},
          {"CapPrm", "0000000000000003"},
          {"CapEff", "0000000000000002"},
          {"CapBnd", "000001ffffffffff"},
          {"CapAmb", "0000000000000001"},
          {"NoNewPrivs", "1"},
          {"Seccomp", "2"},
          {"Seccomp_filters", "1"}};
}

std::string text_of(const lines& all)
{
  std::string text;
  for (const auto& [name, value] : all) text += name + ":\t" + value + '\n';
  return text;
}

lines with(std::string_view name, std::string value)
{
  auto all = usual();
  for (auto& line : all)
    if (line.first == name) line.second = value;
  return all;
}

lines without(std::string_view name)
{
  auto all = usual();
  std::erase_if(all, [&](const auto& line) { return line.first == name; });
  return all;
}

} // namespace

BOOST_AUTO_TEST_CASE(all_that_counts_is_read)
{
  thread_status s;
  BOOST_REQUIRE(s.take(text_of(usual())));
  BOOST_TEST(s.thread() == 4711);
  BOOST_TEST(s.lines().umask == 027);
  BOOST_TEST(s.lines().inheritable == 1u);
  BOOST_TEST(s.lines().bounding == 0x1ffffffffffu);
  BOOST_TEST(s.lines().ambient == 1u);
  const auto& c = s.credentials();
  BOOST_TEST((c.ruid == 1000 && c.euid == 1001 && c.suid == 1002));
  BOOST_TEST((c.rgid == 2000 && c.egid == 2001 && c.sgid == 2002));
  const std::uint32_t groups[] = {4, 24, 65534};
  BOOST_TEST(c.groups == wire::groups_hash(groups, 3));
  BOOST_TEST(c.permitted == 3u);
  BOOST_TEST(c.no_new_privs == 1);
  BOOST_TEST(c.seccomp == 2);
}

BOOST_AUTO_TEST_CASE(nobody_need_be_in_a_group)
{
  thread_status s;
  BOOST_REQUIRE(s.take(text_of(with("Groups", " "))));
  BOOST_TEST(s.credentials().groups == wire::groups_hash(nullptr, 0));
}

// CONFIG_SECCOMP
BOOST_AUTO_TEST_CASE(a_kernel_may_be_without_seccomp)
{
  thread_status s;
  BOOST_REQUIRE(s.take(text_of(without("Seccomp"))));
  BOOST_TEST(s.credentials().seccomp == 0);
}

// A text is compared with the one before where that had its lines: no change may slip through there.
BOOST_AUTO_TEST_CASE(each_change_is_seen)
{
  const std::pair<const char*, const char*> changes[] = {
      {"Umask", "0022"},
      {"Pid", "4712"},
      {"Uid", "1000\t1001\t1009\t1003"},
      {"Gid", "2009\t2001\t2002\t2003"},
      {"Groups", "4 25 65534 "},
      {"CapInh", "0000000000000000"},
      {"CapPrm", "0000000000000001"},
      {"CapBnd", "000001fffffffffe"},
      {"CapAmb", "0000000000000000"},
      {"NoNewPrivs", "0"},
      {"Seccomp", "0"},
  };
  for (const auto& [name, value] : changes) {
    BOOST_TEST_CONTEXT(name)
    {
      thread_status afresh, again;
      BOOST_REQUIRE(again.take(text_of(usual())));
      BOOST_REQUIRE(again.take(text_of(usual())));
      BOOST_REQUIRE(again.take(text_of(with(name, value))));
      BOOST_REQUIRE(afresh.take(text_of(with(name, value))));
      BOOST_TEST(again.thread() == afresh.thread());
      BOOST_TEST(again.lines().umask == afresh.lines().umask);
      BOOST_TEST(again.lines().same_capabilities(afresh.lines()));
      BOOST_TEST(std::memcmp(&again.credentials(), &afresh.credentials(), sizeof(wire::credentials)) == 0);
    }
  }
}

// The numbers before them move the lines.
BOOST_AUTO_TEST_CASE(a_line_may_stand_elsewhere_the_next_time)
{
  thread_status s;
  BOOST_REQUIRE(s.take(text_of(usual())));
  auto moved = with("VmRSS", "  123456789 kB");
  for (auto& line : moved)
    if (line.first == "CapBnd") line.second = "0000000000000007";
  BOOST_REQUIRE(s.take(text_of(moved)));
  BOOST_TEST(s.lines().bounding == 7u);
  BOOST_REQUIRE(s.take(text_of(with("Name", "x"))));
  BOOST_TEST(s.lines().bounding == 0x1ffffffffffu);
}

BOOST_AUTO_TEST_CASE(what_is_odd_is_unknown)
{
  for (const auto* name :
       {"Umask", "Pid", "Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapBnd", "CapAmb", "NoNewPrivs"}) {
    BOOST_TEST_CONTEXT(name)
    {
      thread_status s;
      BOOST_REQUIRE(s.take(text_of(usual())));
      BOOST_TEST(!s.take(text_of(without(name))));
      BOOST_TEST(s.lines().umask == -1);
      BOOST_TEST(!s.take(text_of(with(name, "x"))));
      BOOST_TEST(!s.take(text_of(with(name, "99999999999999999999"))));
      BOOST_TEST(s.take(text_of(usual())));
    }
  }
  thread_status s;
  BOOST_TEST(!s.take(""));
  BOOST_TEST(!s.take("Umask"));
  BOOST_TEST(!s.take(text_of(with("Umask", "09"))));
  BOOST_TEST(!s.take(text_of(with("Umask", "77777"))));
  BOOST_TEST(!s.take(text_of(with("Uid", "1\t2"))));
  const auto whole = text_of(usual());
  for (std::size_t size = 0; size < whole.find("Seccomp") - 1; ++size) {
    BOOST_TEST_CONTEXT(size)
    {
      BOOST_TEST(!s.take(whole.substr(0, size)));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
