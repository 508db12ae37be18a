// Requests compared with those that another program sent.
#pragma once

#include "rtnl/encode_link.hpp"
#include "rtnl/encoded.hpp"
#include "rtnl/kind_codec.hpp"

#include <linx/rtnl/new_link.hpp>

#include <boost/test/unit_test.hpp>

#include <linux/rtnetlink.h>

#include <chrono>
#include <string>
#include <vector>

namespace linx::test {

std::vector<std::byte> unhex(std::string_view text);

// Each attribute with its path and payload, those of one level in the order of their types: programs differ
// in the order, and in whether they set NLA_F_NESTED. What `names` knows as a nest is looked into; an empty
// one says nothing.
void attribute_lines(const netlink::attributes& level, const netlink::attribute_names* names,
                     const std::string& path, std::vector<std::string>& lines);

// The whole message in lines.
std::vector<std::string> message_lines(std::span<const std::byte> request, std::size_t family_header,
                                       const netlink::attribute_names& names);

void same_lines(const std::vector<std::string>& ours, const std::vector<std::string>& theirs);

// Says what ip(8) said, and what ip(8) said reads back as the same value.
void matches_recorded(const rtnl::new_link& wanted, std::string_view recorded);

} // namespace linx::test
