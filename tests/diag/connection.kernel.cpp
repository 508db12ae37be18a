// Real sockets in a namespace of their own, compared with what ss(8) says about them.
#include "harness/network.hpp"
#include "harness/run.hpp"

#include <linx/core/collect.hpp>
#include <linx/diag/connection.hpp>
#include <linx/net/literals.hpp>
#include <linx/ns/handle.hpp>

#include <algorithm>
#include <cstring>
#include <sstream>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(diag_connection_kernel, *boost::unit_test::precondition(linx::test::network_possible))

namespace asio = boost::asio;
using namespace linx::diag;
using namespace linx::net::literals;
using linx::collect;
using linx::task;
using linx::io::unique_fd;
using linx::test::run;
using linx::test::why;

namespace {

connection open(asio::io_context& context)
{
  return linx::test::value_of(connection::open(context.get_executor()));
}

std::vector<inet_socket> list(asio::io_context& context, const connection& c, inet_query query)
{
  return linx::test::value_of(run(context, collect(c.sockets(std::move(query)))));
}

sockaddr_in loopback(std::uint16_t port)
{
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(port);
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

unique_fd bound(int type, std::uint16_t port)
{
  unique_fd fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  const int on = 1;
  BOOST_REQUIRE(::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
  const auto a = loopback(port);
  BOOST_REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a) == 0);
  return fd;
}

void connect(const unique_fd& fd, std::uint16_t port)
{
  const auto a = loopback(port);
  BOOST_REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a) == 0);
}

// A listener and a connection through it.
class tcp_pair {
public:
  explicit tcp_pair(std::uint16_t port) : listener(bound(SOCK_STREAM, port)), client(bound(SOCK_STREAM, 0))
  {
    BOOST_REQUIRE(::listen(listener.get(), 7) == 0);
    connect(client, port);
    server.reset(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    BOOST_REQUIRE(server);
  }

  unique_fd listener, client, server;
};

std::uint32_t inode_of(const unique_fd& fd)
{
  struct stat st {};
  BOOST_REQUIRE(::fstat(fd.get(), &st) == 0);
  return static_cast<std::uint32_t>(st.st_ino);
}

std::uint64_t cookie_of(const unique_fd& fd)
{
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  BOOST_REQUIRE(::getsockopt(fd.get(), SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0);
  return cookie;
}

const inet_socket& with_inode(const std::vector<inet_socket>& all, std::uint32_t inode)
{
  const auto found = std::find_if(all.begin(), all.end(), [&](auto& s) { return s.inode == inode; });
  BOOST_REQUIRE(found != all.end());
  return *found;
}

// "STATE RECV SEND LOCAL PEER" of each line of ss -H, sorted.
std::vector<std::string> lines_of_ss(const std::string& options)
{
  const auto listed = linx::test::run_command("ss -Hn " + options);
  BOOST_REQUIRE_MESSAGE(listed.status == 0, listed.output);
  std::vector<std::string> lines;
  std::istringstream text(listed.output);
  for (std::string line; std::getline(text, line);) {
    std::istringstream words(line);
    std::string state, receive, send, local, peer;
    words >> state >> receive >> send >> local >> peer;
    lines.push_back(state + " " + receive + " " + send + " " + local + " " + peer);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

// The same of linx, as ss writes ports and addresses of nobody.
std::string line_of(const inet_socket& s)
{
  const auto end = [](const linx::net::endpoint& e) {
    return e.port() == 0 ? to_string(e).substr(0, to_string(e).rfind(':')) + ":*" : to_string(e);
  };
  std::ostringstream line;
  line << to_string(s.state) << " " << s.receive_queue << " " << s.send_queue << " " << end(s.local) << " "
       << end(s.remote);
  return line.str();
}

std::vector<std::string> lines_of(const std::vector<inet_socket>& sockets)
{
  std::vector<std::string> lines;
  for (const auto& s : sockets) lines.push_back(line_of(s));
  std::sort(lines.begin(), lines.end());
  return lines;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(lists_what_ss_lists, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open(context);
  const tcp_pair a(4001), b(4002);
  const auto udp = bound(SOCK_DGRAM, 4003), other = bound(SOCK_DGRAM, 4004);
  connect(other, 4003);
  BOOST_REQUIRE(::send(a.client.get(), "hello", 5, 0) == 5);

  const auto tcp = list(context, c, inet_query(protocol::tcp));
  BOOST_TEST(tcp.size() == 6u);
  BOOST_TEST(lines_of(tcp) == lines_of_ss("-ta"), boost::test_tools::per_element());
  const auto datagrams = list(context, c, inet_query(protocol::udp));
  BOOST_TEST(datagrams.size() == 2u);
  BOOST_TEST(lines_of(datagrams) == lines_of_ss("-ua"), boost::test_tools::per_element());

  const auto& server = with_inode(tcp, inode_of(a.server));
  BOOST_TEST(server.receive_queue == 5u);
  BOOST_TEST(server.cookie == cookie_of(a.server));
  BOOST_TEST(server.uid == ::getuid());
  const auto& listener = with_inode(tcp, inode_of(a.listener));
  BOOST_TEST((listener.state == socket_state::listen));
  BOOST_TEST(listener.send_queue == 7u);
}

BOOST_FIXTURE_TEST_CASE(both_families_and_each_alone, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open(context);
  const auto v4 = bound(SOCK_DGRAM, 4003);
  const unique_fd v6(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  any.sin6_port = htons(4005);
  if (!v6 || ::bind(v6.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0) {
    BOOST_TEST_MESSAGE("skipped: this kernel has no IPv6");
    return;
  }
  BOOST_TEST(list(context, c, inet_query(protocol::udp)).size() == 2u);
  const auto only_v4 = list(context, c, inet_query(protocol::udp).family(linx::net::family::v4));
  BOOST_REQUIRE(only_v4.size() == 1u);
  BOOST_TEST(only_v4[0].inode == inode_of(v4));
  const auto only_v6 = list(context, c, inet_query(protocol::udp).family(linx::net::family::v6));
  BOOST_REQUIRE(only_v6.size() == 1u);
  BOOST_TEST(only_v6[0].inode == inode_of(v6));
  BOOST_TEST((only_v6[0].local == linx::net::endpoint("::"_ip, 4005)));
}

BOOST_FIXTURE_TEST_CASE(states_and_conditions_are_decided_in_the_kernel, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open(context);
  const tcp_pair a(4001), b(4002);

  const auto listeners = list(context, c, inet_query(protocol::tcp).states({socket_state::listen}));
  BOOST_TEST(lines_of(listeners) == lines_of_ss("-tl"), boost::test_tools::per_element());
  BOOST_TEST(listeners.size() == 2u);

  const auto compare = [&](const condition& where, const std::string& filter, std::size_t expected) {
    const auto found = list(context, c, inet_query(protocol::tcp).where(where));
    BOOST_TEST(lines_of(found) == lines_of_ss("-ta '" + filter + "'"), boost::test_tools::per_element());
    BOOST_TEST(found.size() == expected, filter);
  };
  compare(source_port(4001), "sport = 4001", 2);
  compare(destination_port(4001), "dport = 4001", 1);
  compare(source_ports(4001, 4002), "sport >= 4001 and sport <= 4002", 4);
  compare(!source_port(4001), "not sport = 4001", 4);
  compare(source_port(4001) || destination_port(4002), "sport = 4001 or dport = 4002", 3);
  compare(!(source_port(4001) || destination_port(4002)) && source("127.0.0.0/8"_subnet),
          "not ( sport = 4001 or dport = 4002 ) and src 127.0.0.0/8", 3);
  compare(destination("127.0.0.1/32"_subnet) && !destination_port(4001), "dst 127.0.0.1 and not dport = 4001",
          3);
  BOOST_TEST(list(context, c, inet_query(protocol::tcp).where(source("10.0.0.0/8"_subnet))).empty());
}

BOOST_FIXTURE_TEST_CASE(a_socket_bound_to_an_interface_or_marked_is_found, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open(context);
  const auto plain = bound(SOCK_DGRAM, 4003), special = bound(SOCK_DGRAM, 4004);
  const std::uint32_t lo = ::if_nametoindex("lo"), mark = 0x2a;
  BOOST_REQUIRE(::setsockopt(special.get(), SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) == 0);
  BOOST_REQUIRE(::setsockopt(special.get(), SOL_SOCKET, SO_MARK, &mark, sizeof mark) == 0);
  for (const auto& where : {bound_to(lo), marked(0x2a), marked(0x02, 0x0f) || marked(0x0a, 0x0f)}) {
    const auto found = list(context, c, inet_query(protocol::udp).where(where));
    BOOST_REQUIRE(found.size() == 1u);
    BOOST_TEST(found[0].inode == inode_of(special));
    BOOST_TEST(found[0].link == lo);
    BOOST_TEST((found[0].mark == mark));
  }
}

BOOST_FIXTURE_TEST_CASE(tcp_statistics_and_memory, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open(context);
  const tcp_pair a(4001);
  BOOST_REQUIRE(::send(a.client.get(), "hello", 5, 0) == 5);
  const auto all = list(context, c, inet_query(protocol::tcp).with_tcp().with_memory());
  const auto& server = with_inode(all, inode_of(a.server));
  BOOST_REQUIRE(server.tcp.has_value());
  BOOST_TEST(server.tcp->bytes_received == 5u);
  BOOST_TEST(server.tcp->send_segment > 0u);
  const auto& client = with_inode(all, inode_of(a.client));
  BOOST_TEST(client.tcp->bytes_sent == 5u);
  BOOST_TEST(client.tcp->retransmission_timeout.count() > 0);
  BOOST_TEST(client.congestion_control != "");
  BOOST_REQUIRE(server.memory.has_value());
  int buffer = 0;
  socklen_t size = sizeof buffer;
  BOOST_REQUIRE(::getsockopt(a.server.get(), SOL_SOCKET, SO_RCVBUF, &buffer, &size) == 0);
  BOOST_TEST(server.memory->receive_buffer == static_cast<std::uint32_t>(buffer));
  // the kernel's truth by another reader: the same numbers stand in a line of ss
  const auto told = linx::test::run_command("ss -Htnim 'sport = 4001'").output;
  BOOST_TEST_CONTEXT(told)
  {
    BOOST_TEST(told.find("rb" + std::to_string(server.memory->receive_buffer) + ",") != std::string::npos);
    BOOST_TEST(told.find(server.congestion_control) != std::string::npos);
    BOOST_TEST(told.find("bytes_received:5") != std::string::npos);
  }
  // what was not asked for is not there
  BOOST_TEST(!with_inode(list(context, c, inet_query(protocol::tcp)), inode_of(a.server)).tcp.has_value());
}

BOOST_FIXTURE_TEST_CASE(one_socket_by_its_ends, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open(context);
  const tcp_pair a(4001);
  const auto all = list(context, c, inet_query(protocol::tcp));
  auto wanted = with_inode(all, inode_of(a.server));
  const auto found = run(context, c.get(protocol::tcp, wanted));
  BOOST_REQUIRE_MESSAGE(found.has_value(), why(found));
  BOOST_TEST(found.value().inode == wanted.inode);
  BOOST_TEST(found.value().tcp.has_value());
  wanted.cookie += 1; // another socket with the same ends
  const auto stale = run(context, c.get(protocol::tcp, wanted));
  BOOST_REQUIRE(!stale);
  BOOST_TEST((stale.error().errnum() == ENOENT || stale.error().errnum() == ESTALE), why(stale));
  BOOST_TEST(stale.error().message().find("tcp socket 127.0.0.1:4001") != std::string::npos, why(stale));
}

// The owner must see it, and nobody else: the connection beside it lives.
BOOST_FIXTURE_TEST_CASE(destroys_one_socket_and_no_other, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open(context);
  const tcp_pair a(4001), b(4002);
  const auto victim = with_inode(list(context, c, inet_query(protocol::tcp)), inode_of(a.server));
  const auto done = run(context, c.destroy(protocol::tcp, victim));
  if (!done && done.error().errnum() == EOPNOTSUPP) {
    BOOST_TEST_MESSAGE("skipped: this kernel was built without INET_DIAG_DESTROY");
    return;
  }
  BOOST_REQUIRE_MESSAGE(done.has_value(), why(done));
  char byte;
  BOOST_TEST(::recv(a.server.get(), &byte, 1, MSG_DONTWAIT) == -1);
  BOOST_TEST(errno == ECONNABORTED);
  BOOST_TEST(::recv(a.client.get(), &byte, 1, MSG_DONTWAIT) == -1);
  BOOST_TEST(errno == ECONNRESET);
  BOOST_TEST(::send(b.client.get(), "x", 1, 0) == 1);
  BOOST_TEST(::recv(b.server.get(), &byte, 1, 0) == 1);
  // it is gone, and is not taken for another one
  const auto again = run(context, c.destroy(protocol::tcp, victim));
  BOOST_REQUIRE(!again);
  BOOST_TEST(again.error().errnum() == ENOENT);
}

BOOST_FIXTURE_TEST_CASE(unix_sockets, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open(context);
  int ends[2];
  BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
  const unique_fd one(ends[0]), two(ends[1]);
  const unique_fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const unique_fd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const std::string name("\0linx-diag", 10);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  BOOST_REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0);
  BOOST_REQUIRE(::listen(listener.get(), 3) == 0);
  BOOST_REQUIRE(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0);

  const auto listed = run(context, collect(c.sockets(unix_query().with_memory())));
  BOOST_REQUIRE_MESSAGE(listed.has_value(), why(listed));
  const auto find = [&](const unique_fd& fd) {
    const auto at = std::find_if(listed.value().begin(), listed.value().end(),
                                 [&](auto& s) { return s.inode == inode_of(fd); });
    BOOST_REQUIRE(at != listed.value().end());
    return *at;
  };
  BOOST_TEST(find(one).peer == inode_of(two));
  BOOST_TEST(find(two).peer == inode_of(one));
  BOOST_TEST((find(one).type == unix_type::sequenced_packet));
  BOOST_TEST((find(one).uid == ::getuid()));
  BOOST_TEST(find(one).cookie == cookie_of(one));
  BOOST_TEST(find(one).memory.has_value());
  BOOST_TEST((find(listener).state == socket_state::listen));
  BOOST_TEST((find(listener).name == name));
  BOOST_TEST((find(listener).receive_queue == 1u));
  BOOST_TEST((find(listener).send_queue == 3u));
  BOOST_TEST(find(listener).pending.size() == 1u);
  // the namespace is fresh: nothing else is in it (the end to be accepted has no name and is not listed)
  BOOST_TEST(listed.value().size() == 4u);
  const auto listeners = run(context, collect(c.sockets(unix_query().states({socket_state::listen}))));
  BOOST_TEST(listeners.value().size() == 1u);
}

// The socket stays where it was made: that is all it takes to look into a container.
BOOST_FIXTURE_TEST_CASE(the_sockets_of_another_namespace, linx::test::fresh_network)
{
  const auto there = linx::ns::handle::of_self(linx::ns::kind::net);
  const auto inside = bound(SOCK_DGRAM, 4003);
  BOOST_REQUIRE(!linx::test::enter_fresh_network());
  asio::io_context context(1);
  BOOST_TEST(list(context, open(context), inet_query(protocol::udp)).empty());
  const auto c = connection::open(context.get_executor(), there.value());
  if (!c && c.error().errnum() == EPERM) {
    BOOST_TEST_MESSAGE("skipped: " << why(c));
    return;
  }
  BOOST_REQUIRE_MESSAGE(c.has_value(), why(c));
  const auto listed = list(context, c.value(), inet_query(protocol::udp));
  BOOST_REQUIRE(listed.size() == 1u);
  BOOST_TEST(listed[0].inode == inode_of(inside));
}

BOOST_FIXTURE_TEST_CASE(a_condition_too_long_is_an_error_of_the_stream, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open(context);
  auto many = source_port(0);
  for (std::uint16_t port = 1; port < 6000; ++port) many = std::move(many) || source_port(port);
  const auto listed = run(context, collect(c.sockets(inet_query(protocol::tcp).where(many))));
  BOOST_REQUIRE(!listed);
  BOOST_TEST((listed.error().where() == linx::stage::argument));
}

BOOST_AUTO_TEST_SUITE_END()
