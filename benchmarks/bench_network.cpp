#include "bench_network.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <linux/rtnetlink.h>
#include <sched.h>

namespace linx::bench {

namespace {

rtnl::connection open(host& program)
{
  auto opened = rtnl::connection::open(program.context().get_executor());
  if (!opened) throw std::runtime_error(opened.assume_error().message());
  return std::move(opened).assume_value();
}

} // namespace

std::string enter_own_network()
{
  if (::unshare(CLONE_NEWNET) == 0) return {};
  // the second time the process has the right to it, in the user namespace of the first
  if (errno == EPERM && ::unshare(CLONE_NEWNET | CLONE_NEWUSER) == 0) return {};
  return std::string("unshare(CLONE_NEWNET): ") + std::strerror(errno);
}

net::ip address_of(std::uint32_t number)
{
  const std::uint32_t bytes = destination(number);
  std::array<std::uint8_t, 4> octets;
  std::memcpy(octets.data(), &bytes, sizeof bytes);
  return net::ip(octets);
}

netlink::message_builder route_request(std::uint32_t link, std::uint32_t number)
{
  rtmsg header{};
  header.rtm_family = AF_INET;
  header.rtm_dst_len = 32;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = RTPROT_STATIC;
  header.rtm_scope = RT_SCOPE_LINK;
  header.rtm_type = RTN_UNICAST;
  netlink::message_builder request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, header);
  request.put_u32(RTA_DST, destination(number));
  request.put_u32(RTA_OIF, link);
  return request;
}

bench_network::bench_network() : link_(raw_.make_link("bench0")), kernel_(open(program_)) {}

} // namespace linx::bench
