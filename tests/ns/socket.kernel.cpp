// A socket of another network namespace, made without taking the caller there.
#include <linx/ns/socket.hpp>

#include "harness/namespaces.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

BOOST_AUTO_TEST_SUITE(ns_socket_kernel)

using namespace linx;
using ns::handle;
using ns::kind;

namespace {

// The mtu of lo as a socket sees it: it tells which namespace the socket belongs to.
int loopback_mtu(int fd)
{
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  return ::ioctl(fd, SIOCGIFMTU, &request) == 0 ? request.ifr_mtu : -1;
}

} // namespace

BOOST_AUTO_TEST_CASE(belongs_to_the_other_namespace_and_the_caller_stays)
{
  const int outcome = linx::test::run_in_child([] {
    if (auto reason = linx::test::enter_fresh_network()) return linx::test::skip_child(*reason);
    const auto other = handle::of_self(kind::net).value();
    if (linx::test::run_command("ip link set lo mtu 4321").status != 0) return 1;
    if (::unshare(CLONE_NEWNET) != 0) return 2;
    const auto here = handle::of_self(kind::net).value();
    const auto before = linx::test::open_descriptors();

    auto socket = ns::open_socket(other, AF_INET, SOCK_DGRAM, 0);
    if (!socket) return 3;
    if (loopback_mtu(socket.value().get()) != 4321) return 4;
    if (!(::fcntl(socket.value().get(), F_GETFD) & FD_CLOEXEC)) return 5;
    if (!handle::of_self(kind::net).value().same_as(here)) return 6;
    socket.value().reset();
    return linx::test::open_descriptors() == before ? 0 : 7;
  });
  if (outcome != linx::test::child_skipped) BOOST_TEST(outcome == 0);
}

// The helper thread must not take a signal that the consumer's handler would then see in the wrong namespace.
BOOST_AUTO_TEST_CASE(leaves_the_caller_s_signal_mask_alone)
{
  const int outcome = linx::test::run_in_child([] {
    if (auto reason = linx::test::enter_fresh_network()) return linx::test::skip_child(*reason);
    sigset_t before, after;
    ::pthread_sigmask(SIG_BLOCK, nullptr, &before);
    const auto socket =
        ns::open_socket(handle::of_self(kind::net).value(), AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    ::pthread_sigmask(SIG_BLOCK, nullptr, &after);
    for (int signal = 1; signal < NSIG; ++signal) {
      if (::sigismember(&before, signal) != ::sigismember(&after, signal)) return 1;
    }
    return socket ? 0 : 2;
  });
  if (outcome != linx::test::child_skipped) BOOST_TEST(outcome == 0);
}

BOOST_AUTO_TEST_CASE(each_way_to_fail_names_its_stage)
{
  const int outcome = linx::test::run_in_child([] {
    auto outside = handle::of_self(kind::net);
    const auto wrong = ns::open_socket(handle::of_self(kind::uts).value(), AF_INET, SOCK_DGRAM, 0);
    if (wrong || wrong.error().where() != stage::argument) return 1;
    if (auto reason = linx::test::enter_fresh_user_network()) return linx::test::skip_child(*reason);
    // No capability in the user namespace that owns the namespace outside.
    const auto refused = ns::open_socket(outside.value(), AF_INET, SOCK_DGRAM, 0);
    if (refused || refused.error().errnum() != EPERM || refused.error().where() != stage::setns_net) return 2;
    const auto unknown = ns::open_socket(handle::of_self(kind::net).value(), AF_NETLINK, SOCK_RAW, 31);
    if (unknown || unknown.error().errnum() != EPROTONOSUPPORT || unknown.error().where() != stage::open)
      return 3;
    return 0;
  });
  if (outcome != linx::test::child_skipped) BOOST_TEST(outcome == 0);
}

BOOST_AUTO_TEST_SUITE_END()
