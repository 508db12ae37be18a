// Events that wait for their consumer: none is lost without a word, and the memory has a bound.
#include "netlink/event_queue.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(netlink_event_queue)

namespace netlink = linx::netlink;
using netlink::lost;
using netlink::detail::event_queue;

namespace {

std::vector<std::byte> event(std::uint16_t type, std::size_t body = 0)
{
  std::vector<std::byte> bytes(sizeof(nlmsghdr) + body);
  const nlmsghdr header{static_cast<std::uint32_t>(bytes.size()), type, 0, 0, 0};
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

// Types of the events, -1 for each lost.
std::vector<int> drain(event_queue& queue)
{
  std::vector<int> seen;
  while (const auto n = queue.take()) {
    const auto* m = std::get_if<netlink::message>(&*n);
    seen.push_back(m ? m->type() : -1);
  }
  return seen;
}

} // namespace

BOOST_AUTO_TEST_CASE(events_come_out_in_order_whatever_their_length)
{
  event_queue queue(1 << 20);
  std::vector<int> expected;
  for (int i = 1; i <= 500; ++i) {
    queue.push(event(static_cast<std::uint16_t>(i), static_cast<std::size_t>(i % 97)));
    expected.push_back(i);
  }
  BOOST_TEST((drain(queue) == expected));
  BOOST_TEST(queue.bytes() == 0u);
  BOOST_TEST(queue.empty());
}

BOOST_AUTO_TEST_CASE(a_loss_keeps_its_place)
{
  event_queue queue(1 << 20);
  queue.push(event(1));
  queue.lose(lost::cause::receive_buffer);
  queue.lose(lost::cause::receive_buffer);
  queue.push(event(2));
  BOOST_TEST((drain(queue) == std::vector<int>{1, -1, 2}));
}

// What is in the queue would be listed again anyway, and what comes before the consumer knows of the loss
// too.
BOOST_AUTO_TEST_CASE(beyond_its_limit_the_queue_is_given_up)
{
  event_queue queue(100);
  for (int i = 0; i < 10; ++i) queue.push(event(1, 4));
  BOOST_TEST(queue.bytes() <= 100u);
  auto first = queue.take();
  BOOST_REQUIRE(first.has_value());
  BOOST_REQUIRE(std::holds_alternative<lost>(*first));
  BOOST_TEST((std::get<lost>(*first).why() == lost::cause::queue));
  queue.push(event(2));
  BOOST_TEST((drain(queue) == std::vector<int>{2}));
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_message_are_left_out)
{
  event_queue queue(1 << 20);
  queue.push({});
  queue.push(std::vector<std::byte>(7));
  auto broken = event(1);
  const auto tail = event(2);
  broken.insert(broken.end(), tail.begin(), tail.end() - 4);
  queue.push(broken);
  queue.push(event(3));
  BOOST_TEST((drain(queue) == std::vector<int>{1, 3}));
}

BOOST_AUTO_TEST_SUITE_END()
