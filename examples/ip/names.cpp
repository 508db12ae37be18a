#include "names.hpp"

#include <net/if_arp.h>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace ip_tool {

namespace {

class word {
public:
  constexpr word(std::uint32_t number, std::string_view text) noexcept : number_(number), text_(text) {}
  constexpr std::uint32_t number() const noexcept { return number_; }
  constexpr std::string_view text() const noexcept { return text_; }

private:
  std::uint32_t number_;
  std::string_view text_;
};

// linux/rtnetlink.h (RT_TABLE_*, RTPROT_*, RT_SCOPE_*), linux/if_arp.h; the words are those of iproute2.
constexpr word tables[] = {{253, "default"}, {254, "main"}, {255, "local"}};
constexpr word protocols[] = {
    {0, "unspec"}, {1, "redirect"}, {2, "kernel"},      {3, "boot"},   {4, "static"},    {8, "gated"},
    {9, "ra"},     {10, "mrt"},     {11, "zebra"},      {12, "bird"},  {13, "dnrouted"}, {14, "xorp"},
    {15, "ntk"},   {16, "dhcp"},    {18, "keepalived"}, {42, "babel"}, {186, "bgp"},     {187, "isis"},
    {188, "ospf"}, {189, "rip"},    {192, "eigrp"}};
constexpr word scopes[] = {{0, "global"}, {200, "site"}, {253, "link"}, {254, "host"}, {255, "nowhere"}};
constexpr word groups[] = {{0, "default"}};
constexpr word link_types[] = {{1, "ether"},     {32, "infiniband"}, {512, "ppp"}, {768, "ipip"},
                               {769, "tunnel6"}, {772, "loopback"},  {776, "sit"}, {778, "gre"},
                               {823, "gre6"},    {65534, "none"}};

template <std::size_t Size>
std::string name_in(const word (&words)[Size], std::uint32_t number)
{
  for (const auto& each : words)
    if (each.number() == number) return std::string(each.text());
  return std::to_string(number);
}

template <std::size_t Size>
std::optional<std::uint32_t> number_in(const word (&words)[Size], std::string_view name,
                                       std::uint32_t largest)
{
  for (const auto& each : words)
    if (each.text() == name) return each.number();
  std::uint32_t number = 0;
  const auto* const end = name.data() + name.size();
  const auto [at, failed] = std::from_chars(name.data(), end, number);
  if (name.empty() || failed != std::errc() || at != end || number > largest) return std::nullopt;
  return number;
}

} // namespace

linx::task<link_names> link_names::read(linx::rtnl::connection kernel)
{
  link_names all;
  auto links = kernel.links();
  for (;;) {
    LINX_TRY(auto next, co_await links.next());
    if (!next) break;
    if (!next->is_up()) all.down_.insert(next->index);
    for (const auto& other : next->alternative_names) all.indices_.emplace(other, next->index);
    all.indices_.insert_or_assign(next->name, next->index);
    all.types_.emplace(next->index, next->type);
    all.names_.emplace(next->index, std::move(next->name));
  }
  co_return std::move(all);
}

std::string link_names::of(std::uint32_t index) const
{
  const auto found = names_.find(index);
  return found != names_.end() ? found->second : "if" + std::to_string(index);
}

std::optional<std::uint32_t> link_names::index_of(std::string_view name) const
{
  if (const auto found = indices_.find(name); found != indices_.end()) return found->second;
  // as `of` says one that has no name here
  if (!name.starts_with("if")) return std::nullopt;
  std::uint32_t index = 0;
  const auto* const end = name.data() + name.size();
  const auto [at, failed] = std::from_chars(name.data() + 2, end, index);
  return failed == std::errc() && at == end && names_.contains(index) ? std::optional(index) : std::nullopt;
}

std::uint16_t link_names::type_of(std::uint32_t index) const
{
  const auto found = types_.find(index);
  return found != types_.end() ? found->second : std::uint16_t();
}

bool link_names::is_down(std::uint32_t index) const
{
  return down_.contains(index);
}

linx::result<linx::ns::handle> net_namespace(const std::string& name)
{
  const bool is_number =
      name.find_first_not_of("0123456789") == name.npos && name.size() < 10 && !name.empty();
  if (is_number) return linx::ns::handle::from_pid(linx::ns::kind::net, std::stoi(name));
  const auto path = name.find('/') != name.npos ? name : "/run/netns/" + name;
  return linx::ns::handle::from_path(linx::ns::kind::net, path);
}

std::string hex(std::uint32_t value)
{
  if (value == 0) return "0";
  char digits[8];
  return "0x" + std::string(digits, std::to_chars(digits, digits + sizeof digits, value, 16).ptr);
}

std::string table_name(std::uint32_t table)
{
  return name_in(tables, table);
}

std::string protocol_name(std::uint8_t protocol)
{
  return name_in(protocols, protocol);
}

std::string scope_name(std::uint8_t scope)
{
  return name_in(scopes, scope);
}

std::string group_name(std::uint32_t group)
{
  return name_in(groups, group);
}

std::string link_type_name(std::uint16_t arphrd)
{
  const auto name = name_in(link_types, arphrd);
  return name == std::to_string(arphrd) ? '[' + name + ']' : name;
}

std::string link_address_name(const linx::net::link_address& address, std::uint16_t arphrd)
{
  constexpr std::uint16_t tunnels_v4[] = {ARPHRD_TUNNEL, ARPHRD_SIT, ARPHRD_IPGRE};
  constexpr std::uint16_t tunnels_v6[] = {ARPHRD_TUNNEL6, 823}; // ARPHRD_IP6GRE
  const auto is_of = [arphrd](const auto& types) {
    return std::ranges::find(types, arphrd) != std::end(types);
  };
  const auto end = address.as_ip();
  if (end && (end->is_v4() ? is_of(tunnels_v4) : is_of(tunnels_v6))) return to_string(*end);
  return to_string(address);
}

std::optional<std::uint32_t> group_number(std::string_view name)
{
  return number_in(groups, name, INT32_MAX);
}

std::optional<std::uint32_t> table_number(std::string_view name)
{
  return number_in(tables, name, UINT32_MAX);
}

std::optional<std::uint8_t> protocol_number(std::string_view name)
{
  const auto number = number_in(protocols, name, UINT8_MAX);
  return number ? std::optional(static_cast<std::uint8_t>(*number)) : std::nullopt;
}

std::optional<std::uint8_t> scope_number(std::string_view name)
{
  const auto number = number_in(scopes, name, UINT8_MAX);
  return number ? std::optional(static_cast<std::uint8_t>(*number)) : std::nullopt;
}

} // namespace ip_tool
