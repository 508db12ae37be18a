// A wrong literal does not compile. A concept asks the compiler, so this file compiling is the proof.
#include <linx/net/literals.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

BOOST_AUTO_TEST_SUITE(net_literals)

using namespace linx::net;

namespace {

template <std::size_t N>
struct text {
  char characters[N];
  consteval text(const char (&t)[N]) { std::copy_n(t, N, characters); }
};

// A template argument must be a constant expression; where the literal is none, the requirement is not met.
template <text T>
concept is_ip = requires
{
  typename std::bool_constant<(literals::operator""_ip(T.characters, sizeof T.characters - 1), true)>;
};
template <text T>
concept is_subnet = requires
{
  typename std::bool_constant<(literals::operator""_subnet(T.characters, sizeof T.characters - 1), true)>;
};
template <text T>
concept is_ifaddr = requires
{
  typename std::bool_constant<(literals::operator""_ifaddr(T.characters, sizeof T.characters - 1), true)>;
};
template <text T>
concept is_mac = requires
{
  typename std::bool_constant<(literals::operator""_mac(T.characters, sizeof T.characters - 1), true)>;
};

static_assert(is_ip<"10.0.0.1"> && is_ip<"::1"> && is_ip<"::ffff:10.0.0.1">);
static_assert(!is_ip<""> && !is_ip<"10.0.0"> && !is_ip<"010.0.0.1"> && !is_ip<"1.2.3.4 "> &&
              !is_ip<"10.0.0.1/24">);
static_assert(!is_ip<"256.0.0.1"> && !is_ip<":::"> && !is_ip<"fe80::1%eth0">);
static_assert(is_subnet<"10.0.0.0/24"> && is_subnet<"::/0">);
static_assert(!is_subnet<"10.0.0.1/24"> && !is_subnet<"10.0.0.0"> && !is_subnet<"10.0.0.0/33">);
static_assert(is_ifaddr<"10.0.0.1/24"> && !is_ifaddr<"10.0.0.1"> && !is_ifaddr<"10.0.0.1/33">);
static_assert(is_mac<"02:00:00:00:00:01"> && !is_mac<"02:00:00:00:00"> && !is_mac<"02:00:00:00:00:0x">);

} // namespace

BOOST_AUTO_TEST_CASE(a_literal_is_what_parse_reads)
{
  BOOST_TEST(("2001:db8::1"_ip == ip::parse("2001:db8::1").value()));
  BOOST_TEST(("10.0.0.0/24"_subnet == subnet::parse("10.0.0.0/24").value()));
  BOOST_TEST(("10.0.0.1/24"_ifaddr == interface_address::parse("10.0.0.1/24").value()));
  BOOST_TEST(("02:00:00:00:00:01"_mac == mac::parse("02:00:00:00:00:01").value()));
}

BOOST_AUTO_TEST_SUITE_END()
