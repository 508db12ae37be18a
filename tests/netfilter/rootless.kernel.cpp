// A user namespace is all the privilege that a ruleset of one's own takes.

#include "netfilter/fresh_ruleset.hpp"

#include <linx/netfilter/monitor.hpp>

#include <cerrno>
#include <cstdio>

#include <unistd.h>

BOOST_AUTO_TEST_SUITE(netfilter_rootless_kernel)

namespace nf = linx::netfilter;
using linx::stage;
using linx::test::why;

namespace {

/// The child's tests do not count in the parent, so it says by a number what failed.
int failed(int step, const std::string& why)
{
  std::fprintf(stderr, "step %d: %s\n", step, why.c_str());
  return step;
}

int default_drop_in_a_user_namespace()
{
  if (const auto refused = linx::test::enter_fresh_user_network()) {
    std::fprintf(stderr, "%s\n", refused->c_str());
    return linx::test::child_skipped;
  }
  linx::asio::io_context context(1);
  auto opened = linx::netlink::connection::open(context.get_executor(), NETLINK_NETFILTER);
  if (!opened) return failed(1, why(opened));
  auto events = linx::test::run(context, nf::monitor::open(context.get_executor()));
  if (!events) return failed(2, why(events));

  nf::table t(nf::family::inet, "wall");
  t.owner();
  nf::chain input(t, "input");
  input.base(nf::chain_type::filter, nf::hook::input, 0).policy(nf::policy::drop);
  nf::batch all;
  all.add(t).add(input).add(nf::rule(input).add(nf::tcp_dport(80), nf::accept()));
  const auto pushed = linx::test::run(context, nf::push(opened.value(), all));
  if (!pushed) return failed(3, why(pushed));
  const auto told = linx::test::run(context, events.value().next());
  if (!told || !told.value() || told.value()->events().size() != 3) return failed(4, why(told));
  const auto listed = linx::test::run_command("nft list chain inet wall input").output;
  if (listed.find("policy drop") == listed.npos || listed.find("tcp dport 80 accept") == listed.npos)
    return failed(5, listed);

  // The send buffer is bounded by net.core.wmem_max here. A batch that does not fit is refused as a whole, in
  // words.
  nf::batch large;
  for (int i = 0; i < 40000; ++i)
    large.add(nf::rule(input).add(nf::tcp_dport(80), nf::counter(), nf::accept()));
  const auto refused = linx::test::run(context, nf::push(opened.value(), large));
  if (refused) return 0; // the machine allows large buffers
  if (refused.error().errnum() != EMSGSIZE || refused.error().where() != stage::send)
    return failed(6, why(refused));
  const auto after = linx::test::run(context, nf::pull(opened.value()));
  if (!after || after.value().rules.size() != 1) return failed(7, why(after));
  return 0;
}

int without_privilege()
{
  // a network namespace that root made, seen by somebody else
  if (linx::test::enter_fresh_network()) return linx::test::child_skipped;
  if (::setgid(65534) != 0 || ::setuid(65534) != 0) return linx::test::child_skipped;
  linx::asio::io_context context(1);
  auto opened = linx::netlink::connection::open(context.get_executor(), NETLINK_NETFILTER);
  if (!opened) return failed(1, why(opened));
  const auto pushed =
      linx::test::run(context, nf::push(opened.value(), nf::batch().add(nf::table(nf::family::ip, "x"))));
  if (pushed || pushed.error().errnum() != EPERM || pushed.error().where() != stage::commit)
    return failed(2, why(pushed));
  if (why(pushed).find("CAP_NET_ADMIN") == std::string::npos) return failed(3, why(pushed));
  const auto asked = linx::test::run(context, nf::generation(opened.value()));
  if (asked || asked.error().errnum() != EPERM) return failed(4, why(asked));
  const auto watched = linx::test::run(context, nf::monitor::open(context.get_executor()));
  if (watched || watched.error().errnum() != EPERM) return failed(5, why(watched));
  return 0;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_ruleset_in_a_user_namespace)
{
  const int status = linx::test::run_in_child(default_drop_in_a_user_namespace);
  if (status == linx::test::child_skipped) {
    BOOST_TEST_MESSAGE("skipped: no user namespaces here");
    return;
  }
  BOOST_TEST(status == 0);
}

// Without CAP_NET_ADMIN each verb is refused with EPERM and says what it takes; nothing hangs.
BOOST_AUTO_TEST_CASE(without_privilege_everything_is_refused)
{
  const int status = linx::test::run_in_child(without_privilege);
  if (status == linx::test::child_skipped) {
    BOOST_TEST_MESSAGE("skipped: cannot become an ordinary user");
    return;
  }
  BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_SUITE_END()
