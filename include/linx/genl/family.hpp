/// A generic netlink family: what a name stands for in the running kernel.
#pragma once

#include <linx/core/result.hpp>
#include <linx/netlink/message.hpp>
#include <linx/netlink/message_builder.hpp>

#include <optional>
#include <string>
#include <vector>

namespace linx::genl {

/// A command of a family and who may use it (CTRL_ATTR_OPS).
class operation {
public:
  operation() = default;
  operation(std::uint32_t command, std::uint32_t flags) noexcept : command_(command), flags_(flags) {}

  std::uint32_t command() const noexcept { return command_; }
  std::uint32_t flags() const noexcept { return flags_; } ///< GENL_* of linux/genetlink.h
  bool needs_admin() const noexcept
  {
    return (flags_ & 0x01) != 0;
  } ///< CAP_NET_ADMIN in the initial user namespace
  bool answers() const noexcept { return (flags_ & 0x02) != 0; }
  bool dumps() const noexcept { return (flags_ & 0x04) != 0; }
  bool needs_namespace_admin() const noexcept
  {
    return (flags_ & 0x10) != 0;
  } ///< CAP_NET_ADMIN in the user namespace that owns the network namespace

  friend bool operator==(const operation&, const operation&) = default;

private:
  std::uint32_t command_ = 0;
  std::uint32_t flags_ = 0;
};

/// A multicast group of a family (CTRL_ATTR_MCAST_GROUPS).
class multicast_group {
public:
  multicast_group() = default;
  multicast_group(std::string name, std::uint32_t id) noexcept : name_(std::move(name)), id_(id) {}

  const std::string& name() const noexcept { return name_; }
  std::uint32_t id() const noexcept { return id_; } ///< for `netlink::monitor_options::group`

  friend bool operator==(const multicast_group&, const multicast_group&) = default;

private:
  std::string name_;
  std::uint32_t id_ = 0;
};

/// A family as the controller `nlctrl` describes it. The numbers are the running kernel's: they change when a
/// module is loaded anew.
class LINX_API family {
public:
  family() = default;

  /// Decodes CTRL_CMD_NEWFAMILY and CTRL_CMD_DELFAMILY of the controller; nothing for any other message.
  static std::optional<family> decode(const netlink::message_view&);

  /// A request with the family's number and version, for `connection::transport()`: append what the family
  /// expects.
  netlink::message_builder request(std::uint8_t command, std::uint16_t flags = 0) const;

  /// The number of a multicast group, to be given to `netlink::monitor_options::group` of a monitor for
  /// NETLINK_GENERIC.
  /// Errors: stage `argument`, with the groups that there are.
  result<std::uint32_t> group(std::string_view name) const;

  std::uint16_t id = 0; ///< nlmsg_type of its messages
  std::string name;
  std::uint32_t version = 0;
  std::uint32_t header_size = 0; ///< bytes of a header of its own between genlmsghdr and the attributes
  std::uint32_t max_attribute = 0;
  std::vector<operation> operations;
  std::vector<multicast_group> groups;

  friend bool operator==(const family&, const family&) = default;
};

/// "ethtool #21 version 1: 40 commands, groups monitor"
LINX_API std::string to_string(const family&);

} // namespace linx::genl
