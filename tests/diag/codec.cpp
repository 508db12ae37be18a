// Replies of sock_diag: longer and shorter than expected, and hostile.
#include "diag/tcp_info.hpp"

#include <linx/diag/inet_socket.hpp>
#include <linx/diag/unix_socket.hpp>
#include <linx/net/literals.hpp>
#include <linx/netlink/message_builder.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <random>

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>

BOOST_AUTO_TEST_SUITE(diag_codec)

using namespace linx::diag;
using namespace linx::net::literals;
using linx::netlink::message_builder;
using linx::netlink::message_view;

namespace {

message_view only_message(std::span<const std::byte> bytes)
{
  return *linx::netlink::messages(bytes).begin();
}

inet_diag_msg listener()
{
  inet_diag_msg m{};
  m.idiag_family = AF_INET;
  m.idiag_state = 10;
  m.id.idiag_sport = linx::netlink::network_order(std::uint16_t(443));
  m.id.idiag_src[0] = linx::netlink::network_order(std::uint32_t(0x7f000001));
  m.id.idiag_cookie[0] = 5;
  m.id.idiag_cookie[1] = 1;
  m.idiag_rqueue = 1;
  m.idiag_wqueue = 128;
  m.idiag_uid = 1000;
  m.idiag_inode = 4711;
  return m;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_listener_reads_as_it_was_sent)
{
  message_builder reply(SOCK_DIAG_BY_FAMILY, 0, listener());
  reply.put_u8(INET_DIAG_SHUTDOWN, 0);
  reply.put_string(INET_DIAG_CONG, "cubic");
  const auto s = inet_socket::decode(only_message(reply.bytes()));
  BOOST_REQUIRE(s.has_value());
  BOOST_TEST((s->state == socket_state::listen));
  BOOST_TEST((s->local == linx::net::endpoint("127.0.0.1"_ip, 443)));
  BOOST_TEST(s->cookie == 0x100000005u);
  BOOST_TEST(s->congestion_control == "cubic");
  BOOST_TEST(to_string(*s) == "LISTEN 1 128 127.0.0.1:443 0.0.0.0:0 uid:1000 ino:4711 sk:4294967301 cubic");
  BOOST_TEST((*s == *inet_socket::decode(only_message(reply.bytes()))));
}

// tcp_info has grown from 104 to 248 bytes and more: both directions happen in the field.
BOOST_AUTO_TEST_CASE(structures_of_other_kernels_are_read)
{
  linx::diag::detail::tcp_info info{};
  info.rtt = 2500;
  info.snd_cwnd = 10;
  info.bytes_acked = 7;
  const auto bytes = std::as_bytes(std::span(&info, 1));
  const auto old = tcp_statistics::decode(bytes.first(104));
  BOOST_TEST(old.round_trip.count() == 2500);
  BOOST_TEST(old.send_congestion == 10u);
  BOOST_TEST(old.bytes_acknowledged == 0u);
  std::vector<std::byte> longer(bytes.begin(), bytes.end());
  longer.resize(longer.size() + 64, std::byte{0xff});
  BOOST_TEST((tcp_statistics::decode(longer) == tcp_statistics::decode(bytes)));
  BOOST_TEST(tcp_statistics::decode(longer).bytes_acknowledged == 7u);

  const std::array<std::uint32_t, 4> four{1, 2, 3, 4}; // kernels before 2.6.39 sent fewer
  const auto m = memory::decode(std::as_bytes(std::span(four)));
  BOOST_TEST(to_string(m) == "skmem:(r1,rb2,t3,tb4,f0,w0,o0,bl0,d0)");

  inet_diag_msg head = listener();
  message_builder cut(SOCK_DIAG_BY_FAMILY, 0);
  cut.append(std::as_bytes(std::span(&head, 1)).first(8));
  BOOST_TEST(inet_socket::decode(only_message(cut.bytes())).has_value());
}

BOOST_AUTO_TEST_CASE(names_of_unix_sockets_do_not_break_a_line)
{
  unix_diag_msg head{};
  head.udiag_family = AF_UNIX;
  head.udiag_type = SOCK_SEQPACKET;
  head.udiag_state = 10;
  head.udiag_ino = 3;
  message_builder reply(SOCK_DIAG_BY_FAMILY, 0, head);
  const char abstract[] = {'\0', 'a', '\n', '\0', 'b'};
  reply.put(UNIX_DIAG_NAME, std::as_bytes(std::span(abstract)));
  const std::array<std::uint32_t, 2> icons{8, 9};
  reply.put(UNIX_DIAG_ICONS, std::as_bytes(std::span(icons)));
  const auto s = unix_socket::decode(only_message(reply.bytes()));
  BOOST_REQUIRE(s.has_value());
  BOOST_TEST((s->name == std::string(abstract, sizeof abstract)));
  BOOST_TEST((s->pending == std::vector<std::uint32_t>{8, 9}));
  BOOST_TEST(to_string(*s) == "seqpacket LISTEN 0 0 @a?@b ino:3 peer:0");
}

// ASan is the judge.
BOOST_AUTO_TEST_CASE(random_replies_do_no_harm)
{
  const auto seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 20000; ++i) {
    std::vector<std::byte> body(random() % 200);
    for (auto& b : body) b = static_cast<std::byte>(random());
    constexpr std::uint8_t families[] = {AF_INET, AF_INET6, AF_UNIX};
    if (!body.empty()) body[0] = static_cast<std::byte>(families[random() % 3]);
    // attributes of a plausible length, so that the readers get behind the header
    for (std::size_t at = random() % 2 ? sizeof(inet_diag_msg) : sizeof(unix_diag_msg); at + 4 <= body.size();
         at += 8) {
      body[at] = static_cast<std::byte>(4 + random() % 8);
      body[at + 1] = std::byte(0);
      body[at + 2] = static_cast<std::byte>(random() % 24);
      body[at + 3] = std::byte(0);
    }
    nlmsghdr header{};
    header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    const message_view m(header, body);
    if (const auto s = inet_socket::decode(m)) BOOST_TEST(!to_string(*s).empty());
    if (const auto s = unix_socket::decode(m)) BOOST_TEST(!to_string(*s).empty());
  }
}

BOOST_AUTO_TEST_SUITE_END()
