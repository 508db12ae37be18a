// Frames from outside: what is malformed is refused, whatever it claims about itself.

#include "process/decode.hpp"

#include <boost/test/unit_test.hpp>

#include <cstring>
#include <random>
#include <sys/wait.h>
#include <vector>

BOOST_AUTO_TEST_SUITE(process_decode)

using namespace linx;
using namespace linx::detail;

namespace {

template <class Record>
std::vector<std::byte> bytes_of(const Record& record)
{
  const auto bytes = std::as_bytes(std::span(&record, 1));
  return {bytes.begin(), bytes.end()};
}

wire::spawned_record spawned(std::uint64_t id, std::uint8_t fds)
{
  wire::spawned_record r{};
  r.header = {sizeof r, wire::version, fds, wire::frame_type::spawned, id};
  r.pid = 42;
  return r;
}

} // namespace

BOOST_AUTO_TEST_CASE(frames_of_one_datagram_share_its_descriptors_in_order)
{
  auto datagram = bytes_of(spawned(1, 2));
  const auto more = bytes_of(spawned(2, 1));
  datagram.insert(datagram.end(), more.begin(), more.end());
  frame_reader frames(datagram, 3);
  for (const std::uint64_t id : {1u, 2u}) {
    const auto frame = frames.next();
    BOOST_REQUIRE(frame);
    BOOST_REQUIRE(*frame);
    BOOST_TEST(frame->value().header.id == id);
    BOOST_TEST(read_record<wire::spawned_record>(frame->value()).value().pid == 42u);
  }
  BOOST_TEST(!frames.next());
}

BOOST_AUTO_TEST_CASE(lies_about_length_version_and_descriptors_are_refused)
{
  auto lie = spawned(1, 2);
  const auto refused = [](const auto& record, std::size_t fds) {
    const auto bytes = bytes_of(record);
    frame_reader frames(bytes, fds);
    const auto frame = frames.next();
    BOOST_REQUIRE(frame);
    return frame->has_error() && frame->error().where() == stage::malformed;
  };
  BOOST_TEST(refused(lie, 1)); // claims two
  for (const std::uint32_t length : {0u, 8u, 20u, 32u, 0xfffffff8u}) {
    lie.header.length = length;
    BOOST_TEST(refused(lie, 2), length);
  }
  lie = spawned(1, 0);
  lie.header.version = wire::version + 1;
  BOOST_TEST(refused(lie, 0));
}

BOOST_AUTO_TEST_CASE(a_record_shorter_than_its_type_is_refused)
{
  wire::frame_header head{sizeof head, wire::version, 0, wire::frame_type::exited, 1};
  const auto bytes = bytes_of(head);
  frame_reader frames(bytes, 0);
  const auto frame = frames.next();
  BOOST_REQUIRE(frame && *frame);
  BOOST_TEST(read_record<wire::exited_record>(frame->value()).has_error());
}

// Every prefix and a hundred thousand random datagrams: the sanitizers watch.
BOOST_AUTO_TEST_CASE(no_bytes_can_lead_it_astray)
{
  const auto whole = bytes_of(spawned(1, 2));
  for (std::size_t n = 1; n != whole.size(); ++n) {
    const std::span<const std::byte> all(whole);
    frame_reader frames(all.first(n), 2);
    BOOST_TEST(frames.next()->has_error());
  }
  std::mt19937 random(20);
  for (int i = 0; i != 100000; ++i) {
    std::vector<std::byte> noise(random() % 64);
    for (auto& b : noise) b = static_cast<std::byte>(random() % 4 ? random() % 32 : random());
    if (noise.size() > 4) noise[4] = std::byte{wire::version};
    frame_reader frames(noise, 2);
    for (auto frame = frames.next(); frame && *frame; frame = frames.next())
      (void)read_record<wire::spawned_record>(frame->value());
  }
}

BOOST_AUTO_TEST_CASE(an_exit_record_becomes_rusage)
{
  wire::exited_record r{};
  r.code = CLD_KILLED;
  r.status = 9;
  r.user_us = 1500000;
  r.max_rss_kib = 2048;
  const auto e = to_exit_record(r);
  BOOST_TEST(e.code == CLD_KILLED);
  BOOST_TEST(e.usage->ru_utime.tv_sec == 1);
  BOOST_TEST(e.usage->ru_utime.tv_usec == 500000);
  BOOST_TEST(e.usage->ru_maxrss == 2048);
}

BOOST_AUTO_TEST_SUITE_END()
