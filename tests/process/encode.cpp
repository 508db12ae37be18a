// Requests as bytes: what the spawner will read, with no spawner.

#include "process/encode.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstring>
#include <sched.h>

BOOST_AUTO_TEST_SUITE(process_encode)

using namespace linx;
using namespace linx::detail;
using namespace std::chrono_literals;

namespace {

spawn_plan plan_of(const process_options& o, int umask = -1)
{
  char home[] = "HOME=/h", path[] = "PATH=/p";
  char* environment[] = {home, path, nullptr};
  return plan_spawn(o, {umask, false}, environment);
}

wire::spawn_request head_of(const spawn_message& m)
{
  wire::spawn_request head;
  BOOST_REQUIRE(m.frame.size() >= sizeof head);
  std::memcpy(&head, m.frame.data(), sizeof head);
  return head;
}

/// The NUL-terminated strings of a plan.
std::vector<std::string> strings_of(const spawn_plan& plan)
{
  std::vector<std::string> found;
  const auto* at = reinterpret_cast<const char*>(plan.strings.data());
  const auto* end = at + plan.strings.size();
  while (at != end) {
    found.emplace_back(at);
    at += found.back().size() + 1;
  }
  return found;
}

process_options program()
{
  return process_options("/bin/prog").arg("one");
}

} // namespace

BOOST_AUTO_TEST_CASE(strings_are_path_arguments_environment)
{
  const auto plan = plan_of(program());
  const std::vector<std::string> expected{"/bin/prog", "/bin/prog", "one", "HOME=/h", "PATH=/p"};
  BOOST_TEST(strings_of(plan) == expected, boost::test_tools::per_element());
  BOOST_TEST(plan.request.argc == 2u);
  BOOST_TEST(plan.request.envc == 2u);
}

BOOST_AUTO_TEST_CASE(argv0_replaces_what_the_program_sees_and_not_its_path)
{
  const auto strings = strings_of(plan_of(program().argv0("-login")));
  BOOST_TEST(strings[0] == "/bin/prog");
  BOOST_TEST(strings[1] == "-login");
}

BOOST_AUTO_TEST_CASE(variables_replace_inherited_ones)
{
  const auto plan = plan_of(program().env("PATH", "/q").env("NEW", "1"));
  BOOST_TEST(plan.request.envc == 3u);
  const auto strings = strings_of(plan);
  const std::vector<std::string> expected{"/bin/prog", "/bin/prog", "one", "HOME=/h", "PATH=/q", "NEW=1"};
  BOOST_TEST(strings == expected, boost::test_tools::per_element());
  BOOST_TEST(plan_spawn(program().env("A", "b"), {}, nullptr).request.envc == 1u);
  const auto cleared = strings_of(plan_of(program().clear_env().env("A", "b")));
  BOOST_TEST(cleared.size() == 4u);
  BOOST_TEST(cleared.back() == "A=b");
}

BOOST_AUTO_TEST_CASE(frame_holds_its_own_length)
{
  const auto options = program().unshare("net,pid").orphan(orphan_policy::kill(1500ms));
  const auto plan = plan_of(options);
  const auto message = encode_spawn(plan, {77, 5, static_cast<std::uint32_t>(wire::fd_role::checkpoint), {}});
  const auto head = head_of(message);
  BOOST_TEST(head.header.length == message.frame.size());
  BOOST_TEST(head.header.length % 8 == 0u);
  BOOST_TEST(head.header.id == 77u);
  BOOST_TEST(head.header.fds == 1);
  BOOST_TEST(head.slot == 5u);
  BOOST_TEST(head.namespaces == static_cast<std::uint32_t>(CLONE_NEWNET | CLONE_NEWPID));
  BOOST_TEST((head.orphan == wire::orphan_policy::terminate));
  BOOST_TEST(head.grace_ms == 1500u);
  BOOST_TEST(head.strings_length == plan.strings.size());
  BOOST_TEST(message.body.empty());
}

// No size cap: what does not fit into a frame goes into a file, and then there must be a checkpoint socket.
BOOST_AUTO_TEST_CASE(what_does_not_fit_goes_into_a_body)
{
  const auto options = program().arg(std::string(wire::max_spawn, 'x')).auto_proceed();
  const auto plan = plan_of(options);
  BOOST_TEST((choose_maker(plan, false, false) == checkpoint_maker::host));
  const auto message = encode_spawn(plan, {1, 0, static_cast<std::uint32_t>(wire::fd_role::checkpoint), {}});
  const auto head = head_of(message);
  BOOST_TEST(message.frame.size() == sizeof head);
  BOOST_TEST((head.fd_roles & static_cast<std::uint32_t>(wire::fd_role::body)) != 0u);
  BOOST_TEST(head.header.fds == 2);
  BOOST_TEST(message.body.size() >= plan.strings.size());
}

BOOST_AUTO_TEST_CASE(the_way_follows_from_the_options)
{
  using enum checkpoint_maker;
  const auto maker = [](const process_options& o, bool enters = false, bool crowded = false) {
    return choose_maker(plan_of(o), enters, crowded);
  };
  const auto automatic = program().auto_proceed();
  BOOST_TEST((maker(program()) == child));
  BOOST_TEST((maker(automatic) == nobody)); // it shares the spawner's memory up to execve
  BOOST_TEST((maker(automatic, false, true) == child));
  BOOST_TEST((maker(program(), true) == host));
  BOOST_TEST((maker(automatic, true) == host));

  const auto simple = process_options(automatic).unshare("uts").cwd("/").no_new_privs();
  BOOST_TEST((maker(simple) == nobody));
  BOOST_TEST((maker(simple, false, true) == host));
  // The spawner must not wait for these.
  BOOST_TEST((maker(process_options(automatic).unshare("net")) == host));
  BOOST_TEST((maker(process_options(automatic).unshare("user")) == host));

  BOOST_TEST(!plan_of(program()).auto_proceed);
  const auto mapped = process_options(automatic).unshare("user").uid_map(id_map::root(0));
  BOOST_TEST((maker(mapped) == host));
  BOOST_TEST(!plan_of(mapped).auto_proceed); // the host writes the map while the child is parked
}

// What makes its own socket says so, and asks for nothing that the spawner refuses to such a child.
BOOST_AUTO_TEST_CASE(one_that_introduces_itself_says_so)
{
  for (const bool automatic : {false, true}) {
    const auto options = program().auto_proceed(automatic);
    auto plan = plan_of(options);
    plan.maker = checkpoint_maker::child;
    const auto head = head_of(encode_spawn(plan, {1, 0, 0, {}}));
    BOOST_TEST((head.flags & static_cast<std::uint32_t>(wire::spawn_flags::introduce)) != 0u);
    BOOST_TEST(wire::may_introduce_itself(head));
  }
}

BOOST_AUTO_TEST_CASE(steps_run_in_the_order_that_keeps_them_possible)
{
  auto options = program().unshare("uts").hostname("h").cwd("/x").no_new_privs();
  const auto parked = plan_of(options, 022);
  const std::vector<wire::stage> all{wire::stage::umask, wire::stage::hostname, wire::stage::chdir,
                                     wire::stage::no_new_privs};
  BOOST_TEST((parked.steps.stages() == all));
}

// Extra descriptors: their numbers lead the body and are counted in the frame; socket activation begins at 3.
BOOST_AUTO_TEST_CASE(descriptors_of_their_own_numbers)
{
  auto options =
      process_options("/bin/true").descriptor(9, 0).listen_descriptor(1, "web").listen_descriptor(2, "");
  const auto plan = plan_of(options);
  BOOST_TEST((plan.targets == std::vector<std::uint32_t>{3, 4, 9}));
  const auto strings = strings_of(plan);
  BOOST_TEST(std::ranges::count(strings, "LISTEN_FDS=2") == 1);
  BOOST_TEST(std::ranges::count(strings, "LISTEN_FDNAMES=web:") == 1);
  const auto message = encode_spawn(plan, {1, 0, 0, {}});
  const auto head = head_of(message);
  BOOST_TEST(head.extra_fds == 3);
  BOOST_TEST(head.header.fds == 3);
  BOOST_TEST((head.flags & static_cast<std::uint32_t>(wire::spawn_flags::listen_pid)) != 0u);
  std::uint32_t targets[3];
  std::memcpy(targets, message.frame.data() + sizeof head, sizeof targets);
  BOOST_TEST(targets[0] == 3u);
  BOOST_TEST(targets[2] == 9u);
}

// What the host was activated with is nothing to a child that is activated itself.
BOOST_AUTO_TEST_CASE(inherited_listen_variables_are_replaced)
{
  char fds[] = "LISTEN_FDS=7", pid[] = "LISTEN_PID=1", names[] = "LISTEN_FDNAMES=x", other[] = "LISTEN=y";
  char* environment[] = {fds, pid, names, other, nullptr};
  BOOST_TEST(plan_spawn(process_options("/b"), {}, environment).request.envc == 4u);
  const auto plan = plan_spawn(process_options("/b").listen_descriptor(0), {}, environment);
  BOOST_TEST(plan.request.envc == 3u);
  const std::vector<std::string> expected{"/b", "/b", "LISTEN=y", "LISTEN_FDS=1", "LISTEN_FDNAMES=unknown"};
  BOOST_TEST(strings_of(plan) == expected, boost::test_tools::per_element());
}

// The session comes before its controlling terminal, and both before READY.
BOOST_AUTO_TEST_CASE(a_terminal_is_two_steps)
{
  const auto plan = plan_of(process_options("/bin/true").terminal({24, 80}).auto_proceed());
  BOOST_TEST(
      (plan.steps.stages() == std::vector<wire::stage>{wire::stage::session, wire::stage::controlling_tty}));
  BOOST_TEST(plan.may_share_memory); // it is simple enough to be made in the spawner's memory
}

BOOST_AUTO_TEST_CASE(steps_are_padded)
{
  step_list steps;
  steps.add_text(wire::stage::hostname, "abc");
  steps.add_path(wire::stage::chdir, "/1234567");
  BOOST_TEST(steps.bytes().size() == 8u + 8u + 8u + 16u);
  wire::step_header second;
  std::memcpy(&second, steps.bytes().data() + 16, sizeof second);
  BOOST_TEST((second.what == wire::stage::chdir));
  BOOST_TEST(second.length == 9u); // with its NUL
}

// With process 1 of a pid namespace the kernel ends the namespace: no scope, and no spawner, but a cgroup's.
BOOST_AUTO_TEST_CASE(a_kill_scope_is_asked_for)
{
  const auto scope_of = [](const process_options& options) {
    return head_of(encode_spawn(plan_of(options), {1, 0, 0, {}})).scope;
  };
  BOOST_TEST((scope_of(program()) == wire::kill_scope::process));
  auto tree = program().kill_scope(kill_scope::tree).kill_rest();
  BOOST_TEST((scope_of(tree) == wire::kill_scope::tree));
  BOOST_TEST(takes_a_spawner(tree));
  BOOST_TEST(!takes_a_spawner(program().process_group().kill_scope(kill_scope::group)));
  BOOST_TEST((scope_of(tree.unshare("pid")) == wire::kill_scope::process));
  BOOST_TEST(!takes_a_spawner(tree));
  tree.resources(resources().cgroup(0)).kill_scope(kill_scope::cgroup);
  BOOST_TEST((scope_of(tree) == wire::kill_scope::cgroup));
  BOOST_TEST(takes_a_spawner(tree));
}

BOOST_AUTO_TEST_CASE(an_orphan_policy_changes_by_id_and_pid)
{
  const auto frame = encode_orphan(9, 4711, orphan_policy::outlive());
  wire::orphan_request request;
  BOOST_REQUIRE(frame.size() == sizeof request);
  std::memcpy(&request, frame.data(), sizeof request);
  BOOST_TEST(request.header.id == 9u);
  BOOST_TEST(request.pid == 4711u);
  BOOST_TEST((request.orphan == wire::orphan_policy::outlive));
}

BOOST_AUTO_TEST_SUITE_END()
