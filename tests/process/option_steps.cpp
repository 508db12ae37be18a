// Options to steps: which, in which order, at which time; no kernel.

#include "process/option_steps.hpp"

#include "process/encode.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstring>
#include <linux/filter.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/resource.h>

BOOST_AUTO_TEST_SUITE(process_option_steps)

using namespace linx;
using namespace linx::detail;
using namespace std::chrono_literals;

namespace {

struct read_step {
  wire::step_header head;
  std::string payload;
};

std::vector<read_step> steps_of(const linx::process_options& o, host_facts host = {})
{
  step_list list;
  add_option_steps(list, o, host);
  std::vector<read_step> found;
  const auto* at = reinterpret_cast<const char*>(list.bytes().data());
  const auto* end = at + list.bytes().size();
  while (at != end) {
    read_step next;
    std::memcpy(&next.head, at, sizeof next.head);
    next.payload.assign(at + sizeof next.head, next.head.length);
    at += sizeof next.head + wire::padded(next.head.length);
    found.push_back(next);
  }
  return found;
}

std::vector<wire::stage> names_of(const std::vector<read_step>& steps, std::uint8_t flags)
{
  std::vector<wire::stage> names;
  for (const auto& each : steps)
    if (each.head.flags == flags) names.push_back(each.head.what);
  return names;
}

template <class T>
T value_of(const std::vector<read_step>& steps, wire::stage what)
{
  for (const auto& each : steps) {
    if (each.head.what != what) continue;
    T value;
    BOOST_REQUIRE(each.payload.size() == sizeof value);
    std::memcpy(&value, each.payload.data(), sizeof value);
    return value;
  }
  BOOST_FAIL("no such step");
  return {};
}

bool has(const std::vector<read_step>& steps, wire::stage what)
{
  return std::ranges::any_of(steps, [&](const auto& each) { return each.head.what == what; });
}

linx::process_options program()
{
  return linx::process_options("/bin/true");
}

linx::process_options as(credentials who)
{
  return program().credentials(std::move(who));
}

linx::process_options with(resources what)
{
  return program().resources(std::move(what));
}

constexpr auto at_proceed = static_cast<std::uint8_t>(wire::step_flags::at_proceed);
constexpr auto after_marker = static_cast<std::uint8_t>(wire::step_flags::after_marker);

} // namespace

// The order in which each step still has the privilege it needs, whatever the order of the setters.
BOOST_AUTO_TEST_CASE(the_order_is_one)
{
  auto o = program();
  o.seccomp({BPF_STMT(BPF_RET | BPF_K, 0x7fff0000)}).landlock(9).no_new_privs().cwd("/");
  auto who = credentials().keyring("k").ambient(1).capabilities(1, 1, 1).uid(1).gid(2).groups({3});
  o.credentials(who.securebits(0).drop_bounding(2));
  o.resources(resources()
                  .limit(resource_limit(RLIMIT_CORE, 0, 0))
                  .affinity(cpu_set().add(0))
                  .schedule(SCHED_IDLE)
                  .nice(1)
                  .oom_score_adj(1));
  o.unshare("uts").hostname("h").process_group(0).parent_death_signal(15).umask(022);
  const auto steps = steps_of(o);
  BOOST_TEST((names_of(steps, 0) ==
              std::vector<wire::stage>{wire::stage::umask, wire::stage::pdeathsig, wire::stage::oom_score_adj,
                                       wire::stage::process_group, wire::stage::hostname}));
  BOOST_TEST(
      (names_of(steps, at_proceed) ==
       std::vector<wire::stage>{wire::stage::nice, wire::stage::sched, wire::stage::affinity,
                                wire::stage::rlimit, wire::stage::cap_drop_bounding, wire::stage::securebits,
                                wire::stage::groups, wire::stage::ids, wire::stage::cap_set_thread,
                                wire::stage::cap_set_ambient, wire::stage::keyring, wire::stage::chdir,
                                wire::stage::no_new_privs, wire::stage::landlock}));
  BOOST_TEST((names_of(steps, after_marker) == std::vector<wire::stage>{wire::stage::seccomp_install}));
}

BOOST_AUTO_TEST_CASE(nothing_asked_is_no_step)
{
  BOOST_TEST(steps_of(program()).empty());
}

// Capabilities would go with the user id otherwise.
BOOST_AUTO_TEST_CASE(capabilities_are_kept_where_the_user_changes)
{
  const auto keeps = [](credentials who) {
    return value_of<wire::step_ids>(steps_of(as(std::move(who))), wire::stage::ids).keep_capabilities;
  };
  BOOST_TEST(keeps(credentials().uid(1).capabilities(1, 1, 1)) == 1u);
  BOOST_TEST(keeps(credentials().uid(1).ambient(1)) == 1u);
  BOOST_TEST(keeps(credentials().uid(1)) == 0u);
  // Locked, the flag could not be set any more: it goes with the bits.
  const auto locked = credentials().uid(1).capabilities(1, 1, 1).securebits(SECBIT_KEEP_CAPS_LOCKED);
  BOOST_TEST(keeps(locked) == 0u);
  BOOST_TEST(value_of<std::uint32_t>(steps_of(as(locked)), wire::stage::securebits) ==
             (SECBIT_KEEP_CAPS | SECBIT_KEEP_CAPS_LOCKED));
}

// A child of another user must not keep root's groups because nobody thought of them.
BOOST_AUTO_TEST_CASE(groups_go_with_the_user)
{
  const auto dropped = steps_of(as(credentials().uid(1)));
  BOOST_REQUIRE(has(dropped, wire::stage::groups));
  BOOST_TEST(dropped.front().payload.empty());
  BOOST_TEST(!has(steps_of(as(credentials().uid(1).keep_groups())), wire::stage::groups));
  BOOST_TEST(has(steps_of(as(credentials().gid(1))), wire::stage::groups));
  BOOST_TEST(!has(steps_of(as(credentials().gid(1).keep_groups())), wire::stage::groups));
  BOOST_TEST(!has(steps_of(as(credentials().uid(1)), {-1, false}), wire::stage::groups)); // the host may not
  BOOST_TEST(!has(steps_of(as(credentials().uid(1)).unshare("user").deny_setgroups()), wire::stage::groups));
  BOOST_TEST(value_of<std::uint32_t>(steps_of(as(credentials().groups({7}))), wire::stage::groups) == 7u);
}

BOOST_AUTO_TEST_CASE(ids_not_asked_for_stay)
{
  const auto only_user = value_of<wire::step_ids>(steps_of(as(credentials().uid(5))), wire::stage::ids);
  BOOST_TEST(only_user.euid == 5u);
  BOOST_TEST(only_user.suid == 5u);
  BOOST_TEST(only_user.egid == 0xffffffffu);
  const auto only_group = value_of<wire::step_ids>(steps_of(as(credentials().gid(6))), wire::stage::ids);
  BOOST_TEST(only_group.ruid == 0xffffffffu);
  BOOST_TEST(only_group.sgid == 6u);
}

BOOST_AUTO_TEST_CASE(the_umask_asked_for_goes_before_the_hosts)
{
  BOOST_TEST(value_of<std::uint32_t>(steps_of(program(), {077}), wire::stage::umask) == 077u);
  BOOST_TEST(value_of<std::uint32_t>(steps_of(program().umask(022), {077}), wire::stage::umask) == 022u);
  BOOST_TEST(value_of<std::uint32_t>(steps_of(program().umask(0)), wire::stage::umask) == 0u);
}

// A terminal makes the session that session() asks for.
BOOST_AUTO_TEST_CASE(one_session_is_made)
{
  const auto steps = steps_of(program().session().terminal({24, 80}));
  BOOST_TEST(
      (names_of(steps, 0) == std::vector<wire::stage>{wire::stage::session, wire::stage::controlling_tty}));
  BOOST_TEST((names_of(steps_of(program().session()), 0) == std::vector<wire::stage>{wire::stage::session}));
}

// The kernel wants whole seconds and nanoseconds above them, for negative offsets too.
BOOST_AUTO_TEST_CASE(offsets_are_rounded_down_to_seconds)
{
  const auto o = program().unshare("time").monotonic_offset(-1500ms).boottime_offset(2s + 3ns);
  const auto plan = plan_spawn(o, {}, nullptr);
  const auto message = encode_spawn(plan, {1, 0, 0, {}});
  wire::spawn_request head;
  std::memcpy(&head, message.frame.data(), sizeof head);
  BOOST_TEST((head.flags & static_cast<std::uint32_t>(wire::spawn_flags::timens_offsets)) != 0u);
  BOOST_TEST(head.monotonic.seconds == -2);
  BOOST_TEST(head.monotonic.nanoseconds == 500'000'000u);
  BOOST_TEST(head.boottime.seconds == 2);
  BOOST_TEST(head.boottime.nanoseconds == 3u);
}

// A ruleset is a descriptor of the request, counted in its frame.
BOOST_AUTO_TEST_CASE(a_ruleset_takes_a_descriptor)
{
  const auto o = program().landlock(5);
  const auto plan = plan_spawn(o, {}, nullptr);
  const auto message = encode_spawn(plan, {1, 0, static_cast<std::uint32_t>(wire::fd_role::checkpoint), {}});
  wire::spawn_request head;
  std::memcpy(&head, message.frame.data(), sizeof head);
  BOOST_TEST(head.step_fds == 1);
  BOOST_TEST(head.header.fds == 2);
}

// The spawner waits for a child in its memory, so nothing may slow that child down or outlive it there.
BOOST_AUTO_TEST_CASE(what_is_not_simple_has_memory_of_its_own)
{
  const auto is_shared = [](linx::process_options o) {
    return plan_spawn(o.auto_proceed(), {}, nullptr).may_share_memory;
  };
  BOOST_TEST(is_shared(with(resources().limit(resource_limit(RLIMIT_CORE, 0, 0))).umask(0).session()));
  BOOST_TEST(!is_shared(with(resources().nice(19))));
  BOOST_TEST(!is_shared(with(resources().schedule(SCHED_IDLE))));
  BOOST_TEST(!is_shared(with(resources().affinity(cpu_set().add(0)))));
  BOOST_TEST(!is_shared(with(resources().oom_score_adj(1))));
  BOOST_TEST(!is_shared(with(resources().cgroup(3))));
  BOOST_TEST(!is_shared(as(credentials().uid(1))));
  BOOST_TEST(!is_shared(as(credentials().keyring())));
}

BOOST_AUTO_TEST_SUITE_END()
