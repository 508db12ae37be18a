// What all requests and replies of ethtool have in common.
#pragma once

#include <linx/genl/device.hpp>
#include <linx/genl/family.hpp>

#include <map>
#include <span>

#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>

namespace linx::genl::ethtool {

// Every message has its header nest at 1, but the statistics, which pad first.
constexpr std::uint16_t header_of(std::uint8_t user_command) noexcept
{
  return user_command == ETHTOOL_MSG_STATS_GET ? std::uint16_t(ETHTOOL_A_STATS_HEADER) : std::uint16_t(1);
}

netlink::message_builder make_request(const family&, std::uint8_t command, const device&);
netlink::message_builder make_strings_request(const family&, const device&, std::uint32_t set);
netlink::message_builder make_statistics_request(const family&, const device&);

// A bit set with a mask: the bits that are named, and what they shall be.
void put_bits(netlink::message_builder&, std::uint16_t type, const std::map<std::string, bool>& bits);

// The device in the header nest of a reply.
device read_device(const netlink::attribute& header);

// Whether a message of the family is this command; a reply or a notification.
bool is_command(const netlink::message_view&, std::uint8_t reply, std::uint8_t notification = 0) noexcept;

std::vector<std::string> read_strings(const netlink::message_view&, std::uint32_t set);

} // namespace linx::genl::ethtool
