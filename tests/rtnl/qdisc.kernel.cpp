// Traffic control on the running kernel, by the account of tc(8).
#include "rtnl/network.hpp"

#include <linx/rtnl/link_statistics.hpp>
#include <linx/rtnl/qdisc.hpp>

#include <cerrno>
#include <string>

BOOST_AUTO_TEST_SUITE(rtnl_qdisc_kernel, *boost::unit_test::precondition(linx::test::ip_possible))

namespace asio = boost::asio;
namespace rtnl = linx::rtnl;
using namespace linx::test;
using namespace std::chrono_literals;
using linx::result;
using linx::success;
using linx::task;
using rtnl::tc_handle;

namespace {

std::string tc(const std::string& arguments)
{
  return run_command("tc -d " + arguments).output;
}

// Runs `body` with a connection, in a namespace with the link t0 (ifb), whose index it gets.
template <class Body>
void with_link(Body body)
{
  const fresh_network network;
  BOOST_REQUIRE(run_command("ip link add t0 type ifb && ip link set t0 up").status == 0);
  asio::io_context context;
  auto rt = open_rtnl(context);
  const auto l = run(context, rt.get_link("t0"));
  BOOST_REQUIRE_MESSAGE(l.has_value(), why(l));
  body(context, rt, l.value().index);
}

bool is_absent(const result<>& r, const char* kind)
{
  if (r || r.error().errnum() != ENOENT) return false;
  BOOST_TEST_MESSAGE("skipped: this kernel has no qdisc " << kind);
  return true;
}

template <class T>
std::vector<T> listed(asio::io_context& context, linx::stream<T> all)
{
  return linx::test::value_of(run(context, collect(std::move(all))));
}

rtnl::qdisc root_of(asio::io_context& context, const rtnl::connection& rt, std::uint32_t link)
{
  for (auto& q : listed(context, rt.qdiscs(link)))
    if (q.link == link && q.parent == tc_handle::root()) return q;
  BOOST_FAIL("no root qdisc");
  return {};
}

// Made, listed as it was asked for, changed, and seen by tc(8). Returns what tc said first; "" if there is
// none.
std::string round_trip(asio::io_context& context, const rtnl::connection& rt, std::uint32_t link,
                       rtnl::qdisc_options options)
{
  rtnl::qdisc wanted(link, std::move(options));
  wanted.handle = tc_handle(1, 0);
  const auto added = run(context, rt.add_qdisc(wanted));
  if (is_absent(added, wanted.kind.c_str())) return {};
  BOOST_REQUIRE_MESSAGE(added.has_value(), why(added));
  const auto said = tc("qdisc show dev t0");
  auto found = root_of(context, rt, link);
  found.statistics = {};
  if (auto* bucket = std::get_if<rtnl::tbf>(&found.options)) {
    // The kernel keeps a burst in ticks of 64 ns, and rounds.
    const auto asked = std::get<rtnl::tbf>(wanted.options).burst;
    BOOST_TEST(bucket->burst <= asked);
    BOOST_TEST(asked - bucket->burst <= bucket->rate * 64 / 1'000'000'000 + 1);
    bucket->burst = asked;
  }
  BOOST_TEST(to_string(found) == to_string(wanted));
  const auto again = run(context, rt.add_qdisc(wanted));
  BOOST_REQUIRE(!again);
  BOOST_TEST(again.error().errnum() == EEXIST, why(again));
  if (auto* codel = std::get_if<rtnl::fq_codel>(&wanted.options))
    codel->flows.reset(); // fixed when it was made
  const auto replaced = run(context, rt.replace_qdisc(wanted));
  BOOST_TEST(replaced.has_value(), why(replaced));
  const auto removed = run(context, rt.remove_qdisc(wanted));
  BOOST_TEST(removed.has_value(), why(removed));
  BOOST_TEST(!contains(tc("qdisc show dev t0"), wanted.kind + " 1:"));
  return said;
}

// htb 1: with the class 1:1, in it 1:20, and a short queue in that one.
task<> make_tree(rtnl::connection rt, std::uint32_t link)
{
  rtnl::htb tree;
  tree.default_class = 0x20;
  rtnl::qdisc root(link, tree);
  root.handle = tc_handle(1, 0);
  LINX_TRYV(co_await rt.add_qdisc(root));
  rtnl::htb_class whole(1'250'000);
  rtnl::traffic_class top(link, tc_handle(1, 1), tc_handle(1, 0), whole);
  LINX_TRYV(co_await rt.add_class(top));
  rtnl::htb_class part(250'000);
  part.ceil = 1'250'000;
  part.priority = 2;
  rtnl::traffic_class leaf(link, tc_handle(1, 0x20), tc_handle(1, 1), part);
  LINX_TRYV(co_await rt.add_class(leaf));
  rtnl::fifo few;
  few.limit = 9;
  rtnl::qdisc queue(link, few);
  queue.handle = tc_handle(0x20, 0);
  queue.parent = tc_handle(1, 0x20);
  LINX_TRYV(co_await rt.add_qdisc(queue));
  co_return success();
}

} // namespace

BOOST_AUTO_TEST_CASE(token_bucket)
{
  with_link([](auto& context, auto& rt, std::uint32_t link) {
    const auto said = round_trip(context, rt, link, rtnl::tbf(125'000, 16'000, 64'000));
    BOOST_TEST(contains(said, "rate 1Mbit burst 16000b"), said);
  });
}

// Rates that do not fit 32 bits travel in attributes of their own.
BOOST_AUTO_TEST_CASE(token_bucket_beyond_32_bits)
{
  with_link([](auto& context, auto& rt, std::uint32_t link) {
    const auto said = round_trip(context, rt, link, rtnl::tbf(6'250'000'000, 800'000, 4'000'000));
    BOOST_TEST(contains(said, "rate 50Gbit"), said);
  });
}

BOOST_AUTO_TEST_CASE(fifos)
{
  with_link([](auto& context, auto& rt, std::uint32_t link) {
    rtnl::fifo packets;
    packets.limit = 33;
    BOOST_TEST(contains(round_trip(context, rt, link, packets), "pfifo 1: root refcnt 2 limit 33p"));
    rtnl::fifo bytes(rtnl::fifo::unit::bytes);
    bytes.limit = 5000;
    BOOST_TEST(contains(round_trip(context, rt, link, bytes), "limit 5000b"));
  });
}

BOOST_AUTO_TEST_CASE(controlled_delay)
{
  with_link([](auto& context, auto& rt, std::uint32_t link) {
    rtnl::fq_codel q;
    q.limit = 1000;
    q.flows = 256;
    q.quantum = 300;
    q.target = 4ms;
    q.interval = 80ms;
    q.memory_limit = 4u << 20;
    q.ecn = false;
    q.drop_batch = 32;
    const auto said = round_trip(context, rt, link, q);
    if (!said.empty())
      BOOST_TEST(contains(said, "limit 1000p flows 256 quantum 300 target 4ms interval 80ms"), said);
  });
}

BOOST_AUTO_TEST_CASE(fair_queueing)
{
  with_link([](auto& context, auto& rt, std::uint32_t link) {
    rtnl::fq q;
    q.limit = 5000;
    q.flow_limit = 50;
    q.buckets = 512;
    q.quantum = 3000;
    q.initial_quantum = 15000;
    q.max_rate = 1'250'000;
    q.pacing = true;
    q.refill_delay = 30ms;
    q.low_rate_threshold = 70'000;
    q.ce_threshold = 4ms;
    const auto said = round_trip(context, rt, link, q);
    if (!said.empty()) BOOST_TEST(contains(said, "limit 5000p flow_limit 50p buckets 512"), said);
  });
}

BOOST_AUTO_TEST_CASE(emulated_trouble)
{
  with_link([](auto& context, auto& rt, std::uint32_t link) {
    rtnl::netem q;
    q.limit = 100;
    q.delay = 100ms;
    q.jitter = 10ms;
    q.delay_correlation = rtnl::probability::percent(25);
    q.loss = rtnl::probability::percent(3);
    q.duplicate = rtnl::probability::percent(1);
    q.corrupt = rtnl::probability::percent(2);
    q.rate = 125'000;
    const auto said = round_trip(context, rt, link, q);
    if (said.empty()) return;
    BOOST_TEST(contains(said, "limit 100 delay 100ms  10ms 25% loss 3% duplicate 1% corrupt 2% rate 1Mbit"),
               said);
  });
}

// A tree of classes with a queue in a leaf; what flows is counted where it flows.
BOOST_AUTO_TEST_CASE(hierarchy_of_token_buckets)
{
  with_link([](auto& context, auto& rt, std::uint32_t link) {
    const auto done = run(context, make_tree(rt, link));
    BOOST_REQUIRE_MESSAGE(done.has_value(), why(done));
    const auto said = tc("class show dev t0");
    BOOST_TEST(contains(said, "class htb 1:20 parent 1:1 leaf 20: prio 2 quantum"), said);
    BOOST_TEST(contains(said, "rate 2Mbit ceil 10Mbit"), said);

    auto all = listed(context, rt.classes(link));
    std::erase_if(all, [](const rtnl::traffic_class& c) { return c.handle != tc_handle(1, 0x20); });
    BOOST_REQUIRE(all.size() == 1u);
    const auto& leaf = all.front();
    BOOST_TEST((leaf.leaf == tc_handle(0x20, 0)));
    BOOST_TEST((leaf.parent == tc_handle(1, 1)));
    const auto options = std::get<rtnl::htb_class>(leaf.options);
    BOOST_TEST(options.rate == 250'000u);
    BOOST_TEST(options.ceil.value() == 1'250'000u);
    BOOST_TEST(options.priority == 2u);

    auto faster = leaf;
    std::get<rtnl::htb_class>(faster.options).rate = 500'000;
    const auto changed = run(context, rt.change_class(faster));
    BOOST_TEST(changed.has_value(), why(changed));
    BOOST_TEST(contains(tc("class show dev t0"), "rate 4Mbit ceil 10Mbit"));
    const auto busy = run(context, rt.remove_class(rtnl::traffic_class(link, tc_handle(1, 1), {}, {})));
    BOOST_TEST(!busy); // it has a child
    const auto gone = run(context, rt.remove_class(leaf));
    BOOST_TEST(gone.has_value(), why(gone));
    BOOST_TEST(!contains(tc("class show dev t0"), "1:20"));
  });
}

// Filters are listed with what names them; both places of clsact, and the one of ingress.
BOOST_AUTO_TEST_CASE(filters_of_clsact)
{
  with_link([](auto& context, auto& rt, std::uint32_t link) {
    const auto added = run(context, rt.add_qdisc(rtnl::qdisc(link, rtnl::clsact())));
    if (is_absent(added, "clsact")) return;
    BOOST_REQUIRE_MESSAGE(added.has_value(), why(added));
    const auto made = run_command(
        "tc filter add dev t0 egress pref 7 protocol ip u32 match ip dst 10.0.0.1 action drop 2>&1 || "
        "tc filter add dev t0 egress pref 7 protocol ip u32 match ip dst 10.0.0.1");
    BOOST_REQUIRE_MESSAGE(made.status == 0, made.output);
    auto all = listed(context, rt.filters(link, tc_handle::clsact_egress()));
    BOOST_REQUIRE(!all.empty());
    for (const auto& f : all) {
      BOOST_TEST(f.kind == "u32");
      BOOST_TEST(f.priority == 7u);
      BOOST_TEST(f.protocol == 0x0800u);
      BOOST_TEST(f.link == link);
    }
    BOOST_TEST(listed(context, rt.filters(link, tc_handle::clsact_ingress())).empty());
    const auto removed = run(context, rt.remove_qdisc(rtnl::qdisc(link, rtnl::clsact())));
    BOOST_TEST(removed.has_value(), why(removed));
    const auto other = run(context, rt.add_qdisc(rtnl::qdisc(link, rtnl::ingress())));
    BOOST_TEST(other.has_value(), why(other));
    BOOST_TEST(contains(tc("qdisc show dev t0"), "ingress ffff:"));
  });
}

// The error says what was asked of which link, and the kernel's own sentence.
BOOST_AUTO_TEST_CASE(errors_name_the_qdisc)
{
  with_link([](auto& context, auto& rt, std::uint32_t link) {
    rtnl::qdisc q(link, rtnl::tbf(1000, 2000, 3000));
    q.parent = tc_handle(9, 9);
    const auto r = run(context, rt.add_qdisc(q));
    BOOST_REQUIRE(!r);
    BOOST_TEST(contains(why(r), "qdisc tbf of link #" + std::to_string(link) + " parent 9:9"), why(r));
    BOOST_TEST(r.error().errnum() == ENOENT, why(r));
  });
}

// Counters of RTM_GETSTATS are those that /proc shows, of one link and of all.
BOOST_AUTO_TEST_CASE(link_statistics)
{
  const fresh_network network;
  BOOST_REQUIRE(run_command("ping -q -c 3 -i 0.01 127.0.0.1 >/dev/null 2>&1 || "
                            "bash -c 'for i in 1 2 3; do echo x >/dev/udp/127.0.0.1/9; done'")
                    .status == 0);
  asio::io_context context;
  auto rt = open_rtnl(context);
  const auto lo = run(context, rt.get_statistics("lo"));
  BOOST_REQUIRE_MESSAGE(lo.has_value(), why(lo));
  const auto shown = run_command("grep lo: /proc/net/dev | tr -s ' ' | cut -d: -f2").output;
  const auto& total = lo.value().total;
  BOOST_TEST(total.rx_packets > 0u);
  BOOST_TEST(
      shown.starts_with(' ' + std::to_string(total.rx_bytes) + ' ' + std::to_string(total.rx_packets) + ' '),
      shown);
  const auto all = listed(context, rt.statistics());
  BOOST_TEST(std::ranges::count_if(all, [&](const auto& s) { return s == lo.value(); }) == 1);
  const auto none = run(context, rt.get_statistics("nothing"));
  BOOST_REQUIRE(!none);
  BOOST_TEST(none.error().errnum() == ENODEV, why(none));
}

BOOST_AUTO_TEST_SUITE_END()
