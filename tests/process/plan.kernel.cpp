// Plans that parked children carry out. /proc and the programs say what came of them.
#include "process/support.hpp"

#include "harness/namespaces.hpp"

#include <linx/process/steps.hpp>

#include <linux/landlock.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

BOOST_AUTO_TEST_SUITE(process_plan_kernel)

using namespace linx;
using namespace linx::test;

namespace {

process_options in_own_namespaces(const std::string& script)
{
  return shell(script)
      .unshare("user,mount,uts,net")
      .uid_map(id_map::root(::geteuid()))
      .gid_map(id_map::root(::getegid()))
      .standard_output(stdio::pipe());
}

task<std::string> output_of(process& child)
{
  LINX_TRY(auto pipe, child.stdout_pipe());
  LINX_TRY(auto text, co_await read_to_end(std::move(pipe)));
  LINX_TRY(const auto how, co_await child.wait());
  BOOST_TEST(how.success(), to_string(how));
  co_return std::move(text);
}

/// Returns `errnum` from a system call and allows all others.
std::vector<sock_filter> refuse(unsigned call, unsigned errnum)
{
  return {sock_filter{0x20, 0, 0, 0},                    // load the number
          sock_filter{0x15, 0, 1, call},                 // is it that one?
          sock_filter{0x06, 0, 0, 0x00050000u | errnum}, // SECCOMP_RET_ERRNO
          sock_filter{0x06, 0, 0, 0x7fff0000}};          // SECCOMP_RET_ALLOW
}

task<> one_plan()
{
  auto options = in_own_namespaces("hostname; stat -f -c %T /mnt; umask; pwd; ulimit -n; nice; "
                                   "cat /proc/sys/net/ipv4/ip_forward /proc/self/oom_score_adj; "
                                   "ps -o sid= -p $$ | tr -d ' ' | grep -qx $$ && echo leader");
  LINX_TRY(auto child, co_await spawn_parked(options));
  const std::string before = status_field(::getpid(), "Umask");
  checkpoint_plan plan;
  plan.add(step::mount("", "/", "", MS_REC | MS_PRIVATE))
      .add(step::mount("none", "/mnt", "tmpfs", 0, "size=4096"));
  plan.add(step::hostname("planned")).add(step::sysctl("net.ipv4.ip_forward", "1")).add(step::umask(027));
  plan.add(step::limit({RLIMIT_NOFILE, 77, 78})).add(step::nice(3)).add(step::oom_score_adj(500));
  plan.add(step::session()).add(step::cwd("/mnt"));
  LINX_TRYV(co_await child.apply(plan));
  BOOST_TEST(status_field(child.host_pid().value(), "Umask") == "0027");
  LINX_TRYV(co_await child.proceed());
  LINX_TRY(const auto text, co_await output_of(child));
  BOOST_TEST(text == "planned\ntmpfs\n0027\n/mnt\n77\n3\n1\n500\nleader\n");
  BOOST_TEST(status_field(::getpid(), "Umask") == before);
  co_return success();
}

task<> a_failing_plan()
{
  LINX_TRY(auto child, co_await spawn_parked(in_own_namespaces("hostname; ulimit -n")));
  checkpoint_plan plan;
  plan.add(step::hostname("first"))
      .add(step::mount("none", "/nowhere", "tmpfs"))
      .add(step::limit({RLIMIT_NOFILE, 50, 50}));
  const auto applied = co_await child.apply(plan);
  BOOST_REQUIRE(!applied);
  BOOST_TEST_MESSAGE(applied.error().message());
  BOOST_TEST((applied.error().where() == stage::mount));
  BOOST_TEST(applied.error().errnum() == ENOENT);
  BOOST_TEST(applied.error().object() == "step 2 of 3, mount 'none' on '/nowhere'");

  // It is parked as before; what stood before the failure is done, what stood behind is not.
  checkpoint_plan rest;
  rest.add(step::limit({RLIMIT_NOFILE, 60, 60}));
  LINX_TRYV(co_await child.proceed(rest));
  LINX_TRY(const auto text, co_await output_of(child));
  BOOST_TEST(text == "first\n60\n");

  const auto late = co_await child.apply(rest);
  BOOST_REQUIRE(!late);
  BOOST_TEST((late.error().where() == stage::argument));
  co_return success();
}

task<> what_is_shared_is_refused_ahead()
{
  LINX_TRY(auto child, co_await spawn_parked(process_options("/bin/true")));
  checkpoint_plan plan;
  plan.add(step::umask(077)).add(step::hostname("outside"));
  const auto applied = co_await child.apply(plan);
  BOOST_REQUIRE(!applied);
  BOOST_TEST((applied.error().where() == stage::argument));
  BOOST_TEST(applied.error().object().find("uts") != std::string::npos, applied.error().object());
  BOOST_TEST(status_field(child.host_pid().value(), "Umask") != "0077"); // nothing was sent
  checkpoint_plan last;
  last.add(step::seccomp(refuse(SYS_getcwd, EPERM)));
  const auto too_early = co_await child.apply(last);
  BOOST_REQUIRE(!too_early);
  BOOST_TEST(too_early.error().object().find("proceed(plan)") != std::string::npos,
             too_early.error().object());
  BOOST_TEST(child.abort().has_value());
  co_return success();
}

task<> the_last_steps()
{
  auto options =
      shell("mkdir /tmp/linx-never 2>/dev/null || echo refused; grep -h Seccomp: /proc/self/status | "
            "tr -d '\\t'; grep NoNewPrivs /proc/self/status | tr -d '\\t'")
          .standard_output(stdio::pipe());
  LINX_TRY(auto child, co_await spawn_parked(options));
  checkpoint_plan plan;
  plan.add(step::no_new_privs())
      .add(step::seccomp(refuse(SYS_mkdir, EPERM)))
      .add(step::seccomp(refuse(SYS_mkdirat, EPERM)));
  LINX_TRYV(co_await child.proceed(plan));
  LINX_TRY(const auto text, co_await output_of(child));
  BOOST_TEST(text == "refused\nSeccomp:2\nNoNewPrivs:1\n");

  // One that the kernel refuses ends the child, for its program may not run without it.
  LINX_TRY(auto other, co_await spawn_parked(process_options("/bin/true")));
  checkpoint_plan bad;
  bad.add(step::no_new_privs()).add(step::seccomp({sock_filter{0xffff, 0, 0, 0}}));
  const auto proceeded = co_await other.proceed(bad);
  BOOST_REQUIRE(!proceeded);
  BOOST_TEST((proceeded.error().where() == stage::seccomp_install), proceeded.error().message());
  BOOST_TEST(proceeded.error().object() == "step 2 of 2, seccomp filter of 1 instructions");
  const auto ended = co_await other.wait();
  BOOST_TEST(!ended);
  co_return success();
}

task<> descriptors_both_ways()
{
  const auto before = open_descriptors();
  {
    LINX_TRY(auto child, co_await spawn_parked(
                             in_own_namespaces("cat /etc/hostname >/dev/null 2>&1 || echo restricted")));
    const landlock_ruleset_attr rules{LANDLOCK_ACCESS_FS_READ_FILE};
    auto ruleset = std::make_shared<const io::unique_fd>(
        static_cast<int>(::syscall(SYS_landlock_create_ruleset, &rules, sizeof rules.handled_access_fs, 0)));
    const bool knows_landlock = static_cast<bool>(*ruleset);
    checkpoint_plan plan;
    plan.add(step::socket(AF_INET, SOCK_DGRAM)).add(step::umask(022)).add(step::socket(AF_UNIX, SOCK_STREAM));
    LINX_TRY(const auto made, co_await child.apply(plan));
    BOOST_REQUIRE(made.size() == 2u);
    int family = 0;
    socklen_t size = sizeof family;
    BOOST_TEST(::getsockopt(made[0].get(), SOL_SOCKET, SO_DOMAIN, &family, &size) == 0);
    BOOST_TEST(family == AF_INET);
    BOOST_TEST(::getsockopt(made[1].get(), SOL_SOCKET, SO_DOMAIN, &family, &size) == 0);
    BOOST_TEST(family == AF_UNIX);
    if (knows_landlock) {
      checkpoint_plan restriction;
      restriction.add(step::cwd("/")).add(step::landlock(ruleset));
      LINX_TRYV(co_await child.apply(restriction)); // the program cannot even be read now
      BOOST_TEST(child.abort().has_value());
      LINX_TRYV(co_await child.wait());
    } else {
      BOOST_TEST(child.abort().has_value());
      LINX_TRYV(co_await child.wait());
    }
  }
  BOOST_TEST(open_descriptors() <= before + 8); // the spawner's
  co_return success();
}

task<> twenty_steps_are_one_message()
{
  LINX_TRY(auto child, co_await spawn_parked(process_options("/bin/true")));
  checkpoint_plan plan;
  for (int n = 0; n != 20; ++n) plan.add(step::umask(static_cast<mode_t>(n)));
  LINX_TRYV(co_await child.apply(plan));
  BOOST_TEST(status_field(child.host_pid().value(), "Umask") == "0023");
  checkpoint_plan huge;
  for (int n = 0; n != 20; ++n) huge.add(step::cwd(std::string(4000, '/')));
  const auto applied = co_await child.apply(huge);
  BOOST_REQUIRE(!applied);
  BOOST_TEST(applied.error().object().find("64 KiB") != std::string::npos, applied.error().object());
  LINX_TRYV(co_await child.apply(checkpoint_plan()));
  LINX_TRYV(co_await child.proceed(checkpoint_plan()));
  LINX_TRY(const auto how, co_await child.wait());
  BOOST_TEST(how.success());
  co_return success();
}

} // namespace

BOOST_AUTO_TEST_CASE(a_plan_is_carried_out_in_its_order)
{
  run_body(one_plan());
}

BOOST_AUTO_TEST_CASE(a_step_that_fails_is_named_and_leaves_the_child_parked)
{
  run_body(a_failing_plan());
}

BOOST_AUTO_TEST_CASE(the_hosts_namespaces_are_refused_before_anything_is_sent)
{
  run_body(what_is_shared_is_refused_ahead());
}

BOOST_AUTO_TEST_CASE(filters_come_last)
{
  run_body(the_last_steps());
}

BOOST_AUTO_TEST_CASE(steps_carry_descriptors_both_ways)
{
  run_body(descriptors_both_ways());
}

BOOST_AUTO_TEST_CASE(a_plan_is_one_round_trip)
{
  run_body(twenty_steps_are_one_message());
}

BOOST_AUTO_TEST_SUITE_END()
