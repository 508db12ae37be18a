/// An interface that is to be.
#pragma once

#include <linx/rtnl/link_change.hpp>
#include <linx/rtnl/link_kinds.hpp>

namespace linx::rtnl {

/// A link of any kind that rtnetlink makes: a name, the kind with its options, and what else holds from the
/// start.
///
///     auto vid = rtnl::new_link("eth0.7", rtnl::vlan(7)).lower("eth0");
///     rtnl::bridge options;
///     options.vlan_filtering = true;
///     auto br0 = rtnl::new_link("br0", options).with(rtnl::link_change().mtu(9000).up());
///
/// Refused before anything is sent (`stage::argument`): a name that no link can have; a vlan, macvlan or
/// ipvlan without a device below; an id out of range; ends of different families; a tun, which `open_tun`
/// makes.
class LINX_API new_link {
public:
  new_link(std::string name, link_data kind) noexcept : name_(std::move(name)), data_(std::move(kind)) {}

  /// What can be changed later and is to hold from the start. A name in it counts for nothing.
  /// With a namespace the link is born there, under its name; the link below stays here.
  new_link& with(link_change settings) & noexcept;
  new_link&& with(link_change settings) && noexcept { return std::move(with(std::move(settings))); }
  /// The device that it works on (IFLA_LINK, or the kind's own attribute for tunnels).
  new_link& lower(link_id which) & noexcept;
  new_link&& lower(link_id which) && noexcept { return std::move(lower(std::move(which))); }
  /// The device below is in the namespace that has this id here.
  new_link& lower_netns(std::int32_t id) & noexcept;
  new_link&& lower_netns(std::int32_t id) && noexcept { return std::move(lower_netns(id)); }
  /// Refused with EBUSY if another link has it.
  new_link& index(std::uint32_t wanted) & noexcept;
  new_link&& index(std::uint32_t wanted) && noexcept { return std::move(index(wanted)); }
  new_link& queues(std::uint32_t tx, std::uint32_t rx) & noexcept;
  new_link&& queues(std::uint32_t tx, std::uint32_t rx) && noexcept { return std::move(queues(tx, rx)); }

  const std::string& name() const noexcept { return name_; }
  const link_data& data() const noexcept { return data_; }
  const link_change& settings() const noexcept { return settings_; }
  const std::optional<link_id>& lower() const noexcept { return lower_; }
  const std::optional<std::int32_t>& lower_netns() const noexcept { return lower_netns_; }
  std::uint32_t index() const noexcept { return index_; }
  std::uint32_t tx_queues() const noexcept { return tx_queues_; }
  std::uint32_t rx_queues() const noexcept { return rx_queues_; }

private:
  std::string name_;
  link_data data_;
  link_change settings_;
  std::optional<link_id> lower_;
  std::optional<std::int32_t> lower_netns_;
  std::uint32_t index_ = 0;
  std::uint32_t tx_queues_ = 0;
  std::uint32_t rx_queues_ = 0;
};

} // namespace linx::rtnl
