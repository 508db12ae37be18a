#include "raw_rtnl.hpp"

#include <libmnl/libmnl.h>

#include <cerrno>
#include <system_error>

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

namespace linx::bench {

namespace {

constexpr std::size_t dump_buffer = 32768; // the kernel fills at most this much of a receive
constexpr std::uint32_t burst = 128;
constexpr std::size_t request_room = 64; // one route request takes 44 bytes

[[noreturn]] void fail(const char* what, int code = errno)
{
  throw std::system_error(code, std::system_category(), what);
}

// Builds the request at `at` and returns its length.
std::size_t put_route(char* at, std::uint32_t link, std::uint32_t number, std::uint32_t sequence,
                      bool acknowledge)
{
  nlmsghdr* header = mnl_nlmsg_put_header(at);
  header->nlmsg_type = RTM_NEWROUTE;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | (acknowledge ? NLM_F_ACK : 0);
  header->nlmsg_seq = sequence;
  auto* route = static_cast<rtmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(rtmsg)));
  route->rtm_family = AF_INET;
  route->rtm_dst_len = 32;
  route->rtm_table = RT_TABLE_MAIN;
  route->rtm_protocol = RTPROT_STATIC;
  route->rtm_scope = RT_SCOPE_LINK;
  route->rtm_type = RTN_UNICAST;
  mnl_attr_put_u32(header, RTA_DST, destination(number));
  mnl_attr_put_u32(header, RTA_OIF, link);
  return header->nlmsg_len;
}

} // namespace

std::uint32_t destination(std::uint32_t number)
{
  return htonl(0x0a000001u + number);
}

raw_rtnl::raw_rtnl() : socket_(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC)), buffer_(dump_buffer)
{
  if (!socket_) fail("socket");
  if (mnl_socket_bind(socket_, 0, MNL_SOCKET_AUTOPID) < 0) {
    const int code = errno;
    mnl_socket_close(socket_);
    fail("bind", code);
  }
}

raw_rtnl::~raw_rtnl()
{
  mnl_socket_close(socket_);
}

void raw_rtnl::send(const void* data, std::size_t length)
{
  if (mnl_socket_sendto(socket_, data, length) < 0) fail("send");
}

void raw_rtnl::await_acknowledgement(std::uint32_t sequence)
{
  for (;;) {
    const ssize_t received = mnl_socket_recvfrom(socket_, buffer_.data(), buffer_.size());
    if (received < 0) fail("receive");
    int left = static_cast<int>(received);
    for (auto* header = reinterpret_cast<nlmsghdr*>(buffer_.data()); mnl_nlmsg_ok(header, left);
         header = mnl_nlmsg_next(header, &left)) {
      if (header->nlmsg_type != NLMSG_ERROR) continue;
      const auto* answer = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(header));
      if (answer->error) fail("the kernel refused the request", -answer->error);
      if (header->nlmsg_seq == sequence) return;
    }
  }
}

void raw_rtnl::make(const char* kind, const char* name)
{
  char request[256];
  nlmsghdr* header = mnl_nlmsg_put_header(request);
  header->nlmsg_type = RTM_NEWLINK;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK;
  header->nlmsg_seq = ++sequence_;
  auto* link = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(header, sizeof(ifinfomsg)));
  link->ifi_family = AF_UNSPEC;
  if (name) mnl_attr_put_strz(header, IFLA_IFNAME, name);
  nlattr* info = mnl_attr_nest_start(header, IFLA_LINKINFO);
  mnl_attr_put_strz(header, IFLA_INFO_KIND, kind);
  mnl_attr_nest_end(header, info);
  send(header, header->nlmsg_len);
  await_acknowledgement(sequence_);
}

std::uint32_t raw_rtnl::make_link(const char* name)
{
  make("veth", name);
  const std::uint32_t index = ::if_nametoindex(name);
  if (index == 0) fail("if_nametoindex");
  set_link(index, true);
  return index;
}

void raw_rtnl::make_links(const char* kind, std::uint32_t count)
{
  for (std::uint32_t i = 0; i < count; ++i) make(kind, nullptr);
}

void raw_rtnl::set_link(std::uint32_t index, bool up)
{
  char request[64];
  nlmsghdr* header = mnl_nlmsg_put_header(request);
  header->nlmsg_type = RTM_NEWLINK;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  header->nlmsg_seq = ++sequence_;
  auto* link = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(header, sizeof(ifinfomsg)));
  link->ifi_family = AF_UNSPEC;
  link->ifi_index = static_cast<int>(index);
  link->ifi_flags = up ? IFF_UP : 0;
  link->ifi_change = IFF_UP;
  send(header, header->nlmsg_len);
  await_acknowledgement(sequence_);
}

void raw_rtnl::clear_link(std::uint32_t index)
{
  set_link(index, false);
  set_link(index, true);
}

void raw_rtnl::add_one_by_one(std::uint32_t link, std::uint32_t count)
{
  char request[request_room];
  for (std::uint32_t i = 0; i < count; ++i) {
    send(request, put_route(request, link, i, ++sequence_, true));
    await_acknowledgement(sequence_);
  }
}

void raw_rtnl::add_in_bulk(std::uint32_t link, std::uint32_t count)
{
  char requests[burst * request_room];
  for (std::uint32_t i = 0; i < count;) {
    std::size_t length = 0;
    const std::uint32_t end = count - i < burst ? count : i + burst;
    for (; i < end; ++i) length += put_route(requests + length, link, i, ++sequence_, i + 1 == end);
    send(requests, length);
    await_acknowledgement(sequence_);
  }
}

template <class Header, class Read>
std::size_t raw_rtnl::list(std::uint16_t type, std::uint8_t family, Read read)
{
  char request[64];
  nlmsghdr* header = mnl_nlmsg_put_header(request);
  header->nlmsg_type = type;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  header->nlmsg_seq = ++sequence_;
  // each such header begins with the family
  *static_cast<std::uint8_t*>(mnl_nlmsg_put_extra_header(header, sizeof(Header))) = family;
  send(header, header->nlmsg_len);

  std::size_t count = 0;
  for (;;) {
    const ssize_t received = mnl_socket_recvfrom(socket_, buffer_.data(), buffer_.size());
    if (received < 0) fail("receive");
    int left = static_cast<int>(received);
    for (auto* part = reinterpret_cast<nlmsghdr*>(buffer_.data()); mnl_nlmsg_ok(part, left);
         part = mnl_nlmsg_next(part, &left)) {
      if (part->nlmsg_type == NLMSG_DONE) return count;
      if (part->nlmsg_type == NLMSG_ERROR) fail("the kernel refused the dump", EIO);
      // mnl_attr_for_each(), which is C only
      const auto* attribute = static_cast<const nlattr*>(mnl_nlmsg_get_payload_offset(part, sizeof(Header)));
      const auto* end = static_cast<const char*>(mnl_nlmsg_get_payload_tail(part));
      while (mnl_attr_ok(attribute, static_cast<int>(end - reinterpret_cast<const char*>(attribute)))) {
        read(attribute);
        attribute = mnl_attr_next(attribute);
      }
      ++count;
    }
  }
}

// What is read is not optimised away.

std::size_t raw_rtnl::list_routes()
{
  return list<rtmsg>(RTM_GETROUTE, AF_INET, [](const nlattr* attribute) {
    if (mnl_attr_get_type(attribute) == RTA_DST) asm volatile("" : : "r"(mnl_attr_get_u32(attribute)));
  });
}

std::size_t raw_rtnl::list_links()
{
  return list<ifinfomsg>(RTM_GETLINK, AF_UNSPEC, [](const nlattr* attribute) {
    if (mnl_attr_get_type(attribute) == IFLA_IFNAME) asm volatile("" : : "r"(mnl_attr_get_str(attribute)));
  });
}

} // namespace linx::bench
