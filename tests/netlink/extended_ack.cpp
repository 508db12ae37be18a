// The kernel's answer has four layouts, by NLM_F_CAPPED and NLM_F_ACK_TLVS; a mistake about them reads the
// echoed request as text.
#include "netlink/extended_ack.hpp"

#include <linx/netlink/message_builder.hpp>

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <random>

BOOST_AUTO_TEST_SUITE(netlink_extended_ack)

namespace netlink = linx::netlink;
using netlink::detail::read_answer;

namespace {

class reply {
public:
  reply(std::uint16_t type, std::uint16_t flags) : header_{0, type, flags, 1, 0} {}

  template <class T>
  reply& add(const T& value)
  {
    const auto raw = std::as_bytes(std::span(&value, 1));
    body_.insert(body_.end(), raw.begin(), raw.end());
    return *this;
  }
  reply& add_attribute(std::uint16_t type, std::string_view text)
  {
    netlink::message_builder attribute(0);
    attribute.put_string(type, text);
    return append(attribute.bytes().subspan(sizeof(nlmsghdr)));
  }
  reply& add_attribute(std::uint16_t type, std::uint32_t value)
  {
    netlink::message_builder attribute(0);
    attribute.put_u32(type, value);
    return append(attribute.bytes().subspan(sizeof(nlmsghdr)));
  }
  reply& append(std::span<const std::byte> bytes)
  {
    body_.insert(body_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  netlink::message_view view() const { return {header_, body_}; }

private:
  nlmsghdr header_;
  std::vector<std::byte> body_;
};

nlmsgerr refused(int errnum, std::uint32_t request_length)
{
  nlmsgerr e{};
  e.error = -errnum;
  e.msg.nlmsg_len = request_length;
  return e;
}

} // namespace

BOOST_AUTO_TEST_CASE(an_acknowledgement_is_no_error)
{
  const auto r = reply(NLMSG_ERROR, NLM_F_CAPPED).add(refused(0, 40));
  BOOST_TEST(read_answer(r.view()).errnum == 0);
}

BOOST_AUTO_TEST_CASE(text_and_offset_follow_the_capped_header)
{
  const auto r = reply(NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS)
                     .add(refused(EINVAL, 4000))
                     .add_attribute(NLMSGERR_ATTR_MSG, "Invalid prefix")
                     .add_attribute(NLMSGERR_ATTR_OFFS, 36);
  const auto a = read_answer(r.view());
  BOOST_TEST(a.errnum == EINVAL);
  BOOST_TEST(a.text == "Invalid prefix");
  BOOST_TEST(a.offset == 36u);
}

BOOST_AUTO_TEST_CASE(text_follows_the_echoed_request_when_not_capped)
{
  const auto r = reply(NLMSG_ERROR, NLM_F_ACK_TLVS)
                     .add(refused(EINVAL, 16 + 5))
                     .append(std::vector<std::byte>(8, std::byte(0xff)))
                     .add_attribute(NLMSGERR_ATTR_MSG, "no");
  BOOST_TEST(read_answer(r.view()).text == "no");
}

// mdlayher/netlink#175: the end of a dump carries text as well
BOOST_AUTO_TEST_CASE(the_end_of_a_dump_carries_an_errno_and_text)
{
  const auto r = reply(NLMSG_DONE, NLM_F_ACK_TLVS)
                     .add(std::int32_t(-EOPNOTSUPP))
                     .add_attribute(NLMSGERR_ATTR_MSG, "why");
  const auto a = read_answer(r.view());
  BOOST_TEST(a.errnum == EOPNOTSUPP);
  BOOST_TEST(a.text == "why");
}

BOOST_AUTO_TEST_CASE(a_dump_that_ends_with_a_length_has_not_failed)
{
  BOOST_TEST(read_answer(reply(NLMSG_DONE, 0).add(std::int32_t(20)).view()).errnum == 0);
  BOOST_TEST(read_answer(reply(NLMSG_DONE, 0).view()).errnum == 0);
}

BOOST_AUTO_TEST_CASE(an_error_without_an_errno_is_a_protocol_error)
{
  BOOST_TEST(read_answer(reply(NLMSG_ERROR, 0).view()).errnum == EPROTO);
  BOOST_TEST(read_answer(reply(NLMSG_ERROR, 0).add(INT32_MIN).view()).errnum == EPROTO);
}

BOOST_AUTO_TEST_CASE(an_echo_longer_than_the_message_yields_no_text)
{
  const auto r = reply(NLMSG_ERROR, NLM_F_ACK_TLVS).add(refused(EINVAL, 0xffffffff));
  BOOST_TEST(read_answer(r.view()).text == "");
}

BOOST_AUTO_TEST_CASE(the_error_says_what_the_kernel_said)
{
  netlink::message_builder request(1);
  request.put_u32(5, 1);
  netlink::detail::answer a;
  a.errnum = ENODEV;
  a.text = "Device does not exist";
  a.offset = 16;
  static constexpr netlink::attribute_names::entry entries[] = {{5, "RTA_OIF"}};
  static constexpr netlink::attribute_names names(0, entries);
  const auto e = netlink::detail::to_error(a, request.bytes(), &names);
  BOOST_TEST(e.errnum() == ENODEV);
  BOOST_TEST((e.where() == linx::stage::kernel));
  BOOST_TEST(e.kernel_text() == "Device does not exist");
  BOOST_TEST(e.offset() == 16u);
  BOOST_TEST(e.attribute() == "RTA_OIF");
}

BOOST_AUTO_TEST_CASE(random_answers_do_no_harm)
{
  std::mt19937 random(7);
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::byte> body(random() % 64);
    for (auto& b : body) b = static_cast<std::byte>(random() % 4 == 0 ? random() : random() % 12);
    body.shrink_to_fit();
    const nlmsghdr header{0, static_cast<std::uint16_t>(random() % 2 ? NLMSG_ERROR : NLMSG_DONE),
                          static_cast<std::uint16_t>(random() & (NLM_F_CAPPED | NLM_F_ACK_TLVS)), 0, 0};
    const auto a = read_answer({header, body});
    BOOST_REQUIRE(a.errnum >= 0);
    BOOST_REQUIRE(a.text.size() <= body.size());
  }
}

BOOST_AUTO_TEST_SUITE_END()
