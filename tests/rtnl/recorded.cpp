#include "rtnl/recorded.hpp"

#include <algorithm>
#include <linux/if_tunnel.h>

namespace linx::test {

std::vector<std::byte> unhex(std::string_view text)
{
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  return bytes;
}

void attribute_lines(const netlink::attributes& level, const netlink::attribute_names* names,
                     const std::string& path, std::vector<std::string>& lines)
{
  std::vector<netlink::attribute> sorted(level.begin(), level.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.type() < b.type(); });
  for (const auto& a : sorted) {
    const auto* entry = names->find(a.type());
    const std::string here = path + '.' + std::to_string(a.type());
    // ip(8) names an ERSPAN version for every kind of GRE
    if (!entry && a.type() == IFLA_GRE_ERSPAN_VER) continue;
    if (entry && entry->nested()) {
      const auto header = std::min(entry->nested()->header_bytes(), a.payload().size());
      attribute_lines(netlink::attributes(a.payload().subspan(header)), entry->nested(), here, lines);
    } else {
      // strings with and without a terminator are the same to the kernel
      const bool kind = entry && entry->name() == "IFLA_INFO_KIND";
      lines.push_back(here + '=' + (kind ? std::string(a.as_string()) : hex(a.payload())));
    }
  }
}

std::vector<std::string> message_lines(std::span<const std::byte> request, std::size_t family_header,
                                       const netlink::attribute_names& names)
{
  const auto m = *netlink::messages(request).begin();
  std::vector<std::string> lines{"type " + std::to_string(m.type()),
                                 "flags " + std::to_string(m.flags() & ~unsigned(NLM_F_ACK)),
                                 "header " + hex(m.body().first(std::min(family_header, m.body().size())))};
  attribute_lines(
      netlink::attributes(m.body().subspan(std::min(netlink::aligned(family_header), m.body().size()))),
      &names, "", lines);
  return lines;
}

void same_lines(const std::vector<std::string>& ours, const std::vector<std::string>& theirs)
{
  BOOST_CHECK_EQUAL_COLLECTIONS(ours.begin(), ours.end(), theirs.begin(), theirs.end());
}

void matches_recorded(const rtnl::new_link& wanted, std::string_view recorded)
{
  const auto request = rtnl::encode_new_link(wanted, NLM_F_CREATE | NLM_F_EXCL);
  BOOST_REQUIRE_MESSAGE(request.has_value(), (request ? std::string() : request.error().message()));
  const auto theirs = unhex(recorded);
  same_lines(message_lines(request.value().bytes(), sizeof(ifinfomsg), *request.value().names()),
             message_lines(theirs, sizeof(ifinfomsg), *request.value().names()));
  const auto read = rtnl::link::decode(*netlink::messages(theirs).begin());
  BOOST_REQUIRE(read.has_value());
  const auto again = rtnl::link::decode(view(request.value()));
  BOOST_REQUIRE(again.has_value());
  BOOST_TEST((*read == *again), to_string(*read) << " is not " << to_string(*again));
  // tunnels have the device below among their own attributes
  if (!wanted.lower())
    BOOST_TEST((read->data == wanted.data()), to_string(read->data)
                                                  << " is not " << to_string(wanted.data()));
}

} // namespace linx::test
