// The table of kinds against what the kernel and the C library call them.
#include <linx/ns/kind.hpp>

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

#include <sched.h>
#include <sys/stat.h>

BOOST_AUTO_TEST_SUITE(ns_kind)

using namespace linx;
using ns::kind;

BOOST_AUTO_TEST_CASE(names_are_those_of_proc)
{
  for (const auto k : ns::all_kinds) {
    const std::string name(ns::to_string(k));
    BOOST_TEST((ns::parse_kind(name) == k));
    struct stat entry {};
    BOOST_TEST(::lstat(("/proc/self/ns/" + name).c_str(), &entry) == 0);
  }
  BOOST_TEST((ns::parse_kind("mount") == kind::mount));
  BOOST_TEST((!ns::parse_kind("")));
  BOOST_TEST((!ns::parse_kind("network")));
  BOOST_TEST((!ns::parse_kind("pid_for_children")));
}

BOOST_AUTO_TEST_CASE(flags_are_distinct_and_reversible)
{
  std::set<int> flags;
  for (const auto k : ns::all_kinds) {
    flags.insert(ns::clone_flag(k));
    BOOST_TEST((ns::kind_of(ns::clone_flag(k)) == k));
  }
  BOOST_TEST(flags.size() == ns::all_kinds.size());
  BOOST_TEST(ns::clone_flag(kind::net) == CLONE_NEWNET);
  BOOST_TEST(ns::clone_flag(kind::mount) == CLONE_NEWNS);
  BOOST_TEST((!ns::kind_of(0)));
  BOOST_TEST((!ns::kind_of(CLONE_NEWNET | CLONE_NEWUTS)));
}

BOOST_AUTO_TEST_CASE(each_kind_has_stages_that_name_it)
{
  for (const auto k : ns::all_kinds) {
    const std::string name(ns::to_string(k));
    BOOST_TEST(to_string(ns::open_stage(k)) == "open_ns_" + name);
    BOOST_TEST(to_string(ns::setns_stage(k)) == "setns_" + name);
  }
}

BOOST_AUTO_TEST_SUITE_END()
