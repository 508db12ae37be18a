// Requests are bytes that the kernel parses, and what is read was written by a kernel older or newer than the
// headers that linx was built with: both ends are checked here against literal bytes.
#include <linx/netlink/message.hpp>
#include <linx/netlink/message_block.hpp>
#include <linx/netlink/message_builder.hpp>

#include <boost/test/unit_test.hpp>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>

#include <functional>
#include <initializer_list>
#include <optional>
#include <random>
#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(netlink_message)

namespace netlink = linx::netlink;

namespace {

std::vector<std::byte> bytes_of(std::initializer_list<int> values)
{
  std::vector<std::byte> bytes;
  for (const int v : values) bytes.push_back(static_cast<std::byte>(v));
  return bytes;
}

netlink::attributes attributes_of(const netlink::message_builder& request, std::size_t header)
{
  return netlink::attributes(request.bytes().subspan(sizeof(nlmsghdr) + netlink::aligned(header)));
}

constexpr netlink::attribute_names::entry info_entries[] = {{IFLA_INFO_KIND, "IFLA_INFO_KIND"}};
constexpr netlink::attribute_names info_names(0, info_entries);
constexpr netlink::attribute_names::entry link_entries[] = {{IFLA_IFNAME, "IFLA_IFNAME"},
                                                            {IFLA_LINKINFO, "IFLA_LINKINFO", &info_names}};
constexpr netlink::attribute_names link_names(sizeof(ifinfomsg), link_entries);

} // namespace

// The layout is the kernel's ABI: length first, padding zero, NLM_F_REQUEST always.
BOOST_AUTO_TEST_CASE(a_request_is_these_bytes)
{
  netlink::message_builder request(0x1234, NLM_F_CREATE);
  request.put_u8(1, 0xab);
  request.put_string(2, "lo");
  request.put_be32(3, 0x01020304);
  request.set_sequence(7);
  BOOST_TEST(request.check().has_value());
  const auto expected = bytes_of({
      40, 0, 0, 0, 0x34, 0x12, 0x01, 0x04, 7, 0, 0, 0, 0, 0, 0, 0, // nlmsghdr
      5,  0, 1, 0, 0xab, 0,    0,    0,                            // u8, padded
      7,  0, 2, 0, 'l',  'o',  0,    0,                            // string with its NUL
      8,  0, 3, 0, 1,    2,    3,    4,                            // network order
  });
  BOOST_TEST((std::vector<std::byte>(request.bytes().begin(), request.bytes().end()) == expected));
}

BOOST_AUTO_TEST_CASE(nested_attributes_carry_their_length_and_the_flag)
{
  netlink::message_builder request(RTM_NEWLINK, 0, ifinfomsg{});
  {
    const auto outer = request.nested(IFLA_LINKINFO);
    request.put_string(IFLA_INFO_KIND, "veth");
    const auto inner = request.unmarked_nested(IFLA_INFO_DATA);
    request.put_flag(9);
  }

  const auto link_info = attributes_of(request, sizeof(ifinfomsg)).find(IFLA_LINKINFO);
  BOOST_REQUIRE(link_info.has_value());
  BOOST_TEST(link_info->raw_type() == (IFLA_LINKINFO | NLA_F_NESTED));
  BOOST_TEST(link_info->nested().find(IFLA_INFO_KIND)->as_string() == "veth");
  const auto data = link_info->nested().find(IFLA_INFO_DATA);
  BOOST_REQUIRE(data.has_value());
  BOOST_TEST(data->raw_type() == IFLA_INFO_DATA);
  BOOST_TEST(data->nested().find(9)->payload().size() == 0u);
}

// nla_len has 16 bits: what does not fit must be refused, not wrapped into a shorter attribute.
BOOST_AUTO_TEST_CASE(an_attribute_that_is_too_long_is_named_and_not_sent)
{
  const std::vector<std::byte> most(65531);
  netlink::message_builder fits(1);
  fits.put(5, most);
  BOOST_TEST(fits.check().has_value());
  BOOST_TEST(fits.size() == sizeof(nlmsghdr) + 65536u);

  const std::vector<std::byte> more(65532);
  netlink::message_builder longer(1);
  longer.put(5, more);
  BOOST_REQUIRE(!longer.check());
  BOOST_TEST((longer.check().error().where() == linx::stage::argument));
  BOOST_TEST(longer.check().error().message().find("attribute 5") != std::string::npos);

  netlink::message_builder nested(1);
  {
    const auto nest = nested.nested(7);
    nested.put(1, std::span(most).first(40000));
    nested.put(1, std::span(most).first(40000));
  }
  BOOST_REQUIRE(!nested.check());
  BOOST_TEST(nested.check().error().message().find("attribute 7") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_nest_that_is_still_open_is_named_and_not_sent)
{
  netlink::message_builder request(RTM_NEWLINK, 0, ifinfomsg{});
  request.set_names(link_names);
  auto open = request.nested(IFLA_LINKINFO);
  request.put_string(IFLA_INFO_KIND, "veth");
  BOOST_REQUIRE(!request.check());
  BOOST_TEST((request.check().error().where() == linx::stage::argument));
  BOOST_TEST(request.check().error().message().find("IFLA_LINKINFO") != std::string::npos);
  BOOST_TEST(!netlink::message_builder(request).check()); // and nobody can close it there
  open.close();
  BOOST_TEST(request.check().has_value());
  open.close();
  BOOST_TEST(attributes_of(request, sizeof(ifinfomsg)).find(IFLA_LINKINFO)->payload().size() == 12u);
}

// The order of scopes cannot be got wrong, that of calls can.
BOOST_AUTO_TEST_CASE(a_nest_that_is_closed_after_the_one_around_it_is_named)
{
  netlink::message_builder request(1);
  auto outer = request.nested(7);
  auto inner = request.nested(8);
  outer.close();
  inner.close();
  BOOST_REQUIRE(!request.check());
  BOOST_TEST(request.check().error().message().find("attribute 8") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_request_moved_out_of_the_scope_of_a_nest_is_not_sent)
{
  std::optional<netlink::message_builder> moved;
  {
    netlink::message_builder request(1);
    auto first = request.nested(7);
    auto same = std::move(first);
    request.put_u32(1, 1);
    moved.emplace(std::move(request));
    BOOST_TEST(!request.check());
    request = netlink::message_builder(2);
    same.close(); // of the request that has gone
    BOOST_TEST(request.check().has_value());
    BOOST_TEST(request.size() == sizeof(nlmsghdr));
  }
  BOOST_REQUIRE(!moved->check());
  BOOST_TEST(moved->check().error().message().find("attribute 7") != std::string::npos);
}

// What only refers to its content would be sent as a pointer.
template <class T>
concept is_attribute = requires(netlink::message_builder& m, const T& value)
{
  m.put_struct(1, value);
};
template <class T>
concept is_header = requires(const T& value)
{
  netlink::message_builder(1, 0, value);
};
template <class T>
constexpr bool is_accepted = is_attribute<T>&& is_header<T>;
template <class T>
constexpr bool is_refused = !is_attribute<T> && !is_header<T>;

enum class number : std::uint16_t { one = 1 };

static_assert(is_accepted<ifinfomsg> && is_accepted<in6_addr> && is_accepted<nlattr>);
static_assert(is_accepted<std::uint32_t> && is_accepted<number> && is_accepted<std::array<std::uint8_t, 6>>);
static_assert(is_refused<std::span<const std::byte>> && is_refused<std::span<std::byte, 4>>);
static_assert(is_refused<std::string_view> && is_refused<std::string> && is_refused<std::vector<int>>);
static_assert(is_refused<const char*> && is_refused<char[5]> && is_refused<std::nullptr_t>);
static_assert(is_refused<std::reference_wrapper<int>> && is_refused<std::initializer_list<int>>);

// A name cut at a NUL would be another object's name.
BOOST_AUTO_TEST_CASE(a_nul_inside_a_string_is_refused)
{
  netlink::message_builder request(1);
  request.put_string(3, std::string_view("et\0h", 4));
  BOOST_TEST(!request.check());
}

BOOST_AUTO_TEST_CASE(copies_and_moves_keep_short_and_long_requests)
{
  for (const std::size_t payload : {std::size_t(10), std::size_t(5000)}) {
    netlink::message_builder request(3);
    request.put(1, std::vector<std::byte>(payload, std::byte(0x5a)));
    const std::vector<std::byte> before(request.bytes().begin(), request.bytes().end());
    const auto same = [&](const netlink::message_builder& b) {
      return std::equal(b.bytes().begin(), b.bytes().end(), before.begin(), before.end());
    };
    netlink::message_builder copy(request);
    BOOST_TEST(same(copy));
    netlink::message_builder moved(std::move(request));
    BOOST_TEST(same(moved));
    BOOST_TEST(!request.check());
    netlink::message_builder other(9);
    other.put(1, std::vector<std::byte>(300));
    other = std::move(moved);
    BOOST_TEST(same(other));
    other.put_u32(2, 1);
    BOOST_TEST(other.size() == before.size() + 8);
    BOOST_TEST(same(copy));
    copy = other;
    BOOST_TEST(copy.size() == other.size());
  }
}

// struct rtnl_link_stats64 and ifinfomsg's neighbours have grown several times.
BOOST_AUTO_TEST_CASE(structures_are_zero_extended_and_truncated)
{
  struct pair {
    std::uint32_t a, b;
  };
  const auto shorter = bytes_of({1, 0, 0, 0, 2});
  BOOST_TEST(netlink::read_struct<pair>(shorter).a == 1u);
  BOOST_TEST(netlink::read_struct<pair>(shorter).b == 2u);
  BOOST_TEST(netlink::read_struct<pair>({}).a == 0u);
  const auto longer = bytes_of({1, 0, 0, 0, 2, 0, 0, 0, 3, 3, 3, 3});
  BOOST_TEST(netlink::read_struct<pair>(longer).b == 2u);
}

BOOST_AUTO_TEST_CASE(integers_need_their_exact_size)
{
  const auto four = bytes_of({1, 2, 3, 4});
  const netlink::attribute a(1, four);
  BOOST_TEST((a.as<std::uint32_t>() == 0x04030201u));
  BOOST_TEST((a.as_be<std::uint32_t>() == 0x01020304u));
  BOOST_TEST(!a.as<std::uint16_t>().has_value());
  BOOST_TEST(!a.as<std::uint64_t>().has_value());
}

BOOST_AUTO_TEST_CASE(strings_end_at_their_nul_or_at_the_end)
{
  const auto with = bytes_of({'l', 'o', 0, 'x'});
  BOOST_TEST(netlink::attribute(1, with).as_string() == "lo");
  const auto without = bytes_of({'l', 'o'});
  BOOST_TEST(netlink::attribute(1, without).as_string() == "lo");
  BOOST_TEST(netlink::attribute(1, {}).as_string() == "");
}

// Lengths come from outside: 0, less than the header, more than there is.
BOOST_AUTO_TEST_CASE(impossible_lengths_end_the_range)
{
  for (const int length : {0, 3, 9, 255}) {
    const auto bytes = bytes_of({8, 0, 1, 0, 1, 1, 1, 1, length, 0, 2, 0, 1, 1, 1, 1});
    std::size_t seen = 0;
    for (const auto a : netlink::attributes(bytes)) {
      BOOST_TEST(a.type() == 1);
      ++seen;
    }
    BOOST_TEST(seen == 1u);
  }
  for (const int length : {0, 15, 17, 255}) {
    auto bytes = bytes_of({16, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    const auto second = bytes_of({length, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    bytes.insert(bytes.end(), second.begin(), second.end());
    std::size_t seen = 0;
    for (const auto m : netlink::messages(bytes)) {
      BOOST_TEST(m.type() == 1);
      ++seen;
    }
    BOOST_TEST(seen == 1u);
  }
}

// The last attribute of a message may lack its padding.
BOOST_AUTO_TEST_CASE(an_unpadded_last_attribute_is_read)
{
  const auto bytes = bytes_of({8, 0, 1, 0, 1, 1, 1, 1, 5, 0, 2, 0, 7});
  const auto last = netlink::attributes(bytes).find(2);
  BOOST_REQUIRE(last.has_value());
  BOOST_TEST((last->as<std::uint8_t>() == 7));
}

// Whatever the bytes are, readers stay inside them: ASan is the judge.
BOOST_AUTO_TEST_CASE(random_bytes_do_no_harm)
{
  std::mt19937 random(20240601);
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::byte> bytes(random() % 96);
    for (auto& b : bytes) b = static_cast<std::byte>(random() % 8 == 0 ? random() : random() % 24);
    bytes.shrink_to_fit();
    std::size_t total = 0;
    for (const auto m : netlink::messages(bytes))
      for (const auto a : m.attributes_after<ifinfomsg>())
        for (const auto n : a.nested()) total += n.payload().size() + n.as_string().size();
    BOOST_REQUIRE(total <= 4096u);
  }
}

BOOST_AUTO_TEST_CASE(an_offset_is_translated_into_the_attributes_name)
{
  netlink::message_builder request(RTM_NEWLINK, 0, ifinfomsg{}); // attributes from byte 32
  request.put_string(IFLA_IFNAME, "v0");                         // 32
  {
    const auto info = request.nested(IFLA_LINKINFO); // 40
    request.put_string(IFLA_INFO_KIND, "nonsense");  // 44
    request.put_u32(77, 1);                          // 60
  }
  const auto at = [&](std::uint32_t offset) {
    return netlink::attribute_at(request.bytes(), offset, link_names);
  };
  BOOST_TEST(at(32) == "IFLA_IFNAME");
  BOOST_TEST(at(40) == "IFLA_LINKINFO");
  BOOST_TEST(at(44) == "IFLA_LINKINFO.IFLA_INFO_KIND");
  BOOST_TEST(at(60) == "IFLA_LINKINFO.77");
  BOOST_TEST(at(16) == "");
  BOOST_TEST(at(1000) == "");
}

BOOST_AUTO_TEST_SUITE_END()
