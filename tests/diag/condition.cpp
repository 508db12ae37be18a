// Conditions as instructions: what they are, that the kernel's own rules for them hold, and that they decide
// as written.
#include "harness/value.hpp"

#include <linx/diag/condition.hpp>
#include <linx/net/endpoint.hpp>
#include <linx/net/literals.hpp>

#include <boost/test/unit_test.hpp>

#include <cstring>
#include <functional>
#include <random>

#include <linux/inet_diag.h>
#include <sys/socket.h>

BOOST_AUTO_TEST_SUITE(diag_condition)

using namespace linx::diag;
using namespace linx::net::literals;
using linx::net::endpoint;

namespace {

using code = std::vector<std::byte>;

code compiled(const condition& c)
{
  return linx::test::value_of(c.compile());
}

inet_diag_bc_op op_at(const code& program, std::size_t at)
{
  inet_diag_bc_op op;
  std::memcpy(&op, program.data() + at, sizeof op);
  return op;
}

// The positions that a walk over the whole instructions visits, as valid_cc() and inet_diag_bc_audit() of
// net/ipv4/inet_diag.c walk; the test fails where they would refuse.
void audit(const code& program)
{
  std::vector<bool> starts(program.size() + 1, false);
  for (std::size_t at = 0; at < program.size(); at += op_at(program, at).yes) {
    starts[at] = true;
    BOOST_REQUIRE(op_at(program, at).yes >= 4);
    BOOST_REQUIRE(op_at(program, at).yes % 4 == 0);
    BOOST_REQUIRE(at + op_at(program, at).yes <= program.size());
  }
  starts[program.size()] = true;
  for (std::size_t at = 0; at < program.size(); at += op_at(program, at).yes) {
    const std::size_t target = at + op_at(program, at).no;
    BOOST_REQUIRE(op_at(program, at).no >= 4);
    BOOST_REQUIRE(op_at(program, at).no % 4 == 0);
    BOOST_REQUIRE(target <= program.size() + 4);
    if (target <= program.size()) BOOST_REQUIRE(starts[target]);
  }
}

// inet_diag_bc_run() for ports and IPv4 addresses.
bool runs(const code& program, const endpoint& local, const endpoint& remote)
{
  auto at = std::ptrdiff_t(0);
  const auto end = std::ptrdiff_t(program.size());
  while (at < end) {
    const auto op = op_at(program, static_cast<std::size_t>(at));
    const auto* argument = program.data() + at + 4;
    inet_diag_bc_op port{};
    inet_diag_hostcond host{};
    bool yes = true;
    switch (op.code) {
    case INET_DIAG_BC_JMP:
      yes = false;
      break;
    case INET_DIAG_BC_S_EQ:
    case INET_DIAG_BC_D_EQ:
    case INET_DIAG_BC_S_GE:
    case INET_DIAG_BC_S_LE: {
      std::memcpy(&port, argument, sizeof port);
      const unsigned is = (op.code == INET_DIAG_BC_D_EQ ? remote : local).port();
      yes = op.code == INET_DIAG_BC_S_GE   ? is >= port.no
            : op.code == INET_DIAG_BC_S_LE ? is <= port.no
                                           : is == port.no;
      break;
    }
    case INET_DIAG_BC_D_COND: {
      std::memcpy(&host, argument, sizeof host);
      const auto address = linx::net::ip::from_bytes({argument + sizeof host, 4});
      yes = linx::net::subnet(*address, host.prefix_len).contains(remote.address());
      break;
    }
    default:
      BOOST_FAIL("an instruction that no condition here has");
    }
    at += yes ? op.yes : op.no;
  }
  return at == end;
}

} // namespace

// linux/inet_diag.h: code, yes, no, then the port in the `no` of a second one.
BOOST_AUTO_TEST_CASE(a_port_is_these_bytes)
{
  const auto program = compiled(source_port(0x1234));
  const unsigned char expected[] = {INET_DIAG_BC_S_EQ, 8, 12, 0, 0, 0, 0x34, 0x12};
  BOOST_REQUIRE(program.size() == sizeof expected);
  if constexpr (std::endian::native == std::endian::little)
    BOOST_TEST(std::memcmp(program.data(), expected, sizeof expected) == 0);
}

BOOST_AUTO_TEST_CASE(a_network_is_these_bytes)
{
  const auto program = compiled(destination("10.1.0.0/16"_subnet));
  const unsigned char expected[] = {
      INET_DIAG_BC_D_COND, 16, 20, 0, AF_INET, 16, 0, 0, 0xff, 0xff, 0xff, 0xff, 10, 1, 0, 0};
  BOOST_REQUIRE(program.size() == sizeof expected);
  if constexpr (std::endian::native == std::endian::little)
    BOOST_TEST(std::memcmp(program.data(), expected, sizeof expected) == 0);
  BOOST_TEST(compiled(source("2001:db8::/32"_subnet)).size() == 28u);
}

namespace {

// A random expression and what it means.
class expression {
public:
  condition compiled;
  std::function<bool(const endpoint&, const endpoint&)> means;
};

expression random_leaf(std::mt19937& random)
{
  const auto port = static_cast<std::uint16_t>(1 + random() % 4);
  switch (random() % 4) {
  case 0:
    return {source_port(port), [=](auto& l, auto&) { return l.port() == port; }};
  case 1:
    return {destination_port(port), [=](auto&, auto& r) { return r.port() == port; }};
  case 2: {
    const auto last = static_cast<std::uint16_t>(random() % 5);
    return {source_ports(port, last), [=](auto& l, auto&) { return l.port() >= port && l.port() <= last; }};
  }
  default: {
    const linx::net::subnet network("10.0.0.0"_ip, 6 + random() % 3);
    return {destination(network), [=](auto&, auto& r) { return network.contains(r.address()); }};
  }
  }
}

expression random_expression(std::mt19937& random, unsigned depth)
{
  if (depth == 0 || random() % 5 == 0) return random_leaf(random);
  auto a = random_expression(random, depth - 1);
  if (random() % 3 == 0) return {!a.compiled, [f = a.means](auto& l, auto& r) { return !f(l, r); }};
  auto b = random_expression(random, depth - 1);
  if (random() % 2 == 0)
    return {a.compiled && b.compiled,
            [f = a.means, g = b.means](auto& l, auto& r) { return f(l, r) && g(l, r); }};
  return {a.compiled || b.compiled,
          [f = a.means, g = b.means](auto& l, auto& r) { return f(l, r) || g(l, r); }};
}

} // namespace

// Offsets are patched as the parts are put together: one wrong, and the kernel refuses or sends the wrong
// ones.
BOOST_AUTO_TEST_CASE(any_expression_decides_as_written)
{
  const auto seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 2000; ++i) {
    const auto e = random_expression(random, 5);
    const auto program = compiled(e.compiled);
    audit(program);
    for (int j = 0; j < 10; ++j) {
      const endpoint local("10.0.0.1"_ip, static_cast<std::uint16_t>(random() % 6));
      const endpoint remote(random() % 2 ? "10.0.0.1"_ip : "11.0.0.1"_ip,
                            static_cast<std::uint16_t>(random() % 6));
      BOOST_REQUIRE(runs(program, local, remote) == e.means(local, remote));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_program_that_offsets_cannot_span_is_refused)
{
  auto many = source_port(0);
  for (std::uint16_t port = 1; port < 6000; ++port) many = std::move(many) || source_port(port);
  const auto program = many.compile();
  BOOST_REQUIRE(!program);
  BOOST_TEST((program.error().where() == linx::stage::argument));
}

BOOST_AUTO_TEST_SUITE_END()
