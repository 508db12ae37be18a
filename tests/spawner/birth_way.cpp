// How the spawner decides to make a child, row by row.
#include "spawner/birth_way.hpp"

#include <boost/test/unit_test.hpp>

#include <linux/sched.h>

BOOST_AUTO_TEST_SUITE(spawner_birth_way)

namespace {

namespace wire = linx::wire;
using namespace linx::spawner;

constexpr std::uint32_t fd(wire::fd_role role)
{
  return static_cast<std::uint32_t>(role);
}

constexpr std::uint32_t flag(wire::spawn_flags flag)
{
  return static_cast<std::uint32_t>(flag);
}

constexpr std::uint32_t parked = fd(wire::fd_role::checkpoint);
constexpr std::uint32_t in_cgroup = parked | fd(wire::fd_role::cgroup);
constexpr std::uint32_t in_directory = parked | fd(wire::fd_role::cwd);
constexpr std::uint32_t entering = parked | fd(wire::fd_role::ns_net);
constexpr std::uint32_t introduces = flag(wire::spawn_flags::introduce);
constexpr std::uint32_t goes_on = introduces | flag(wire::spawn_flags::auto_proceed);

struct row {
  const char* name;
  std::uint32_t fd_roles;
  std::uint32_t flags;
  std::uint32_t namespaces;
  birth_load load;
  birth_way way;
  wire::kill_scope scope = wire::kill_scope::process;
};

constexpr birth_load root{true, true, 0};
constexpr birth_load user{false, true, 0};
constexpr birth_load seven_wait{true, true, 7};
constexpr birth_load eight_wait{true, true, 8};
constexpr birth_load old_kernel{true, false, 0};

// shares_memory, by_setns_helper, joins_cgroup, own_namespaces, clone_flags
constexpr row rows[] = {
    {"without a checkpoint", 0, 0, 0, root, {true, false, false, 0, CLONE_VM | CLONE_PIDFD}},
    {"and in namespaces",
     0,
     0,
     CLONE_NEWUTS | CLONE_NEWNET,
     root,
     {true, false, false, CLONE_NEWNET, CLONE_VM | CLONE_PIDFD | CLONE_NEWUTS}},
    {"with the host's checkpoint", parked, 0, 0, eight_wait, {false, false, false, 0, CLONE_PIDFD}},
    {"introduces itself and stops", 0, introduces, 0, eight_wait, {}},
    {"of a crowd, and goes on", 0, goes_on, 0, seven_wait, {}},
    {"of a crowd that does not come to run",
     0,
     goes_on,
     0,
     eight_wait,
     {true, false, false, 0, CLONE_VM | CLONE_PIDFD}},
    {"in a cgroup", in_cgroup, 0, 0, root, {false, false, false, 0, CLONE_PIDFD | CLONE_INTO_CGROUP}},
    {"without clone3", in_cgroup, 0, 0, old_kernel, {false, false, true, 0, CLONE_PIDFD}},
    {"with the cgroup as its scope",
     in_cgroup,
     0,
     0,
     root,
     {false, false, true, 0, CLONE_PIDFD},
     wire::kill_scope::cgroup},
    {"with the cgroup as root of its namespace",
     in_cgroup,
     0,
     CLONE_NEWCGROUP,
     root,
     {false, false, false, CLONE_NEWCGROUP, CLONE_PIDFD | CLONE_INTO_CGROUP}},
    {"a cgroup namespace alone",
     parked,
     0,
     CLONE_NEWCGROUP,
     root,
     {false, false, false, 0, CLONE_PIDFD | CLONE_NEWCGROUP}},
    {"a directory and a mount namespace",
     in_directory,
     0,
     CLONE_NEWNS,
     root,
     {false, false, false, CLONE_NEWNS, CLONE_PIDFD}},
    {"enters", entering, 0, 0, root, {false, true, false, 0, CLONE_PIDFD}},
    {"a time namespace",
     parked,
     0,
     CLONE_NEWTIME,
     user,
     {false, true, false, 0, CLONE_PIDFD | CLONE_NEWTIME}},
    {"root's directory and a user namespace",
     in_directory,
     0,
     CLONE_NEWUSER,
     root,
     {false, true, false, 0, CLONE_PIDFD | CLONE_NEWUSER}},
    {"a user's directory and a user namespace",
     in_directory,
     0,
     CLONE_NEWUSER,
     user,
     {false, false, false, 0, CLONE_PIDFD | CLONE_NEWUSER}},
};

} // namespace

BOOST_AUTO_TEST_CASE(each_row)
{
  for (const row& each : rows) {
    BOOST_TEST_CONTEXT(each.name)
    {
      wire::spawn_request head{};
      head.fd_roles = each.fd_roles;
      head.flags = each.flags;
      head.namespaces = each.namespaces;
      head.scope = each.scope;
      const birth_way way = way_of({&head, {}}, each.load);
      BOOST_TEST(way.shares_memory == each.way.shares_memory);
      BOOST_TEST(way.by_setns_helper == each.way.by_setns_helper);
      BOOST_TEST(way.joins_cgroup == each.way.joins_cgroup);
      BOOST_TEST(way.own_namespaces == each.way.own_namespaces);
      BOOST_TEST(way.clone_flags == each.way.clone_flags);
      BOOST_TEST(way.stops_worker() == (each.way.shares_memory || each.way.by_setns_helper));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
