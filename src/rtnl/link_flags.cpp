#include <linx/rtnl/link_flags.hpp>

#include <net/if.h>

namespace linx::rtnl {

namespace {

class flag_name {
public:
  constexpr flag_name(std::uint32_t flag, std::string_view name) noexcept : flag_(flag), name_(name) {}
  constexpr std::uint32_t flag() const noexcept { return flag_; }
  constexpr std::string_view name() const noexcept { return name_; }

private:
  std::uint32_t flag_;
  std::string_view name_;
};

// The last three are those of linux/if.h, which does not go together with net/if.h.
constexpr flag_name flag_names[] = {
    {IFF_LOOPBACK, "LOOPBACK"},   {IFF_BROADCAST, "BROADCAST"},   {IFF_POINTOPOINT, "POINTOPOINT"},
    {IFF_MULTICAST, "MULTICAST"}, {IFF_NOARP, "NOARP"},           {IFF_ALLMULTI, "ALLMULTI"},
    {IFF_PROMISC, "PROMISC"},     {IFF_MASTER, "MASTER"},         {IFF_SLAVE, "SLAVE"},
    {IFF_DEBUG, "DEBUG"},         {IFF_DYNAMIC, "DYNAMIC"},       {IFF_AUTOMEDIA, "AUTOMEDIA"},
    {IFF_PORTSEL, "PORTSEL"},     {IFF_NOTRAILERS, "NOTRAILERS"}, {IFF_UP, "UP"},
    {1u << 16, "LOWER_UP"},       {1u << 17, "DORMANT"},          {1u << 18, "ECHO"}};

} // namespace

std::vector<std::string_view> link_flag_names(std::uint32_t flags)
{
  std::vector<std::string_view> all;
  for (const auto& each : flag_names)
    if ((flags & each.flag()) != 0) all.push_back(each.name());
  return all;
}

} // namespace linx::rtnl
