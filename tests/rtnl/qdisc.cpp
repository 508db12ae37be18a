// Qdiscs and classes to bytes and back, without a kernel: the kernel's answer has the form of the request.
#include "rtnl/encode_qdisc.hpp"
#include "rtnl/encoded.hpp"

#include <linx/rtnl/link_statistics.hpp>

#include <boost/test/unit_test.hpp>

#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include <random>

BOOST_AUTO_TEST_SUITE(rtnl_qdisc)

namespace netlink = linx::netlink;
namespace rtnl = linx::rtnl;
using namespace std::chrono_literals;
using linx::test::view;
using rtnl::tc_handle;

namespace {

std::vector<rtnl::qdisc_options> some_options()
{
  rtnl::fq_codel codel;
  codel.limit = 1000;
  codel.flows = 64;
  codel.target = 4096us; // whole units of the kernel's
  codel.interval = 102400us;
  codel.quantum = 300;
  codel.ecn = false;
  codel.ce_threshold = 1024us;
  codel.memory_limit = 4u << 20;
  codel.drop_batch = 16;
  rtnl::fq paced;
  paced.limit = 20000;
  paced.flow_limit = 50;
  paced.quantum = 3000;
  paced.initial_quantum = 15000;
  paced.max_rate = 1'000'000;
  paced.buckets = 512;
  paced.pacing = false;
  paced.refill_delay = 40ms;
  paced.low_rate_threshold = 68750;
  paced.ce_threshold = 4ms;
  rtnl::tbf bucket(1'000'000, 16'000, 64'000);
  rtnl::tbf wide(5'000'000'000, 1'000'000, 4'000'000); // beyond 32 bits
  wide.peak_rate = 6'000'000'000;
  wide.peak_burst = 9'600;
  rtnl::htb tree;
  tree.default_class = 0x30;
  tree.rate_to_quantum = 20;
  tree.direct_queue_length = 500;
  rtnl::netem trouble;
  trouble.limit = 100;
  trouble.delay = 100ms;
  trouble.jitter = 10ms;
  trouble.delay_correlation = rtnl::probability::percent(25);
  trouble.loss = rtnl::probability::percent(0.3);
  trouble.loss_correlation = rtnl::probability::percent(20);
  trouble.duplicate = rtnl::probability::percent(1);
  trouble.duplicate_correlation = rtnl::probability::percent(2);
  trouble.corrupt = rtnl::probability::percent(0.1);
  trouble.reorder = rtnl::probability::percent(25);
  trouble.reorder_correlation = rtnl::probability::percent(50);
  trouble.gap = 5;
  trouble.rate = 7'000'000'000;
  trouble.ecn = true;
  rtnl::fifo packets;
  packets.limit = 77;
  rtnl::fifo bytes(rtnl::fifo::unit::bytes);
  bytes.limit = 7777;
  return {packets, bytes, codel, paced, bucket, wide, tree, trouble, rtnl::ingress(), rtnl::clsact()};
}

} // namespace

// Each field of each kind survives, units and 64-bit rates included.
BOOST_AUTO_TEST_CASE(options_read_back_as_they_were_written)
{
  for (const auto& options : some_options()) {
    rtnl::qdisc q(3, options);
    if (!q.handle) q.handle = tc_handle(0x10, 0);
    const auto m = rtnl::encode_new(q, NLM_F_CREATE | NLM_F_EXCL);
    BOOST_REQUIRE(m);
    const auto back = rtnl::qdisc::decode(view(m.value()));
    BOOST_REQUIRE(back);
    BOOST_TEST((*back == q), to_string(q) + " / " + to_string(*back));
    BOOST_TEST(back->kind == rtnl::kind_of(options));
  }
}

BOOST_AUTO_TEST_CASE(classes_read_back_as_they_were_written)
{
  rtnl::htb_class c(10'000'000);
  c.ceil = 8'000'000'000;
  c.burst = 20'000;
  c.ceil_burst = 1'024'000; // a tick is 512 bytes at that rate
  c.priority = 3;
  c.quantum = 1514;
  const rtnl::traffic_class tc(2, tc_handle(1, 0x10), tc_handle(1, 0), c);
  const auto m = rtnl::encode_new(tc, NLM_F_CREATE);
  BOOST_REQUIRE(m);
  const auto back = rtnl::traffic_class::decode(view(m.value()));
  BOOST_REQUIRE(back);
  BOOST_TEST((*back == tc), to_string(*back));
}

// The kernel says 4999 us where it was told 5 ms.
BOOST_AUTO_TEST_CASE(codel_time_is_what_was_meant)
{
  netlink::message_builder m(RTM_NEWQDISC, 0, tcmsg{});
  m.put_string(TCA_KIND, "fq_codel");
  {
    const auto options = m.nested(TCA_OPTIONS);
    m.put_u32(TCA_FQ_CODEL_TARGET, 4999);
    m.put_u32(TCA_FQ_CODEL_INTERVAL, 99999);
  }
  const auto q = rtnl::qdisc::decode(view(m));
  BOOST_REQUIRE(q);
  BOOST_TEST((std::get<rtnl::fq_codel>(q->options).target == 5ms));
  BOOST_TEST((std::get<rtnl::fq_codel>(q->options).interval == 100ms));
}

// What the kernel would refuse without a word is refused with one.
BOOST_AUTO_TEST_CASE(impossible_options_are_arguments)
{
  rtnl::fq odd;
  odd.buckets = 100;
  rtnl::netem early;
  early.reorder = rtnl::probability::percent(10);
  rtnl::tbf peak(1000, 1000, 1000);
  peak.peak_rate = 2000;
  for (const rtnl::qdisc_options& options :
       std::initializer_list<rtnl::qdisc_options>{odd, early, peak, rtnl::tbf(), rtnl::other_options()}) {
    const auto m = rtnl::encode_new(rtnl::qdisc(1, options), 0);
    BOOST_REQUIRE(!m);
    BOOST_TEST((m.error().where() == linx::stage::argument), m.error().message());
  }
}

BOOST_AUTO_TEST_CASE(handles_print_and_parse)
{
  for (const char* text : {"1:", "1:10", "ffff:", "root", "ingress", "none", ":a"}) {
    const auto h = tc_handle::parse(text);
    BOOST_REQUIRE(h);
    const auto again = tc_handle::parse(to_string(h.value()));
    BOOST_REQUIRE(again);
    BOOST_TEST((again.value() == h.value()));
  }
  BOOST_TEST((tc_handle::parse("1:10").value() == tc_handle(1, 0x10)));
  for (const char* text : {"", ":", "1", "x:", "1:2:3", "10000:", "1: ", "-1:"})
    BOOST_TEST(!tc_handle::parse(text), text);
}

// Counters: the wide ones win, a kernel that knows fewer leaves zeros, one that knows more changes nothing.
BOOST_AUTO_TEST_CASE(statistics_of_any_length)
{
  netlink::message_builder m(RTM_NEWSTATS, 0, if_stats_msg{0, 0, 0, 7, 0});
  std::array<std::uint64_t, 30> counters{};
  for (std::size_t n = 0; n != counters.size(); ++n) counters[n] = n + 1;
  m.put(IFLA_STATS_LINK_64, std::as_bytes(std::span(counters)));
  auto all = rtnl::link_statistics::decode(view(m));
  BOOST_REQUIRE(all);
  BOOST_TEST(all->link == 7u);
  BOOST_TEST(all->total.rx_packets == 1u);
  BOOST_TEST(all->total.tx_bytes == 4u);
  BOOST_TEST(all->total.rx_otherhost_dropped == 25u);

  netlink::message_builder old(RTM_NEWSTATS, 0, if_stats_msg{0, 0, 0, 7, 0});
  old.put(IFLA_STATS_LINK_64, std::as_bytes(std::span(counters).first(23)));
  all = rtnl::link_statistics::decode(view(old));
  BOOST_REQUIRE(all);
  BOOST_TEST(all->total.tx_compressed == 23u);
  BOOST_TEST(all->total.rx_nohandler == 0u);
}

// Whatever the bytes are, decoding and printing them stays inside; ASan is the judge.
BOOST_AUTO_TEST_CASE(hostile_bytes)
{
  const unsigned seed = 20260;
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  for (const auto& options : some_options()) {
    const auto m = rtnl::encode_new(rtnl::qdisc(3, options), 0);
    BOOST_REQUIRE(m);
    const auto whole = m.value().bytes();
    for (std::size_t length = sizeof(nlmsghdr); length <= whole.size(); ++length) {
      std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
      for (int round = 0; round != 4; ++round) {
        nlmsghdr header;
        std::memcpy(&header, cut.data(), sizeof header);
        for (const std::uint16_t type : {RTM_NEWQDISC, RTM_NEWTCLASS, RTM_NEWTFILTER}) {
          header.nlmsg_type = type;
          const netlink::message_view any(header, std::span<const std::byte>(cut).subspan(sizeof header));
          if (const auto q = rtnl::qdisc::decode(any)) BOOST_TEST(!to_string(*q).empty());
          if (const auto c = rtnl::traffic_class::decode(any)) BOOST_TEST(!to_string(*c).empty());
          if (const auto f = rtnl::filter::decode(any)) BOOST_TEST(!to_string(*f).empty());
        }
        if (cut.size() > sizeof header)
          cut[sizeof header + random() % (cut.size() - sizeof header)] = static_cast<std::byte>(random());
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
