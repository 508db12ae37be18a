#include "netlink/name_tables.hpp"
#include "rtnl/names.hpp"

#include <linx/rtnl/address.hpp>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

namespace linx::rtnl {

namespace {

using netlink::attribute_names;
using entry = attribute_names::entry;

std::string describe_address(std::span<const std::byte> request)
{
  const auto a = address::decode(netlink::detail::first_message(request));
  if (!a) return {};
  return "address " + to_string(a->local) + " of link #" + std::to_string(a->link);
}

constexpr entry address_entries[] = {
    LINX_NAME(IFA_ADDRESS), LINX_NAME(IFA_LOCAL),     LINX_NAME(IFA_LABEL),       LINX_NAME(IFA_BROADCAST),
    LINX_NAME(IFA_FLAGS),   LINX_NAME(IFA_CACHEINFO), LINX_NAME(IFA_RT_PRIORITY), LINX_NAME(IFA_PROTO)};

} // namespace

constexpr attribute_names address_names(sizeof(ifaddrmsg), address_entries, describe_address);

} // namespace linx::rtnl
