// What the host has given up or taken on since its spawner was started: no child has the one, each has the
// other.

#include "process/support.hpp"

#include "harness/namespaces.hpp"
#include "harness/seccomp.hpp"

#include <linx/core/with_timeout.hpp>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

BOOST_AUTO_TEST_SUITE(process_old_privilege_kernel)

using namespace linx;
using namespace linx::test;

namespace {

struct two_outputs {
  std::string before, after;
};

task<std::string> output_of(process_options options)
{
  LINX_TRY(auto end, co_await run_to_end(std::move(options)));
  co_return std::move(end.output);
}

/// Two children on one context, the host changed between them.
task<two_outputs> around(process_options options, std::function<bool()> change)
{
  two_outputs both;
  LINX_TRY(both.before, co_await output_of(options));
  if (!change()) co_return error::from_errno(errno, stage::none).with_object("the change of the host");
  LINX_TRY(both.after, co_await output_of(options));
  co_return std::move(both);
}

/// In a process of its own, with a checkpoint and by itself. 0 if the outputs are these.
int outputs_are(const process_options& options, const std::function<bool()>& change,
                const std::string& before, const std::string& after)
{
  for (const bool automatic : {false, true}) {
    const int code = run_in_child([&] {
      const auto both = test::run(around(process_options(options).auto_proceed(automatic), change));
      if (!both) {
        std::fprintf(stderr, "%s\n", why(both).c_str());
        return 1;
      }
      if (both.value().before == before && both.value().after == after) return 0;
      std::fprintf(stderr, "'%s' '%s'\n", both.value().before.c_str(), both.value().after.c_str());
      return 2;
    });
    if (code != 0) return code;
  }
  return 0;
}

/// A directory with all that a program needs, and a mark.
std::string make_root()
{
  if (::unshare(CLONE_NEWNS) != 0 || ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return {};
  char name[] = "/tmp/linx-root-XXXXXX";
  if (::mkdtemp(name) == nullptr || ::mount("", name, "tmpfs", 0, "mode=0755") != 0) return {};
  const std::string root = name;
  for (const char* each : {"bin", "lib", "lib64", "usr", "dev", "proc"}) {
    if (!std::filesystem::exists('/' + std::string(each))) continue;
    const std::string there = root + '/' + each;
    std::filesystem::create_directory(there);
    if (::mount(('/' + std::string(each)).c_str(), there.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0)
      return {};
  }
  std::filesystem::create_directory(root + "/inside");
  return root;
}

task<> spawner_goes(process child, pid_t spawner)
{
  BOOST_TEST_MESSAGE("as nobody");
  auto aborted = child.abort();
  if (!aborted) co_return std::move(aborted).error();
  LINX_TRY(const auto how, co_await child.wait());
  if (how != exit_status::aborted()) co_return error::argument(to_string(how));
  auto going = dead(spawner);
  co_return co_await with_timeout(std::move(going), std::chrono::seconds(10));
}

} // namespace

// A directory that the host has locked itself into is where its children are, too.
BOOST_AUTO_TEST_CASE(a_root_directory)
{
  if (needs_root()) return;
  const int code = run_in_child([] {
    const std::string root = make_root();
    if (root.empty()) return child_skipped;
    const auto enter = [&root] { return ::chroot(root.c_str()) == 0 && ::chdir("/") == 0; };
    return outputs_are(shell("test -d /inside; echo $?"), enter, "1\n", "0\n");
  });
  BOOST_TEST((code == 0 || code == child_skipped), "exit code " << code);
}

BOOST_AUTO_TEST_CASE(a_mount_namespace)
{
  if (needs_root()) return;
  const int code = run_in_child([] {
    const auto enter = [] {
      return ::unshare(CLONE_NEWNS) == 0 && ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
             ::mount("", "/mnt", "tmpfs", 0, nullptr) == 0 &&
             std::filesystem::create_directory("/mnt/inside");
    };
    return outputs_are(shell("test -d /mnt/inside; echo $?"), enter, "1\n", "0\n");
  });
  BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_CASE(securebits)
{
  if (needs_root()) return;
  if (!has_program("setpriv")) {
    BOOST_TEST_MESSAGE("skipped: setpriv is not installed");
    return;
  }
  const int code = run_in_child([] {
    const auto lock = [] { return ::prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) == 0; };
    return outputs_are(shell("setpriv --dump | grep ^Securebits"), lock, "Securebits: [none]\n",
                       "Securebits: no_setuid_fixup\n");
  });
  BOOST_TEST(code == 0);
}

// The mode is the same with one filter and with two.
BOOST_AUTO_TEST_CASE(a_second_filter)
{
  const int code = run_in_child([] {
    if (!deny({{SYS_rmdir, EUCLEAN}})) return child_skipped;
    const auto second = [] { return deny({{SYS_mkdir, EUCLEAN}}); };
    return outputs_are(shell("mkdir /tmp/linx-filter-$$ 2>/dev/null; echo $?"), second, "0\n", "1\n");
  });
  run_command("rmdir /tmp/linx-filter-*");
  BOOST_TEST((code == 0 || code == child_skipped), "exit code " << code);
}

// It does not wait for the next spawn, which may never come.
BOOST_AUTO_TEST_CASE(a_spawner_of_old_privilege_goes_at_the_next_call)
{
  if (needs_root()) return;
  const int code = run_in_child([] {
    asio::io_context context(1);
    auto child = test::run(context, spawn_parked(process_options("/bin/true")));
    if (!child) return 1;
    const pid_t spawner = std::stoi(status_field(child.value().host_pid().value(), "PPid"));
    if (!become_nobody()) return 2;
    const auto gone = test::run(context, spawner_goes(std::move(child).value(), spawner));
    if (!gone) std::fprintf(stderr, "%s\n", why(gone).c_str());
    return gone ? 0 : 3;
  });
  BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_SUITE_END()
