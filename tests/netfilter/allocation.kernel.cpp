// Memory fails while several change and read one ruleset: whoever it was for is told, nobody hangs, and a
// commit is whole or not there.
#include "harness/scarcity.hpp"
#include "netfilter/fresh_ruleset.hpp"

#include <linx/netfilter/monitor.hpp>

#include <optional>

BOOST_AUTO_TEST_SUITE(netfilter_allocation_kernel)

namespace asio = boost::asio;
namespace netlink = linx::netlink;
namespace nf = linx::netfilter;
using linx::errc;
using linx::success;
using linx::task;

namespace {

task<> commit(netlink::connection c, int root)
{
  const nf::table mine(nf::family::inet, "t" + std::to_string(root));
  const nf::chain chain(mine, "c");
  nf::batch added;
  added.add(mine).add(chain).add(nf::rule(chain).add(nf::tcp_dport(22), nf::accept()));
  LINX_TRYV(co_await nf::push(c, std::move(added)));
  nf::batch flushed;
  flushed.flush(chain);
  LINX_TRYV(co_await nf::push(c, std::move(flushed)));
  co_return success();
}

task<> read(netlink::connection c)
{
  LINX_TRY(const auto all, co_await nf::pull(c, nf::pull_options().retries(100'000)));
  for (const auto& t : all.tables) {
    bool has_chain = t.name() == "told";
    for (const auto& each : all.chains) has_chain = has_chain || each.table() == t.name();
    if (!has_chain) co_return errc::conflict;
  }
  co_return success();
}

// Until one commit has been told.
task<> listen(linx::executor home, netlink::connection c)
{
  LINX_TRY(auto told, co_await nf::monitor::open(home));
  nf::batch added;
  added.add(nf::table(nf::family::ip, "told"));
  LINX_TRYV(co_await nf::push(c, std::move(added)));
  LINX_TRY(const auto next, co_await told.next());
  if (!next) co_return errc::closed;
  co_return success();
}

} // namespace

BOOST_FIXTURE_TEST_CASE(every_allocation_may_fail, linx::test::fresh_ruleset)
{
  if (!usable()) return;
  std::optional<netlink::connection> c;
  linx::test::scenario busy;
  busy.begin = [&](asio::io_context& each) {
    c = netlink::connection::open(each.get_executor(), NETLINK_NETFILTER).value();
    linx::test::scenario::roots roots;
    roots.push_back(commit(*c, 1));
    roots.push_back(commit(*c, 2));
    roots.push_back(read(*c));
    roots.push_back(listen(each.get_executor(), *c));
    return roots;
  };
  busy.end = [&](asio::io_context& each) {
    BOOST_TEST(linx::test::run(each, read(*c)).has_value());
    nft("flush ruleset"); // a table that is there already would be no event
    BOOST_TEST(linx::test::run(each, listen(each.get_executor(), *c)).has_value());
    nft("flush ruleset");
    c.reset();
  };
  busy.with_every_allocation_failing();
}

BOOST_AUTO_TEST_SUITE_END()
