// A host that has given up privilege, or somebody who has come by its socket, forges and replays requests.

#include "spawner/client.hpp"

#include "harness/namespaces.hpp"
#include "harness/seccomp.hpp"

#include <cstdio>
#include <functional>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <thread>

BOOST_AUTO_TEST_SUITE(spawner_asker_fault)

using namespace linx::test::spawner;
namespace wire = linx::wire;

namespace {

constexpr int skipped = linx::test::child_skipped;

request of_now(std::uint64_t id)
{
  return request(id).with(wire::spawn_flags::auto_proceed);
}

bool works(program& spawner, std::uint64_t id)
{
  spawner.send(of_now(id));
  spawner.expect(wire::frame_type::spawned, id);
  return spawner.expect_exited(id) == 0;
}

/// What the host said while it was more is said again by what it is now. 0 if nothing comes of it.
int forge_after(const std::function<bool()>& drop)
{
  program spawner;
  const wire::credentials before = own_credentials();
  if (!works(spawner, 1)) return 1;
  request forged = of_now(2);
  forged.host = before;
  if (!drop()) return skipped;
  spawner.send(forged);
  const auto [where, error] = spawner.expect_failed(2);
  if (where != wire::stage::credentials || error != ESTALE) return 2;
  // Not for who the host was is it of any use any more, and nobody else has a right to it.
  return spawner.next().is_end() ? 0 : 3;
}

void check_drop(const char* what, const std::function<bool()>& drop)
{
  BOOST_TEST_CONTEXT(what)
  {
    const int code = linx::test::run_in_child([&] { return forge_after(drop); });
    if (code == skipped)
      BOOST_TEST_MESSAGE("skipped: cannot be dropped here");
    else
      BOOST_TEST(code == 0);
  }
}

bool become_nobody()
{
  return ::setgroups(0, nullptr) == 0 && ::setresgid(65534, 65534, 65534) == 0 &&
         ::setresuid(65534, 65534, 65534) == 0;
}

bool drop_capability(int capability)
{
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  if (::syscall(SYS_capget, &header, data) != 0) return false;
  data[capability / 32].permitted &= ~(1u << capability % 32);
  data[capability / 32].effective &= ~(1u << capability % 32);
  return ::syscall(SYS_capset, &header, data) == 0;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_host_that_was_more)
{
  const bool root = ::geteuid() == 0;
  if (root) check_drop("root", become_nobody);
  if (root) check_drop("the real user alone", [] { return ::setresuid(65534, 0, 0) == 0; });
  if (root)
    check_drop("groups", [] {
      const gid_t other[] = {71};
      return ::setgroups(1, other) == 0;
    });
  if (root) check_drop("a capability", [] { return drop_capability(CAP_NET_ADMIN); });
  if (root) check_drop("the bounding set", [] { return ::prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT) == 0; });
  check_drop("no_new_privs", [] { return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0; });
  check_drop("a filter", [] { return linx::test::deny({{SYS_mkdir, EUCLEAN}}); });
  if (root) check_drop("the user namespace", [] { return ::unshare(CLONE_NEWUSER) == 0; });
}

BOOST_AUTO_TEST_CASE(a_second_filter)
{
  const int code = linx::test::run_in_child([] {
    if (!linx::test::deny({{SYS_mkdir, EUCLEAN}})) return skipped;
    return forge_after([] { return linx::test::deny({{SYS_rmdir, EUCLEAN}}); });
  });
  BOOST_TEST((code == 0 || code == skipped), "exit code " << code);
}

// Credentials belong to threads: the kernel says of the one that sends what it is.
BOOST_AUTO_TEST_CASE(a_thread_that_is_less)
{
  if (::geteuid() != 0) return;
  const int code = linx::test::run_in_child([] {
    program spawner;
    request forged = of_now(2);
    int sent = 0;
    std::thread([&] {
      if (::syscall(SYS_setresuid, 65534, 65534, 65534) != 0) return;
      spawner.send(forged);
      sent = 1;
    }).join();
    if (sent != 1) return skipped;
    const auto [where, error] = spawner.expect_failed(2);
    return where == wire::stage::credentials && error == ESTALE ? 0 : 2;
  });
  BOOST_TEST((code == 0 || code == skipped), "exit code " << code);
}

// Whoever else has the socket is nobody, and keeps the host from nothing.
BOOST_AUTO_TEST_CASE(another_process)
{
  program spawner;
  BOOST_TEST(works(spawner, 1));
  const int code = linx::test::run_in_child([&spawner] {
    spawner.send(of_now(2));
    return 0;
  });
  BOOST_TEST(code == 0);
  const auto [where, error] = spawner.expect_failed(2);
  BOOST_TEST(static_cast<int>(where) == static_cast<int>(wire::stage::credentials));
  BOOST_TEST(error == EPERM);
  BOOST_TEST(works(spawner, 3));
}

// A child of the host's cannot be killed, nor left an orphan, by another process's word.
BOOST_AUTO_TEST_CASE(another_process_about_a_child)
{
  program spawner;
  parked_child child(spawner, request(1));
  const int code = linx::test::run_in_child([&spawner] {
    wire::frame_header kill{sizeof kill, wire::version, 0, wire::frame_type::kill, 1};
    return send_datagram(spawner.control(), &kill, sizeof kill);
  });
  BOOST_TEST(code == 0);
  BOOST_TEST(works(spawner, 2)); // after that frame
  BOOST_TEST(child.step(steps().add_value(wire::stage::umask, std::uint32_t{022})) == 0);
}

BOOST_AUTO_TEST_CASE(without_proc_the_kernel_still_knows_the_user)
{
  if (::geteuid() != 0) return;
  spawner_path();
  const int code = linx::test::run_in_child([] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("", "/proc", "tmpfs", 0, nullptr) != 0)
      return skipped;
    return forge_after(become_nobody);
  });
  BOOST_TEST((code == 0 || code == skipped), "exit code " << code);
}

BOOST_AUTO_TEST_SUITE_END()
