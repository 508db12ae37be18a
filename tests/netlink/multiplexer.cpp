// Replies reach who asked: the rules of a connection without a socket.
#include "netlink/multiplexer.hpp"
#include "netlink/exchanges.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <memory>

BOOST_AUTO_TEST_SUITE(netlink_multiplexer)

namespace netlink = linx::netlink;
using linx::test::ask;
using linx::test::collect;
using linx::test::datagram;
using linx::test::sequence_of;
using linx::test::several;
using netlink::message_builder;
using netlink::detail::dump_exchange;
using netlink::detail::multiplexer;
using netlink::detail::pending_table;
using netlink::detail::range_exchange;
using netlink::detail::single_exchange;

namespace {

constexpr std::size_t wide = std::size_t(1) << 20;

} // namespace

BOOST_AUTO_TEST_CASE(each_reply_reaches_who_asked_in_whatever_order)
{
  multiplexer m(wide);
  const auto a = ask(), b = ask(), c = ask();
  for (auto* x : {a.get(), b.get(), c.get()}) m.admit(*x);
  m.receive(datagram().answer(sequence_of(*c), EEXIST).answer(sequence_of(*a)).bytes(), 0);
  BOOST_TEST(a->is_done());
  BOOST_TEST(!b->is_done());
  BOOST_TEST(c->is_done());
  BOOST_TEST(a->outcome().has_value());
  BOOST_TEST(c->outcome().error().errnum() == EEXIST);
  m.receive(datagram().answer(sequence_of(*b)).bytes(), 0);
  BOOST_TEST(b->is_done());
  BOOST_TEST(m.pending() == 0u);
  BOOST_TEST(m.in_flight() == 0u);
}

// Anybody may send to a socket whose port id he can guess: it is the sender's address that is not forged.
BOOST_AUTO_TEST_CASE(a_reply_from_another_process_is_dropped)
{
  multiplexer m(wide);
  const auto a = ask();
  m.admit(*a);
  m.receive(datagram().answer(sequence_of(*a), EPERM).bytes(), 4711);
  BOOST_TEST(!a->is_done());
  BOOST_TEST(m.ignored() == 1u);
  m.receive(datagram().answer(sequence_of(*a)).bytes(), 0);
  BOOST_TEST(a->outcome().has_value());
}

BOOST_AUTO_TEST_CASE(a_reply_that_nobody_asked_for_is_dropped)
{
  multiplexer m(wide);
  const auto a = ask();
  m.admit(*a);
  m.receive(datagram().answer(sequence_of(*a) + 1).answer(0).bytes(), 0);
  BOOST_TEST(!a->is_done());
  BOOST_TEST(m.ignored() == 2u);
}

// Who asked is gone, the answer comes later, and meanwhile others must not get it.
BOOST_AUTO_TEST_CASE(a_late_reply_is_swallowed)
{
  multiplexer m(wide);
  auto a = ask();
  m.admit(*a);
  const auto sequence = sequence_of(*a);
  a.reset();
  BOOST_TEST(m.pending() == 1u);
  const auto b = ask();
  m.admit(*b);
  BOOST_TEST(sequence_of(*b) != sequence);
  m.receive(datagram().add(sequence, 24).answer(sequence).bytes(), 0);
  BOOST_TEST(!b->is_done());
  BOOST_TEST(m.pending() == 1u);
  BOOST_TEST(m.ignored() == 0u);
}

BOOST_AUTO_TEST_CASE(one_that_was_not_sent_leaves_nothing)
{
  multiplexer m(wide);
  auto a = ask(1), b = ask(2);
  m.enqueue(*a);
  m.enqueue(*b);
  a.reset();
  BOOST_TEST(collect(m, 4096).size() == 1u);
  BOOST_TEST(m.pending() == 1u);
}

// 0 is the number of the kernel's own notifications; a number in use is not given away again after 2^32.
BOOST_AUTO_TEST_CASE(numbers_wrap_past_zero_and_past_those_in_use)
{
  multiplexer m(wide, 0xffffffff);
  const auto a = ask(), b = ask();
  m.admit(*a);
  m.admit(*b);
  BOOST_TEST(sequence_of(*a) == 0xffffffffu);
  BOOST_TEST(sequence_of(*b) == 1u);

  multiplexer again(wide, 1);
  std::vector<std::unique_ptr<single_exchange>> held;
  for (int i = 0; i < 3; ++i) again.admit(*held.emplace_back(ask()));
  pending_table table;
  pending_table::entry taken;
  taken.first = 1;
  taken.count = 3;
  table.insert(taken);
  BOOST_TEST(!table.is_free(1, 1));
  BOOST_TEST(!table.is_free(3, 5));
  BOOST_TEST(!table.is_free(0xfffffffe, 4));
  BOOST_TEST(table.is_free(4, 1));
  BOOST_TEST(table.is_free(0xfffffffe, 3));
}

BOOST_AUTO_TEST_CASE(a_run_of_numbers_does_not_straddle_the_end)
{
  multiplexer m(wide, 0xfffffffe);
  auto bytes = several(3);
  range_exchange x(bytes, 3, nullptr);
  m.admit(x);
  BOOST_TEST(sequence_of(x) == 1u);
}

// The table is what each request goes through: compare it with the obvious one.
BOOST_AUTO_TEST_CASE(the_table_finds_what_was_put_in_and_nothing_else)
{
  pending_table table;
  std::vector<std::uint32_t> present;
  std::uint32_t random = 12345;
  for (int round = 0; round < 20000; ++round) {
    random = random * 1664525 + 1013904223;
    const std::uint32_t key = ((random >> 8) % 300) * 64 + 1; // many with the same home
    const bool known = std::find(present.begin(), present.end(), key) != present.end();
    auto* found = table.find(key);
    BOOST_REQUIRE((found != nullptr) == known);
    if (known) {
      table.erase(*found);
      std::erase(present, key);
    } else {
      pending_table::entry e;
      e.first = key;
      e.count = 1;
      table.insert(e);
      present.push_back(key);
    }
    BOOST_REQUIRE(table.size() == present.size());
  }
}

BOOST_AUTO_TEST_CASE(those_that_wait_are_sent_together_in_order)
{
  multiplexer m(wide);
  std::vector<std::unique_ptr<single_exchange>> asked;
  for (std::uint16_t i = 0; i < 10; ++i)
    m.enqueue(*asked.emplace_back(ask(static_cast<std::uint16_t>(100 + i))));
  const auto sent = collect(m, 6 * sizeof(nlmsghdr));
  BOOST_TEST(sent.size() == 6u);
  BOOST_TEST(m.has_queued());
  std::uint16_t type = 100;
  for (const auto& one : sent) {
    BOOST_TEST(one.nlmsg_type == type);
    BOOST_TEST(one.nlmsg_seq == sequence_of(*asked[type - 100]));
    ++type;
  }
  BOOST_TEST(type == 106);
}

// facts: the default buffer takes 256 acknowledgements, and one more is an overrun of all.
BOOST_AUTO_TEST_CASE(no_more_is_in_flight_than_the_receive_buffer_can_answer)
{
  multiplexer m(4 * netlink::detail::answer_cost);
  std::vector<std::unique_ptr<single_exchange>> asked;
  for (int i = 0; i < 10; ++i) m.enqueue(*asked.emplace_back(ask()));
  BOOST_TEST(collect(m, wide).size() == 4u);
  BOOST_TEST(!m.has_sendable());
  m.receive(datagram().answer(sequence_of(*asked[0])).bytes(), 0);
  BOOST_TEST(m.has_sendable());
  BOOST_TEST(collect(m, wide).size() == 1u);
}

BOOST_AUTO_TEST_CASE(one_larger_than_the_window_is_sent_when_alone)
{
  multiplexer m(1);
  const auto a = ask(), b = ask();
  BOOST_TEST(m.may_send(*a));
  m.admit(*a);
  BOOST_TEST(!m.may_send(*b));
}

// A second dump on a socket is EBUSY; a request in between is not.
BOOST_AUTO_TEST_CASE(a_second_dump_waits_and_lets_others_pass)
{
  multiplexer m(wide);
  dump_exchange first(message_builder(18), false), second(message_builder(18), false);
  const auto other = ask();
  m.admit(first);
  m.enqueue(second);
  m.enqueue(*other);
  auto sent = collect(m, wide);
  BOOST_REQUIRE(sent.size() == 1u);
  BOOST_TEST(sent[0].nlmsg_seq == sequence_of(*other));
  m.receive(datagram().done(sequence_of(first)).bytes(), 0);
  sent = collect(m, wide);
  BOOST_REQUIRE(sent.size() == 1u);
  BOOST_TEST(sent[0].nlmsg_seq == sequence_of(second));
}

// The dump goes on in the kernel although nobody wants it: a new one has to wait for its end.
BOOST_AUTO_TEST_CASE(an_abandoned_dump_keeps_the_next_one_waiting)
{
  multiplexer m(wide);
  auto gone = std::make_unique<dump_exchange>(message_builder(18), false);
  m.admit(*gone);
  const auto sequence = sequence_of(*gone);
  gone.reset();
  dump_exchange next(message_builder(18), false);
  m.enqueue(next);
  m.await(next);
  BOOST_TEST(!m.has_sendable());
  BOOST_TEST(m.is_awaited());
  m.receive(datagram().add(sequence, 16).done(sequence).bytes(), 0);
  BOOST_TEST(m.has_sendable());
}

BOOST_AUTO_TEST_CASE(a_dump_collects_its_messages_while_others_are_answered)
{
  multiplexer m(wide);
  dump_exchange d(message_builder(18), false);
  const auto other = ask();
  m.admit(d);
  m.admit(*other);
  const auto s = sequence_of(d);
  const std::vector<std::byte> body(5, std::byte(1));
  m.receive(datagram().add(s, 16, body).bytes(), 0);
  m.receive(datagram().answer(sequence_of(*other)).bytes(), 0);
  m.receive(datagram().add(s, 16, body).add(s, 16).done(s).bytes(), 0);
  BOOST_TEST(d.is_done());
  BOOST_TEST(other->is_done());
  std::vector<std::size_t> sizes;
  while (d.has_block()) {
    const auto block = d.take_block();
    for (const auto one : netlink::messages(block)) sizes.push_back(one.body().size());
  }
  BOOST_TEST((sizes == std::vector<std::size_t>{5, 5, 0}));
}

// The kernel sets the flag on one message somewhere in the middle.
BOOST_AUTO_TEST_CASE(an_interruption_is_seen_on_any_message)
{
  for (const int where : {0, 1, 2}) {
    multiplexer m(wide);
    dump_exchange d(message_builder(18), false);
    m.admit(d);
    const auto s = sequence_of(d);
    const auto flag = [&](int position) {
      return static_cast<std::uint16_t>(position == where ? NLM_F_DUMP_INTR : 0);
    };
    m.receive(datagram().add(s, 16, {}, flag(0)).add(s, 16, {}, flag(1)).done(s, 0, flag(2)).bytes(), 0);
    BOOST_TEST(d.is_interrupted());
  }
}

BOOST_AUTO_TEST_CASE(the_errno_at_the_end_of_a_dump_is_its_error)
{
  multiplexer m(wide);
  dump_exchange d(message_builder(18), false);
  m.admit(d);
  m.receive(datagram().done(sequence_of(d), EOPNOTSUPP).bytes(), 0);
  BOOST_REQUIRE(d.failure().has_value());
  BOOST_TEST(d.failure()->errnum() == EOPNOTSUPP);
}

// google/nftables#170: the error of one message told as that of another
BOOST_AUTO_TEST_CASE(refusals_of_a_run_are_told_by_position)
{
  multiplexer m(wide);
  auto bytes = several(5);
  range_exchange x(bytes, 5, nullptr);
  m.admit(x);
  const auto s = sequence_of(x);
  m.receive(datagram().answer(s + 1, EEXIST).answer(s + 3, ENOENT).bytes(), 0);
  BOOST_TEST(!x.is_done());
  m.receive(datagram().answer(s + 4).bytes(), 0);
  BOOST_TEST(x.is_done());
  BOOST_REQUIRE(x.refusals().size() == 2u);
  BOOST_TEST(x.refusals()[0].index() == 1u);
  BOOST_TEST(x.refusals()[0].reason().errnum() == EEXIST);
  BOOST_TEST(x.refusals()[1].index() == 3u);
  BOOST_TEST((x.accepted() == std::vector<std::uint32_t>{4}));
  BOOST_TEST(m.pending() == 0u);
}

BOOST_AUTO_TEST_CASE(a_request_keeps_its_first_reply)
{
  multiplexer m(wide);
  const auto a = ask(18, single_exchange::keep::reply);
  m.admit(*a);
  const auto s = sequence_of(*a);
  m.receive(datagram().add(s, 16).add(s, 17).answer(s).bytes(), 0);
  auto reply = a->take_reply();
  BOOST_REQUIRE(reply.has_value());
  BOOST_TEST(reply.value().type() == 16);
}

BOOST_AUTO_TEST_CASE(a_request_without_a_reply_is_a_protocol_error)
{
  multiplexer m(wide);
  const auto a = ask(18, single_exchange::keep::reply);
  m.admit(*a);
  m.receive(datagram().answer(sequence_of(*a)).bytes(), 0);
  BOOST_TEST((a->take_reply().error() == linx::errc::protocol));
}

BOOST_AUTO_TEST_CASE(what_is_sent_and_unanswered_can_be_failed)
{
  multiplexer m(wide);
  const auto a = ask(), queued = ask();
  m.admit(*a);
  m.enqueue(*queued);
  m.await(*a);
  m.fail_sent(linx::error(linx::errc::overrun));
  BOOST_TEST((a->outcome().error() == linx::errc::overrun));
  BOOST_TEST(!queued->is_done());
  BOOST_TEST(m.in_flight() == 0u);
  m.fail_all(linx::error(linx::errc::closed));
  BOOST_TEST((queued->outcome().error() == linx::errc::closed));
  BOOST_TEST(!m.is_awaited());
}

// A listener's port gets events too, with numbers of their own (taskstats), and the answers of whoever had
// the socket before had another port if it was bound anew.
BOOST_AUTO_TEST_CASE(a_message_for_another_port_is_dropped)
{
  multiplexer m(wide);
  m.set_port(43);
  const auto a = ask();
  m.admit(*a);
  m.receive(datagram().answer(sequence_of(*a), EPERM).bytes(), 0);
  BOOST_TEST(!a->is_done());
  m.set_port(42);
  m.receive(datagram().answer(sequence_of(*a)).bytes(), 0);
  BOOST_TEST(a->is_done());
}

// A parked handler owns a frame, and in that frame there may be more exchanges than the one it waits for.
BOOST_AUTO_TEST_CASE(dropping_one_may_destroy_others)
{
  multiplexer m(wide);
  const auto parked = ask();
  auto beside = ask();
  m.admit(*parked);
  m.admit(*beside);
  linx::detail::waiter waiting(parked->waiters);
  waiting.park()([owned = std::move(beside)] {});
  m.drop();
  BOOST_TEST(parked->is_done());
  BOOST_TEST(m.pending() == 0u);
  BOOST_TEST(m.in_flight() == 0u);
}

BOOST_AUTO_TEST_CASE(exchanges_may_outlive_the_connection)
{
  auto m = std::make_unique<multiplexer>(wide);
  const auto a = ask(), b = ask();
  m->admit(*a);
  m->enqueue(*b);
  m.reset();
  BOOST_TEST(!a->is_done());
}

BOOST_AUTO_TEST_SUITE_END()
