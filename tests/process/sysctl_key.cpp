// Names of kernel parameters, and the namespaces they belong to.

#include "process/sysctl_key.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(process_sysctl_key)

using linx::detail::sysctl_namespace;
using linx::detail::sysctl_path;
using linx::ns::kind;

// Both ways of writing a key, as sysctl(8) reads them: an interface name may hold a dot.
BOOST_AUTO_TEST_CASE(dots_and_slashes)
{
  BOOST_TEST(sysctl_path("net.ipv4.ip_forward").value() == "net/ipv4/ip_forward");
  BOOST_TEST(sysctl_path("net/ipv4/ip_forward").value() == "net/ipv4/ip_forward");
  BOOST_TEST(sysctl_path("net.ipv4.conf.eth0/100.forwarding").value() == "net/ipv4/conf/eth0.100/forwarding");
  BOOST_TEST(sysctl_path("net/ipv4/conf/eth0.100/forwarding").value() == "net/ipv4/conf/eth0.100/forwarding");
  BOOST_TEST(sysctl_path("abi").value() == "abi");
}

// Nothing that could leave /proc/sys, or name another file than it seems to.
BOOST_AUTO_TEST_CASE(keys_that_are_none)
{
  using namespace std::string_view_literals;
  for (const auto key :
       {""sv, "."sv, "/"sv, "net."sv, ".net"sv, "/proc/sys/net"sv, "net..ipv4"sv, "net//ipv4"sv,
        "net/../kernel/hostname"sv, "net/./ipv4"sv, "../self"sv, "net.ipv4\0x"sv}) {
    const auto path = sysctl_path(key);
    BOOST_TEST_CONTEXT(key)
    {
      BOOST_REQUIRE(!path);
      BOOST_TEST((path.error().where() == linx::stage::argument));
    }
  }
}

// A parameter of the machine must not be changed for a child's sake.
BOOST_AUTO_TEST_CASE(kinds)
{
  BOOST_TEST((sysctl_namespace("net/core/somaxconn") == kind::net));
  BOOST_TEST((sysctl_namespace("kernel/msgmax") == kind::ipc));
  BOOST_TEST((sysctl_namespace("fs/mqueue/msg_max") == kind::ipc));
  BOOST_TEST((sysctl_namespace("kernel/hostname") == kind::uts));
  BOOST_TEST((sysctl_namespace("user/max_net_namespaces") == kind::user));
  BOOST_TEST((sysctl_namespace("kernel/ns_last_pid") == kind::pid));
  for (const auto* path :
       {"vm/swappiness", "kernel/core_pattern", "kernel/sem/x", "network/x", "net", "fs/mqueue"})
    BOOST_TEST(!sysctl_namespace(path), path);
}

BOOST_AUTO_TEST_SUITE_END()
