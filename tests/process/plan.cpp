// Plans as values: what is refused ahead, and what they say.
#include "harness/value.hpp"

#include <linx/io/unique_fd.hpp>
#include <linx/process/steps.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

BOOST_AUTO_TEST_SUITE(process_plan)

using namespace linx;

namespace {

std::string refusal(const checkpoint_plan& plan)
{
  const auto valid = plan.validate();
  if (valid) return std::string();
  BOOST_TEST((valid.error().where() == stage::argument));
  return std::string(valid.error().object());
}

std::string refusal(checkpoint_step one)
{
  checkpoint_plan plan;
  return refusal(plan.add(std::move(one)));
}

std::vector<sock_filter> allow_all()
{
  return {sock_filter{0x06, 0, 0, 0x7fff0000}}; // BPF_RET, SECCOMP_RET_ALLOW
}

std::shared_ptr<const io::unique_fd> some_descriptor()
{
  return std::make_shared<const io::unique_fd>(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

} // namespace

BOOST_AUTO_TEST_CASE(a_plan_says_its_steps_by_number)
{
  checkpoint_plan plan;
  plan.add(step::umask(022))
      .add(step::mount("proc", "/proc", "proc"))
      .add(step::limit({RLIMIT_NOFILE, 64, 64}));
  plan.add(step::ids(1000, 100)).add(step::schedule(SCHED_BATCH)).add(step::drop_bounding(0x20));
  BOOST_TEST(to_string(plan) == "1. umask 022\n"
                                "2. mount 'proc' on '/proc'\n"
                                "3. limit nofile=64\n"
                                "4. uid 1000, gid 100\n"
                                "5. policy SCHED_BATCH, priority 0\n"
                                "6. bounding set without 0x20\n");
}

BOOST_AUTO_TEST_CASE(plans_are_compared_by_what_they_do)
{
  const auto fd = some_descriptor();
  const checkpoint_plan one{step::nice(3), step::landlock(fd)};
  const checkpoint_plan same{step::nice(3), step::landlock(fd)};
  const checkpoint_plan other{step::landlock(fd), step::nice(3)};
  BOOST_TEST((one == same));
  BOOST_TEST((one != other));
  BOOST_TEST((step::nice(3) != step::nice(4)));
  BOOST_TEST((step::landlock(fd) != step::landlock(some_descriptor())));
  BOOST_TEST((step::uid(1) != step::gid(1)));
}

BOOST_AUTO_TEST_CASE(credentials_and_resources_are_their_steps)
{
  checkpoint_plan plan;
  plan.add(resources().nice(1).limit({RLIMIT_CORE, 0, 0}));
  plan.add(credentials().uid(7).gid(8).ambient(1u << CAP_NET_RAW).drop_bounding(1u << CAP_SYS_TIME));
  checkpoint_plan steps;
  steps.add(step::nice(1)).add(step::limit({RLIMIT_CORE, 0, 0}));
  steps.add(step::drop_bounding(1u << CAP_SYS_TIME)).add(step::groups({})).add(step::ids(7, 8, true));
  steps.add(step::capabilities(1u << CAP_NET_RAW, 1u << CAP_NET_RAW, 1u << CAP_NET_RAW));
  steps.add(step::ambient(1u << CAP_NET_RAW));
  BOOST_TEST(to_string(plan) == to_string(steps));
  BOOST_TEST((plan == steps));
  BOOST_TEST(refusal(plan) == "");
}

BOOST_AUTO_TEST_CASE(what_no_kernel_takes_is_refused_by_name)
{
  BOOST_TEST(refusal(step::umask(01000)) == "step 1, umask 01000; permission bits are 0 to 0777");
  BOOST_TEST(refusal(step::hostname("")).find("1 to 64 bytes") != std::string::npos);
  BOOST_TEST(refusal(step::hostname(std::string(65, 'x'))).find("1 to 64 bytes") != std::string::npos);
  BOOST_TEST(refusal(step::mount("none", "", "tmpfs")).find("target is empty") != std::string::npos);
  BOOST_TEST(refusal(step::mount(std::string("a\0b", 3), "/", "")).find("NUL") != std::string::npos);
  BOOST_TEST(refusal(step::pivot_root("")).find("empty") != std::string::npos);
  BOOST_TEST(refusal(step::cwd("")).find("empty") != std::string::npos);
  BOOST_TEST(refusal(step::sysctl("vm.swappiness", "1")).find("whole machine") != std::string::npos);
  BOOST_TEST(refusal(step::sysctl("../x", "1")) != "");
  BOOST_TEST(refusal(step::limit({RLIMIT_NOFILE, 2, 1})).find("above the hard one") != std::string::npos);
  BOOST_TEST(refusal(step::nice(20)) != "");
  BOOST_TEST(refusal(step::oom_score_adj(1001)) != "");
  BOOST_TEST(refusal(step::affinity(cpu_set())) != "");
  BOOST_TEST(refusal(step::uid(static_cast<uid_t>(-1))).find("no id") != std::string::npos);
  BOOST_TEST(refusal(step::capabilities(1, 0, 0)).find("permitted") != std::string::npos);
  BOOST_TEST(refusal(step::keyring(".x")) != "");
  BOOST_TEST(refusal(step::process_group(-1)) != "");
  BOOST_TEST(refusal(step::landlock(nullptr)).find("ruleset") != std::string::npos);
  BOOST_TEST(refusal(step::seccomp({})).find("4096") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_step_behind_the_loss_of_its_capability_is_refused)
{
  checkpoint_plan plan;
  plan.add(step::nice(1)).add(step::uid(1000)).add(step::mount("proc", "/proc", "proc"));
  BOOST_TEST(refusal(plan) ==
             "step 3, mount 'proc' on '/proc'; it needs CAP_SYS_ADMIN, which step 2, uid 1000, gives "
             "up: put it before that");
  BOOST_TEST(refusal({step::uid(0), step::mount("proc", "/proc", "proc")}) == "");
  BOOST_TEST(refusal({step::mount("proc", "/proc", "proc"), step::uid(1000)}) == "");
  BOOST_TEST(refusal({step::uid(1000), step::groups({})}).find("CAP_SETGID") != std::string::npos);
  BOOST_TEST(refusal({step::uid(1000), step::drop_bounding(1)}).find("CAP_SETPCAP") != std::string::npos);
  BOOST_TEST(refusal({step::capabilities(0, 0, 0), step::hostname("x")}).find("CAP_SYS_ADMIN") !=
             std::string::npos);
  const capability_bits admin = capability_bits(1) << CAP_SYS_ADMIN;
  BOOST_TEST(refusal({step::uid(1000, true), step::capabilities(admin, admin, 0), step::hostname("x")}) ==
             "");
  BOOST_TEST(refusal({step::securebits(SECBIT_NO_SETUID_FIXUP), step::uid(1000), step::hostname("x")}) == "");
}

BOOST_AUTO_TEST_CASE(landlock_forbids_mounts)
{
  const auto fd = some_descriptor();
  BOOST_TEST(refusal({step::landlock(fd), step::mount("proc", "/proc", "proc")}).find("Landlock") !=
             std::string::npos);
  BOOST_TEST(refusal({step::mount("proc", "/proc", "proc"), step::landlock(fd)}) == "");
}

BOOST_AUTO_TEST_CASE(the_last_steps_are_the_last)
{
  BOOST_TEST(step::seccomp(allow_all()).is_last());
  BOOST_TEST(!step::no_new_privs().is_last());
  BOOST_TEST(refusal({step::seccomp(allow_all()), step::no_new_privs()}).find("one of the last steps") !=
             std::string::npos);
  BOOST_TEST(refusal({step::no_new_privs(), step::seccomp(allow_all()), step::seccomp(allow_all())}) == "");
}

BOOST_AUTO_TEST_SUITE_END()
