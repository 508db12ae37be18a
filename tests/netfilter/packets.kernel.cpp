// What a pushed ruleset does to packets.

#include "netfilter/fresh_ruleset.hpp"

#include <linx/io/unique_fd.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>

BOOST_AUTO_TEST_SUITE(netfilter_packets_kernel)

namespace nf = linx::netfilter;
using namespace std::string_view_literals;
using linx::io::unique_fd;
using linx::test::fresh_ruleset;
using linx::test::why;

namespace {

/// A TCP socket that listens on 127.0.0.1 at a port of the kernel's choice.
class listener {
public:
  listener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
  {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    BOOST_REQUIRE(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&at), size) == 0);
    BOOST_REQUIRE(::listen(fd_.get(), 1) == 0);
    BOOST_REQUIRE(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&at), &size) == 0);
    port_ = ntohs(at.sin_port);
  }
  std::uint16_t port() const noexcept { return port_; }

private:
  unique_fd fd_;
  std::uint16_t port_ = 0;
};

/// errno of a connect to that port of 127.0.0.1, 0 if it was answered, EINPROGRESS if nobody answered yet.
/// Over lo the answer is there when connect(2) returns.
int knock(std::uint16_t port)
{
  const unique_fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd wait{fd.get(), POLLOUT, 0};
  if (::poll(&wait, 1, 0) == 0) return EINPROGRESS;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

std::uint64_t packets_of(const nf::ruleset& all, std::string_view comment)
{
  for (const auto& r : all.rules)
    if (r.comment() == comment)
      for (const auto& e : r.expressions())
        if (const auto* c = std::get_if<nf::expr::counter>(&e)) return c->packets;
  return 0;
}

} // namespace

// The reason for it all: under a default of drop the port that is allowed answers and the other does not, and
// the counters of the kernel say that it was the rule.
BOOST_FIXTURE_TEST_CASE(an_allowed_port_answers_a_blocked_one_does_not, fresh_ruleset)
{
  if (!usable()) return;
  const listener open;
  const listener shut;

  nf::table t(nf::family::inet, "wall");
  nf::chain input(t, "input");
  input.base(nf::chain_type::filter, nf::hook::input, nf::priority::filter).policy(nf::policy::drop);
  nf::batch all;
  all.add(t).add(input);
  all.add(nf::rule(input).add(nf::ct_state(nf::state::established | nf::state::related), nf::accept()));
  all.add(nf::rule(input)
              .add(nf::iifname("lo"), nf::tcp_dport(open.port()), nf::counter(), nf::accept())
              .comment("open"));
  all.add(nf::rule(input).add(nf::tcp_dport(shut.port()), nf::counter()).comment("shut"));
  BOOST_TEST(why(push(all)) == ""sv);

  BOOST_TEST(knock(open.port()) == 0);
  BOOST_TEST(knock(shut.port()) == EINPROGRESS);
  const auto pulled = linx::test::run(context, nf::pull(nf()));
  BOOST_REQUIRE_MESSAGE(pulled, why(pulled));
  BOOST_TEST(packets_of(pulled.value(), "open") == 1u);
  BOOST_TEST(packets_of(pulled.value(), "shut") >= 1u); // a slow machine sends it again after a second
  const auto listed = nft("-j list chain inet wall input");
  BOOST_TEST(listed.find("\"policy\": \"drop\"") != listed.npos, listed);
  BOOST_TEST(listed.find("\"packets\": 1") != listed.npos, listed);

  BOOST_TEST(why(push(nf::batch().remove(t))) == ""sv);
  BOOST_TEST(knock(shut.port()) == 0);
}

// Refusing is not dropping: the sender is told, in the way that was asked for.
BOOST_FIXTURE_TEST_CASE(reject_answers, fresh_ruleset)
{
  if (!usable()) return;
  const listener one;
  nf::table t(nf::family::inet, "wall");
  nf::chain input(t, "input");
  input.base(nf::chain_type::filter, nf::hook::input, nf::priority::filter).policy(nf::policy::accept);
  nf::batch all;
  all.add(t).add(input).add(nf::rule(input).add(nf::tcp_dport(one.port()), nf::reject_with_tcp_reset()));
  BOOST_TEST(why(push(all)) == ""sv);
  BOOST_TEST(knock(one.port()) == ECONNREFUSED);
}

// An address in a set, and one that is not.
BOOST_FIXTURE_TEST_CASE(sets_decide, fresh_ruleset)
{
  if (!usable()) return;
  const listener one;
  nf::table t(nf::family::ip, "wall");
  nf::chain input(t, "input");
  input.base(nf::chain_type::filter, nf::hook::input, nf::priority::filter).policy(nf::policy::accept);
  nf::set local(t, "local", nf::key_type::ipv4_addr);
  local.interval();
  nf::batch all;
  all.add(t).add(input).add(local).add(
      nf::rule(input).add(nf::saddr(local), nf::tcp_dport(one.port()), nf::reject_with_tcp_reset()));
  BOOST_TEST(why(push(all)) == ""sv);
  BOOST_TEST(knock(one.port()) == 0);
  nf::elements loopback(local);
  loopback.add(linx::net::subnet::parse("127.0.0.0/8").value());
  BOOST_TEST(why(push(nf::batch().add(loopback))) == ""sv);
  BOOST_TEST(knock(one.port()) == ECONNREFUSED);
  BOOST_TEST(why(push(nf::batch().remove(loopback))) == ""sv);
  BOOST_TEST(knock(one.port()) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
