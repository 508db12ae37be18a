// Limits and CPU sets as text, and what the options refuse, without a kernel.

#include <linx/process/options.hpp>

#include <boost/test/unit_test.hpp>

#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/resource.h>

BOOST_AUTO_TEST_SUITE(process_resources)

using namespace linx;
using namespace std::chrono_literals;

namespace {

process_options program()
{
  return process_options("/bin/true");
}

bool refused(const process_options& options, std::string_view part)
{
  const auto r = options.validate();
  if (r) return false;
  BOOST_TEST((r.error().where() == stage::argument));
  BOOST_TEST(r.error().message().find(part) != std::string::npos, r.error().message());
  return true;
}

} // namespace

// What is printed parses back to an equal value.
BOOST_AUTO_TEST_CASE(limits_as_text)
{
  for (const char* text :
       {"nofile=1024", "core=0:unlimited", "cpu=1:2", "rttime=unlimited", "msgqueue=819200"}) {
    const auto l = resource_limit::parse(text);
    BOOST_REQUIRE(l);
    BOOST_TEST(to_string(l.value()) == text);
  }
  BOOST_TEST((resource_limit::parse("nofile=1:2").value() == resource_limit(RLIMIT_NOFILE, 1, 2)));
  for (const auto* text : {"NOFILE=1:2", "NoFile=1:2", "RLIMIT_NOFILE=1:2", "rlimit_nofile=1:2"})
    BOOST_TEST((resource_limit::parse(text).value() == resource_limit(RLIMIT_NOFILE, 1, 2)));
  for (const char* text :
       {"", "nofile", "nofile=", "nofile=x", "files=1", "nofile=1:", "nofile=1:2:3", "nofile=-1"})
    BOOST_TEST(!resource_limit::parse(text), text);
}

BOOST_AUTO_TEST_CASE(cpus_as_text)
{
  for (const char* text : {"0", "0-3", "0-3,8", "63-64", "1,3,5", "200"}) {
    const auto set = cpu_set::parse(text);
    BOOST_REQUIRE(set);
    BOOST_TEST(to_string(set.value()) == text);
  }
  BOOST_TEST(to_string(cpu_set().add(2).add(1)) == "1-2");
  for (const char* text : {"", ",", "0,", "3-1", "a", "0-", "-1", "8192", "unlimited"})
    BOOST_TEST(!cpu_set::parse(text), text);
}

// Everything that no kernel would take, each with the value in the message.
BOOST_AUTO_TEST_CASE(mistakes)
{
  const auto with = [](resources r) { return program().resources(std::move(r)); };
  BOOST_TEST(refused(with(resources().nice(20)), "nice value 20"));
  BOOST_TEST(refused(with(resources().oom_score_adj(-1001)), "-1001"));
  BOOST_TEST(refused(with(resources().limit(resource_limit(RLIMIT_NOFILE, 2, 1))), "nofile=2:1"));
  BOOST_TEST(refused(with(resources().limit(resource_limit(99, 1, 1))), "resource 99"));
  BOOST_TEST(refused(with(resources().schedule(SCHED_FIFO, 0)), "priority 0"));
  BOOST_TEST(refused(with(resources().schedule(SCHED_BATCH, 5)), "priority 5"));
  BOOST_TEST(refused(with(resources().schedule(77)), "policy 77"));
  BOOST_TEST(refused(with(resources().affinity(cpu_set())), "empty set"));
  BOOST_TEST(refused(with(resources().affinity(cpu_set().add(4000000000))), "8192"));
  const auto as = [](credentials c) { return program().credentials(std::move(c)); };
  BOOST_TEST(refused(as(credentials().uid(static_cast<uid_t>(-1))), "4294967295"));
  BOOST_TEST(refused(as(credentials().capabilities(2, 1, 0)), "effective"));
  BOOST_TEST(refused(as(credentials().capabilities(1, 1, 0).ambient(1)), "ambient"));
  BOOST_TEST(refused(as(credentials().drop_bounding(1).ambient(1)), "bounding"));
  BOOST_TEST(refused(as(credentials().keyring(std::string("a\0b", 3))), "NUL"));
  BOOST_TEST(refused(as(credentials().keyring(".kernel")), "'.kernel'"));
  BOOST_TEST(refused(as(credentials().keyring(std::string(4096, 'k'))), "4096 bytes"));
  BOOST_TEST(refused(as(credentials().groups({1}).keep_groups()), "keep_groups()"));
  BOOST_TEST(refused(as(credentials().groups({1, static_cast<gid_t>(-1)})), "group 4294967295"));
  BOOST_TEST(refused(as(credentials().ambient(1).securebits(SECBIT_NO_CAP_AMBIENT_RAISE)), "AMBIENT_RAISE"));
  BOOST_TEST(refused(program().umask(01000), "umask 512"));
  BOOST_TEST(refused(program().session().process_group(), "process group"));
  BOOST_TEST(refused(program().process_group(-2), "-2"));
  BOOST_TEST(refused(program().parent_death_signal(65), "65"));
  BOOST_TEST(refused(program().monotonic_offset(1s), "time namespace"));
  BOOST_TEST(refused(program().seccomp({}), "0 instructions"));
  BOOST_TEST(!!program().unshare("time").boottime_offset(-1s).validate());
}

BOOST_AUTO_TEST_SUITE_END()
