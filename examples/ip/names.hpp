// Numbers and the words of ip(8) for them.
#pragma once

#include <linx/core/task.hpp>
#include <linx/ns/handle.hpp>
#include <linx/rtnl/connection.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace ip_tool {

/// The interfaces of the namespace at one moment, by index and by name.
class link_names {
public:
  static linx::task<link_names> read(linx::rtnl::connection kernel);

  /// The name, or "if7" for one that is not there, as ip(8) says it.
  std::string of(std::uint32_t index) const;
  /// By its name, an alternative name, or "if7".
  std::optional<std::uint32_t> index_of(std::string_view name) const;
  /// ARPHRD_*; 0 for one that is not there.
  std::uint16_t type_of(std::uint32_t index) const;
  /// It is there, and not set up.
  bool is_down(std::uint32_t index) const;

private:
  std::map<std::uint32_t, std::string> names_;
  std::map<std::string, std::uint32_t, std::less<>> indices_; ///< of alternative names too
  std::map<std::uint32_t, std::uint16_t> types_;
  std::set<std::uint32_t> down_;
};

/// A name of /run/netns, a path, or a process id.
linx::result<linx::ns::handle> net_namespace(const std::string& name);

/// "0x1f", and "0" for 0.
std::string hex(std::uint32_t value);

std::string table_name(std::uint32_t table);
std::string protocol_name(std::uint8_t protocol);
std::string scope_name(std::uint8_t scope);
std::string group_name(std::uint32_t group);
std::optional<std::uint32_t> group_number(std::string_view name);
/// "loopback", "ether"; "[519]" for the rest.
std::string link_type_name(std::uint16_t arphrd);

/// As the ends of tunnels are written on links of that type, or in pairs of hexadecimal digits.
std::string link_address_name(const linx::net::link_address& address, std::uint16_t arphrd);

std::optional<std::uint32_t> table_number(std::string_view name);
std::optional<std::uint8_t> protocol_number(std::string_view name);
std::optional<std::uint8_t> scope_number(std::string_view name);

} // namespace ip_tool
