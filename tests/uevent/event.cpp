// The text of a uevent: what is read and what is refused.
#include "uevent/event_queue.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

BOOST_AUTO_TEST_SUITE(uevent_event)

using namespace std::string_literals;
using linx::uevent::event;

namespace {

std::span<const std::byte> bytes(const std::string& text)
{
  return std::as_bytes(std::span(text));
}

// As kernel 6.18 sent it.
const std::string recorded =
    "change@/devices/virtual/net/lo\0ACTION=change\0DEVPATH=/devices/virtual/net/lo\0"
    "SUBSYSTEM=net\0SYNTH_UUID=0\0INTERFACE=lo\0IFINDEX=1\0SEQNUM=2560\0"s;

} // namespace

BOOST_AUTO_TEST_CASE(a_recorded_one_is_read)
{
  const auto e = event::parse(bytes(recorded));
  BOOST_REQUIRE(e.has_value());
  BOOST_TEST(e->action == "change");
  BOOST_TEST(e->device_path == "/devices/virtual/net/lo");
  BOOST_TEST(e->subsystem == "net");
  BOOST_TEST(e->sequence == 2560u);
  BOOST_TEST(e->properties.size() == 7u);
  BOOST_TEST(e->property("INTERFACE") == "lo");
  BOOST_TEST(e->property("NOWHERE") == "");
  BOOST_TEST(to_string(*e) == "change /devices/virtual/net/lo (net) #2560");
}

BOOST_AUTO_TEST_CASE(values_are_kept_as_they_are)
{
  const auto e = event::parse(bytes("add@/x\0A=\0B=1=2\0C=a\n\xff\0A=last\0"s));
  BOOST_REQUIRE(e.has_value());
  BOOST_TEST(e->property("B") == "1=2");
  BOOST_TEST(e->property("C") == "a\n\xff");
  BOOST_TEST(e->property("A") == "last");
  BOOST_TEST(event::parse(bytes("remove@/x\0"s)).has_value());
}

// What is only almost a uevent comes from somebody else, a device manager for instance.
BOOST_AUTO_TEST_CASE(everything_else_is_refused)
{
  for (const auto& text : {""s,
                           "\0"s,
                           "@"s,
                           "add@/x"s,
                           "@/x\0"s,
                           "add/x\0"s,
                           "add@x\0"s,
                           "add@\0"s,
                           "a d@/x\0"s,
                           "\x01@/x\0"s,
                           "add@/x\0KEY\0"s,
                           "add@/x\0=value\0"s,
                           "add@/x\0\0"s,
                           "add@/x\0A=1"s,
                           "add@/x\0ACTION=remove\0"s,
                           "add@/x\0DEVPATH=/y\0"s,
                           "add@/x\0SEQNUM=1x\0"s,
                           "add@/x\0SEQNUM=-1\0"s,
                           "add@/x\0SEQNUM=99999999999999999999\0"s,
                           "libudev\0\xfe\xed\xca\xfe"s})
    BOOST_TEST(!event::parse(bytes(text)).has_value(), text);
  // cut anywhere: refused, or whole lines of it
  for (std::size_t length = 0; length < recorded.size(); ++length) {
    const auto e = event::parse(bytes(recorded).first(length));
    BOOST_TEST(e.has_value() == (length > 0 && recorded[length - 1] == '\0'));
  }
}

// ASan is the judge.
BOOST_AUTO_TEST_CASE(mutated_ones_do_no_harm)
{
  const auto seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 20000; ++i) {
    auto text = recorded.substr(0, random() % (recorded.size() + 1));
    for (unsigned n = random() % 4; n > 0 && !text.empty(); --n)
      text[random() % text.size()] = "\0=@/\n\x80"[random() % 6];
    if (const auto e = event::parse(bytes(text))) BOOST_TEST(!to_string(*e).empty());
  }
}

// The queue is bounded whatever the kernel sends, and the loss keeps its place.
BOOST_AUTO_TEST_CASE(beyond_its_limit_the_queue_is_given_up)
{
  linx::uevent::detail::event_queue queue(10000);
  for (int i = 0; i < 100; ++i) queue.push(bytes(recorded));
  auto first = queue.take();
  BOOST_REQUIRE(first.has_value());
  BOOST_REQUIRE(std::holds_alternative<linx::netlink::lost>(*first));
  BOOST_TEST((std::get<linx::netlink::lost>(*first).why() == linx::netlink::lost::cause::queue));
  BOOST_TEST(!queue.take().has_value());
  queue.push(bytes(recorded)); // it goes on
  queue.push(bytes("garbage"));
  queue.lose(linx::netlink::lost::cause::receive_buffer);
  queue.lose(linx::netlink::lost::cause::receive_buffer);
  BOOST_TEST(to_string(*queue.take()) == "change /devices/virtual/net/lo (net) #2560");
  BOOST_TEST(to_string(*queue.take()) == "lost: the receive buffer was full");
  BOOST_TEST(queue.empty());
}

BOOST_AUTO_TEST_SUITE_END()
