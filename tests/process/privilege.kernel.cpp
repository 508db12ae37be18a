// Who a child is and what it may do, as the kernel tells it of the running program.

#include "process/support.hpp"

#include "harness/namespaces.hpp"
#include "harness/seccomp.hpp"

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sys/syscall.h>

BOOST_AUTO_TEST_SUITE(process_privilege_kernel)

using namespace linx;
using namespace linx::test;

namespace {

constexpr capability_bits bit(int capability)
{
  return capability_bits{1} << capability;
}

process_options own_status(credentials who = credentials())
{
  return process_options("/bin/cat").arg("/proc/self/status").credentials(std::move(who));
}

/// What a child that prints something prints, with a checkpoint and by itself.
std::vector<std::string> outputs_of(const process_options& options)
{
  std::vector<std::string> all;
  for (const bool automatic : {false, true}) {
    const auto end = run(run_to_end(process_options(options).auto_proceed(automatic)));
    BOOST_REQUIRE_MESSAGE(end, why(end));
    BOOST_TEST(end.value().status.success(), to_string(end.value().status));
    all.push_back(end.value().output);
  }
  return all;
}

std::string field(const std::string& status, const std::string& name)
{
  const auto at = status.find('\n' + name + ":\t");
  if (at == status.npos) return "no " + name;
  const auto begin = at + name.size() + 3;
  return status.substr(begin, status.find('\n', begin) - begin);
}

std::uint64_t set_of(const std::string& status, const char* name)
{
  return std::strtoull(field(status, name).c_str(), nullptr, 16);
}

} // namespace

// The groups of root do not come along with a new user or group unless that was asked for.
BOOST_AUTO_TEST_CASE(supplementary_groups_go_with_the_user)
{
  if (needs_root()) return;
  const int code = run_in_child([] {
    const gid_t mine[] = {40, 41};
    if (::setgroups(2, mine) != 0) return 1;
    const auto groups = [](credentials who) {
      const auto end = test::run(run_to_end(own_status(std::move(who))));
      return end ? field(end.value().output, "Groups") : why(end);
    };
    if (groups(credentials()) != "40 41 ") return 2;
    if (groups(credentials().uid(20)) != " ") return 3;
    if (groups(credentials().uid(20).keep_groups()) != "40 41 ") return 4;
    if (groups(credentials().gid(20)) != " ") return 5;
    return groups(credentials().gid(20).keep_groups()) == "40 41 " ? 0 : 6;
  });
  BOOST_TEST(code == 0);
}

// 65536 of them are a quarter of a megabyte: more than any message holds.
BOOST_AUTO_TEST_CASE(as_many_groups_as_the_kernel_takes)
{
  if (needs_root()) return;
  std::vector<gid_t> groups(65536);
  for (std::size_t i = 0; i != groups.size(); ++i) groups[i] = static_cast<gid_t>(i + 1);
  auto options = shell("set -- $(grep ^Groups: /proc/$$/status); shift; echo $# $1 ${65536}");
  options.credentials(credentials().groups(groups));
  for (const auto& text : outputs_of(options)) BOOST_TEST(text == "65536 1 65536\n");
}

// The most that seccomp(2) takes, twice: as large as a message of the checkpoint may be.
BOOST_AUTO_TEST_CASE(large_filters)
{
  std::vector<sock_filter> large(4096, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0));
  large.back() = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  for (const auto& status : outputs_of(own_status().seccomp(large).seccomp(large)))
    BOOST_TEST(field(status, "Seccomp") == "2");
}

// In a user namespace, whose maps the host writes when the child is parked: the ids follow them.
BOOST_AUTO_TEST_CASE(ids_inside_a_user_namespace)
{
  if (needs_root()) return;
  auto options = own_status(credentials().uid(7).gid(8).groups({9})).unshare("user");
  options.uid_map(id_map().add(0, 1000, 100)).gid_map(id_map().add(0, 2000, 100));
  for (const auto& status : outputs_of(options)) {
    BOOST_TEST(field(status, "Uid") == "7\t7\t7\t7");
    BOOST_TEST(field(status, "Gid") == "8\t8\t8\t8");
    BOOST_TEST(field(status, "Groups") == "9 ");
  }
}

BOOST_AUTO_TEST_CASE(root_of_a_user_namespace_without_privilege_outside)
{
  const int code = run_in_child([] {
    if (::geteuid() == 0 && !become_nobody()) return skip_child("cannot become nobody");
    const auto who =
        credentials().uid(0).gid(0).drop_bounding(~bit(CAP_CHOWN)).securebits(SECBIT_NO_SETUID_FIXUP);
    auto options = own_status(who).unshare("user");
    options.uid_map(id_map::root(::geteuid())).gid_map(id_map::root(::getegid()));
    const auto end = test::run(run_to_end(options));
    if (!end) {
      std::fprintf(stderr, "%s\n", why(end).c_str());
      return 1;
    }
    if (field(end.value().output, "Uid") != "0\t0\t0\t0") return 2;
    return set_of(end.value().output, "CapBnd") == bit(CAP_CHOWN) ? 0 : 3;
  });
  BOOST_TEST((code == 0 || code == child_skipped), "exit code " << code);
}

// A service that listens on a low port as an ordinary user: one capability, and no way to another.
BOOST_AUTO_TEST_CASE(one_capability_for_an_ordinary_user)
{
  if (needs_root()) return;
  const auto bind = bit(CAP_NET_BIND_SERVICE);
  const auto who = credentials().uid(20).gid(20).drop_bounding(~bind).ambient(bind);
  for (const auto& status : outputs_of(own_status(who).no_new_privs())) {
    BOOST_TEST(field(status, "Uid") == "20\t20\t20\t20");
    for (const char* set : {"CapEff", "CapPrm", "CapInh", "CapAmb", "CapBnd"})
      BOOST_TEST(set_of(status, set) == bind, set << ": " << field(status, set));
    BOOST_TEST(field(status, "NoNewPrivs") == "1");
  }
}

// Where securebits forbid the child to keep capabilities ever again.
BOOST_AUTO_TEST_CASE(securebits_beside_kept_capabilities)
{
  if (needs_root()) return;
  const auto raw = bit(CAP_NET_RAW) | bit(CAP_SETPCAP);
  auto who = credentials().uid(20).ambient(raw);
  who.securebits(SECBIT_KEEP_CAPS_LOCKED | SECBIT_NOROOT | SECBIT_NOROOT_LOCKED);
  for (const auto& status : outputs_of(own_status(who))) BOOST_TEST(set_of(status, "CapEff") == raw);
}

// Root that lost what it does not need; execve would give all of it back but for the bounding set.
BOOST_AUTO_TEST_CASE(root_with_a_bounding_set)
{
  if (needs_root()) return;
  const auto kept = bit(CAP_KILL) | bit(CAP_CHOWN);
  for (const auto& status : outputs_of(own_status(credentials().drop_bounding(~kept)))) {
    BOOST_TEST(set_of(status, "CapEff") == kept);
    BOOST_TEST(set_of(status, "CapBnd") == kept);
  }
}

BOOST_AUTO_TEST_CASE(a_session_keyring_of_its_own)
{
  if (!std::filesystem::exists("/proc/keys")) {
    BOOST_TEST_MESSAGE("skipped: this kernel has no keyrings");
    return;
  }
  const auto keys = [](credentials who) {
    return process_options("/bin/cat").arg("/proc/keys").credentials(std::move(who));
  };
  for (const auto& text : outputs_of(keys(credentials().keyring())))
    BOOST_TEST(text.find("_ses") != std::string::npos, text);
  if (::geteuid() != 0) return;
  // It belongs to the user whom the child has become.
  for (const auto& text : outputs_of(keys(credentials().keyring("linx-test-user-20").uid(20)))) {
    const auto at = text.find("linx-test-user-20");
    BOOST_REQUIRE_MESSAGE(at != text.npos, text);
    const auto line = text.rfind('\n', at) == text.npos ? 0 : text.rfind('\n', at) + 1;
    BOOST_TEST(text.substr(line, at - line).find(" 20 ") != std::string::npos, text.substr(line, at - line));
  }
}

// no_new_privs is what lets an ordinary user install a filter, and nothing that root needs.
BOOST_AUTO_TEST_CASE(a_filter_brings_no_new_privs_only_where_it_must)
{
  const int code = run_in_child([] {
    if (::geteuid() == 0 && !become_nobody()) return skip_child("cannot become nobody");
    const auto end = test::run(run_to_end(own_status().seccomp(filter_of({{SYS_mkdir, EUCLEAN}}))));
    if (!end) return 1;
    return field(end.value().output, "NoNewPrivs") == "1" && field(end.value().output, "Seccomp") == "2" ? 0
                                                                                                         : 2;
  });
  BOOST_TEST((code == 0 || code == child_skipped));
  if (::geteuid() != 0) return;
  for (const auto& status : outputs_of(own_status().seccomp(filter_of({{SYS_mkdir, EUCLEAN}}))))
    BOOST_TEST(field(status, "NoNewPrivs") == "0");
  // A child that has just become an ordinary user.
  for (const auto& status :
       outputs_of(own_status(credentials().uid(20)).seccomp(filter_of({{SYS_mkdir, EUCLEAN}}))))
    BOOST_TEST(field(status, "NoNewPrivs") == "1");
}

// The ruleset is the child's to use and not the program's to have.
BOOST_AUTO_TEST_CASE(a_landlock_ruleset_is_not_handed_on)
{
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_DIR;
  const auto made =
      ::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes.handled_access_fs, 0);
  if (made < 0) {
    BOOST_TEST_MESSAGE("skipped: no landlock: " << std::strerror(errno));
    return;
  }
  const io::unique_fd ruleset(static_cast<int>(made));
  auto options = process_options("/bin/ls").arg("/proc/self/fd").landlock(ruleset.get());
  for (const auto& text : outputs_of(options)) BOOST_TEST(text == "0\n1\n2\n3\n"); // 3: ls's own
}

BOOST_AUTO_TEST_SUITE_END()
