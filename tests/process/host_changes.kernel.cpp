// A child starts as the host is at the call, whatever it was when its spawner was started; what is taken at
// the spawner's start, refresh() takes anew.

#include "process/support.hpp"

#include "harness/namespaces.hpp"

#include <cstdio>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>

BOOST_AUTO_TEST_SUITE(process_host_changes_kernel)

using namespace linx;
using namespace linx::test;

namespace {

task<std::string> output_of(process_options options)
{
  LINX_TRY(auto end, co_await run_to_end(std::move(options)));
  co_return std::move(end.output);
}

/// Two children on one context, the host changed between them; then a third after refresh().
struct three_outputs {
  std::string before, changed, refreshed;
};

task<three_outputs> around(process_options options, bool (*change)())
{
  three_outputs all;
  LINX_TRY(all.before, co_await output_of(options));
  if (!change()) co_return error::from_errno(errno, stage::none);
  LINX_TRY(all.changed, co_await output_of(options));
  const executor ex = co_await asio::this_coro::executor;
  process::refresh(ex);
  LINX_TRY(all.refreshed, co_await output_of(options));
  co_return std::move(all);
}

/// In a process of its own, since there is no way back.
int outputs_around(const process_options& options, bool (*change)(),
                   bool (*as_expected)(const three_outputs&))
{
  return run_in_child([&] {
    for (const bool automatic : {false, true}) {
      const int code = run_in_child([&] {
        const auto all = test::run(around(process_options(options).auto_proceed(automatic), change));
        if (!all) {
          std::fprintf(stderr, "%s\n", why(all).c_str());
          return 1;
        }
        if (as_expected(all.value())) return 0;
        std::fprintf(stderr, "'%s' '%s' '%s'\n", all.value().before.c_str(), all.value().changed.c_str(),
                     all.value().refreshed.c_str());
        return 2;
      });
      if (code != 0) return code;
    }
    return 0;
  });
}

const char* const privilege =
    "grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs)' /proc/$$/status | tr -d '\\n'; echo";

bool only_the_first_differs(const three_outputs& all)
{
  return all.before != all.changed && all.changed == all.refreshed;
}

bool only_the_last_differs(const three_outputs& all)
{
  return all.before == all.changed && all.changed != all.refreshed;
}

} // namespace

// Nothing ever runs with older, higher privilege; consumer.kernel.cpp has the ways to drop all of it. What
// execve(2) would change in a spawner, it cannot take on: a saved id that differs from the effective one.
BOOST_AUTO_TEST_CASE(effective_ids_that_were_dropped)
{
  if (needs_root()) return;
  const int code = run_in_child([] {
    asio::io_context context(1);
    if (!test::run(context, output_of(shell(privilege)))) return 1;
    if (::setegid(65534) != 0 || ::seteuid(65534) != 0) return 2;
    const auto refused = test::run(context, output_of(shell(privilege)));
    if (refused) return 3;
    std::fprintf(stderr, "%s\n", why(refused).c_str());
    if (refused.error().where() != stage::spawner_start || refused.error().errnum() != ESTALE) return 4;
    if (::seteuid(0) != 0 || ::setegid(0) != 0) return 5;
    return test::run(context, output_of(shell(privilege))) ? 0 : 6;
  });
  BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_CASE(groups_that_were_changed)
{
  if (needs_root()) return;
  const int code = outputs_around(
      shell(privilege),
      [] {
        const gid_t groups[] = {71, 72};
        return ::setgroups(2, groups) == 0;
      },
      [](const three_outputs& all) {
        return only_the_first_differs(all) && all.changed.find("Groups:\t71 72") != std::string::npos;
      });
  BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_CASE(directory_and_umask)
{
  const int code = outputs_around(
      shell("pwd; umask"),
      [] {
        ::umask(0012);
        return ::chdir("/usr") == 0;
      },
      [](const three_outputs& all) { return only_the_first_differs(all) && all.changed == "/usr\n0012\n"; });
  BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_CASE(limits_nice_and_affinity_after_refresh)
{
  const int code = outputs_around(
      shell("ulimit -Sn; set -- $(cat /proc/$$/stat); echo ${19}; grep ^Cpus_allowed_list /proc/$$/status"),
      [] {
        const rlimit files{64, 64};
        cpu_set_t first;
        CPU_ZERO(&first);
        CPU_SET(0, &first);
        return ::setrlimit(RLIMIT_NOFILE, &files) == 0 && ::setpriority(PRIO_PROCESS, 0, 5) == 0 &&
               ::sched_setaffinity(0, sizeof first, &first) == 0;
      },
      [](const three_outputs& all) {
        return only_the_last_differs(all) && all.refreshed == "64\n5\nCpus_allowed_list:\t0\n";
      });
  BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_CASE(a_network_namespace_after_refresh)
{
  if (needs_root()) return;
  const int code = outputs_around(
      process_options("/usr/bin/readlink").arg("/proc/self/ns/net"),
      [] { return ::unshare(CLONE_NEWNET) == 0; }, only_the_last_differs);
  BOOST_TEST(code == 0);
  const int entered = run_in_child([] {
    const io::unique_fd other(::open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC));
    if (::unshare(CLONE_NEWUTS) != 0) return 1;
    static int target = -1;
    target = other.get();
    return outputs_around(
        process_options("/usr/bin/readlink").arg("/proc/self/ns/uts"),
        [] { return ::setns(target, CLONE_NEWUTS) == 0; }, only_the_last_differs);
  });
  BOOST_TEST(entered == 0);
}

BOOST_AUTO_TEST_SUITE_END()
