#include <linx/genl/connection.hpp>

#include "core/operation.hpp"
#include "netlink/typed_dump.hpp"

#include <linx/io/unique_fd.hpp>

#include <cerrno>
#include <map>

#include <linux/genetlink.h>

namespace linx::genl {

namespace detail {

// Touched on the executor of the connection only.
class family_cache {
public:
  std::map<std::string, family, std::less<>> families;
};

} // namespace detail

namespace {

// Where the module is not called like its family.
std::string_view module_of(std::string_view family) noexcept
{
  class entry {
  public:
    std::string_view family, module;
  };
  static constexpr entry others[] = {
      {"nl80211", "cfg80211"},
      {"batadv", "batman_adv"},
      {"l2tp", "l2tp_netlink"},
      {"ovs_datapath", "openvswitch"},
      {"ovs_vport", "openvswitch"},
      {"ovs_flow", "openvswitch"},
      {"IPVS", "ip_vs"},
      {"TIPCv2", "tipc"},
  };
  for (const auto& each : others)
    if (each.family == family) return each.module;
  return family;
}

task<family> resolve(netlink::connection transport, std::shared_ptr<detail::family_cache> cache,
                     std::string name, bool anew)
{
  if (!anew) {
    if (const auto known = cache->families.find(name); known != cache->families.end())
      co_return known->second;
  }
  if (name.empty() || name.size() >= GENL_NAMSIZ)
    co_return error::argument("generic netlink family \"" + name.substr(0, 64) +
                              "\": a name has 1 to 15 bytes");

  const genlmsghdr header{CTRL_CMD_GETFAMILY, 1, 0};
  netlink::message_builder request(GENL_ID_CTRL, 0, header);
  request.put_string(CTRL_ATTR_FAMILY_NAME, name);
  auto reply = co_await transport.request(std::move(request));
  if (!reply) {
    if (reply.error().errnum() != ENOENT) co_return std::move(reply).error();
    cache->families.erase(name);
    co_return std::move(reply).error().with_object(
        "generic netlink family \"" + name +
        "\": this kernel lacks it, or its module is not loaded: modprobe " + std::string(module_of(name)));
  }
  auto found = family::decode(reply.value());
  if (!found)
    co_return error(errc::protocol, stage::decode).with_object("generic netlink family \"" + name + "\"");
  cache->families.insert_or_assign(std::move(name), *found);
  co_return std::move(*found);
}

} // namespace

connection::connection(netlink::connection transport)
    : transport_(std::move(transport)), cache_(std::make_shared<detail::family_cache>())
{}

result<connection> connection::open(executor ex)
{
  BOOST_OUTCOME_TRY(auto transport, netlink::connection::open(std::move(ex), NETLINK_GENERIC));
  return connection(std::move(transport));
}

result<connection> connection::open(executor ex, const ns::handle& net)
{
  BOOST_OUTCOME_TRY(auto transport, netlink::connection::open(std::move(ex), NETLINK_GENERIC, net));
  return connection(std::move(transport));
}

result<connection> connection::adopt(executor ex, io::unique_fd socket)
{
  BOOST_OUTCOME_TRY(auto transport, netlink::connection::adopt(std::move(ex), std::move(socket)));
  return connection(std::move(transport));
}

task<family> connection::family(std::string name) const
{
  auto body = resolve(transport_, cache_, std::move(name), false);
  return linx::detail::operation<genl::family>(netlink::detail::connection_access::state(transport_),
                                               std::move(body));
}

task<family> connection::refresh(std::string name) const
{
  auto body = resolve(transport_, cache_, std::move(name), true);
  return linx::detail::operation<genl::family>(netlink::detail::connection_access::state(transport_),
                                               std::move(body));
}

stream<family> connection::families() const
{
  const genlmsghdr header{CTRL_CMD_GETFAMILY, 1, 0};
  return netlink::detail::typed_dump<genl::family>(transport_, {GENL_ID_CTRL, 0, header},
                                                   netlink::dump_options(), &genl::family::decode);
}

} // namespace linx::genl
