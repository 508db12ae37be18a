// What is told of a parked child: frames and records, whole, longer, shorter, and nonsense.

#include "process/attached_child.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <cstring>
#include <random>
#include <string>

BOOST_AUTO_TEST_SUITE(process_attached_child)

using namespace linx;
using namespace linx::detail;

namespace {

// As the spawner writes it: arguments, then steps.
byte_vector answer(const std::string& arguments, const std::vector<wire::stage>& steps, std::size_t tail = 0,
                   std::uint8_t version = wire::version)
{
  wire::attached_record r{};
  r.pid = 4711;
  r.child_pid = 1;
  r.namespaces = static_cast<std::uint32_t>(ns::clone_flag(ns::kind::user) | ns::clone_flag(ns::kind::pid));
  r.entered = static_cast<std::uint32_t>(ns::clone_flag(ns::kind::net));
  r.flags = static_cast<std::uint32_t>(wire::parked_flags::init);
  r.scope = wire::kill_scope::tree;
  r.arguments_length = static_cast<std::uint16_t>(arguments.size());
  r.steps = static_cast<std::uint16_t>(steps.size());
  const std::size_t room = wire::padded(arguments.size());
  const std::size_t size = sizeof r + room + wire::padded(steps.size() * sizeof(wire::stage)) + tail;
  r.header = {static_cast<std::uint32_t>(size), version, 2, wire::frame_type::attached,
              std::uint64_t{3} << 32};
  byte_vector bytes(size);
  std::memcpy(bytes.data(), &r, sizeof r);
  std::memcpy(bytes.data() + sizeof r, arguments.data(), arguments.size());
  if (!steps.empty())
    std::memcpy(bytes.data() + sizeof r + room, steps.data(), steps.size() * sizeof(wire::stage));
  return bytes;
}

result<attached_child> read(const byte_vector& bytes)
{
  frame_reader frames(bytes, wire::max_fds, true);
  const auto frame = frames.next();
  if (!*frame) return frame->error();
  return read_attached(frame->value());
}

const std::string record_text = "linx-exit=1\npid=12\nchild_pid=1\ncode=2\nstatus=9\ncheckpoint=2\nstage=29\n"
                                "step=0\nerrno=2\nuser_us=1500000\nmax_rss_kib=77\nof_a_later_version=x\n"
                                "arguments=6100622063\n";

} // namespace

BOOST_AUTO_TEST_CASE(an_answer_is_read)
{
  const std::string arguments("sh\0-c\0", 6);
  for (const std::size_t tail : {0, 8, 64}) { // of a later version
    const auto version = static_cast<std::uint8_t>(tail == 0 ? wire::version : wire::version + 1);
    const auto child = read(answer(arguments, {wire::stage::umask, wire::stage::mount}, tail, version));
    BOOST_REQUIRE(child);
    const auto& c = child.value();
    BOOST_TEST(c.pid == 4711);
    BOOST_TEST(c.child_pid == 1);
    BOOST_TEST(c.first_step == std::uint64_t{3} << 32);
    BOOST_TEST(c.version == wire::version);
    BOOST_TEST(c.has_init);
    BOOST_TEST(!c.outlives);
    BOOST_TEST((c.scope == kill_scope::tree));
    BOOST_TEST((c.namespaces == std::vector{ns::kind::user, ns::kind::pid}));
    BOOST_TEST((c.entered == std::vector{ns::kind::net}));
    BOOST_TEST((c.argv == std::vector<std::string>{"sh", "-c"}));
    BOOST_TEST((c.taken == std::vector{stage::umask, stage::mount}));
    BOOST_TEST(!c.left.has_value());
  }
}

BOOST_AUTO_TEST_CASE(the_version_before_is_spoken_to_as_that)
{
  const auto child = read(answer("", {}, 0, wire::version - 1));
  BOOST_REQUIRE(child);
  BOOST_TEST(child.value().version == wire::version - 1);
  BOOST_TEST(!read(answer("", {}, 0, wire::version - 2)));
  BOOST_TEST(!read(answer("", {}, 0, wire::version + 2)));
}

BOOST_AUTO_TEST_CASE(an_answer_that_promises_more_is_an_error)
{
  const auto whole = answer(std::string("program\0", 8), {wire::stage::umask});
  for (std::size_t size = sizeof(wire::frame_header); size < whole.size(); size += 8) {
    byte_vector part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const auto length = static_cast<std::uint32_t>(size);
    std::memcpy(part.data(), &length, sizeof length);
    BOOST_TEST(!read(part), size);
  }
  BOOST_TEST(read(whole).has_value());
}

BOOST_AUTO_TEST_CASE(a_notice_says_what_fits)
{
  park_notice what;
  what.id = 7;
  what.pid = 12;
  what.child_pid = 1;
  what.has_init = true;
  what.namespaces = {ns::kind::pid};
  const auto frame = encode_park(what, "child", {"a", std::string(wire::most_parked_arguments, 'x'), "b"});
  wire::park_request head;
  std::memcpy(&head, frame.data(), sizeof head);
  BOOST_TEST(head.header.length == frame.size());
  BOOST_TEST(frame.size() == sizeof head + 8 + 8);
  BOOST_TEST(static_cast<int>(head.header.fds) == 5);
  BOOST_TEST(head.header.id == 7u);
  BOOST_TEST(head.namespaces == static_cast<std::uint32_t>(ns::clone_flag(ns::kind::pid)));
  BOOST_TEST(head.name_length == 5u);
  BOOST_TEST(head.arguments_length == 2u);
}

BOOST_AUTO_TEST_CASE(an_exit_record_is_read)
{
  const auto child = read_exit_record(record_text);
  BOOST_REQUIRE(child);
  const auto& c = child.value();
  BOOST_TEST(c.pid == 12);
  BOOST_TEST((c.argv == std::vector<std::string>{"a"})); // the last one has no NUL
  BOOST_REQUIRE(c.end.has_value());
  BOOST_TEST(c.end->code == CLD_KILLED);
  BOOST_TEST(c.end->status == 9);
  BOOST_TEST(c.end->usage->ru_utime.tv_sec == 1);
  BOOST_TEST(c.end->usage->ru_maxrss == 77);
  BOOST_REQUIRE(c.left.has_value());
  BOOST_TEST((c.left->state == wire::slot_state::failed));
  BOOST_TEST((c.left->where == wire::stage::execve));
  BOOST_TEST(c.left->error == ENOENT);
}

BOOST_AUTO_TEST_CASE(what_is_no_exit_record_is_an_error)
{
  for (const std::string text :
       {"", "linx-exit=2\npid=1\ncode=1\n", "linx-exit=1\n", "linx-exit=1\npid=1\ncode=9\n",
        "linx-exit=1\npid=-4\ncode=1\n", "pid=1\ncode=1\nlinx-exit=1\n"}) {
    const auto child = read_exit_record(text);
    BOOST_TEST(!child, text);
    if (!child) BOOST_TEST((child.error().where() == stage::decode));
  }
  std::mt19937 random(4711);
  for (int round = 0; round != 2000; ++round) { // nothing but an answer or an error
    std::string text = record_text;
    for (int i = 0; i != 8; ++i) text[random() % text.size()] = static_cast<char>(random());
    text.resize(random() % text.size());
    (void)read_exit_record(text);
  }
}

BOOST_AUTO_TEST_SUITE_END()
