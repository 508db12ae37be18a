/// What the kernel says when a device appears, changes or goes.
#pragma once

#include <linx/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace linx::uevent {

/// A kernel uevent.
/// Source: lib/kobject_uevent.c, Documentation/ABI/testing/sysfs-uevent.
class LINX_API event {
public:
  event() = default;

  /// Reads "ACTION@DEVPATH\0KEY=VALUE\0KEY=VALUE\0...". Nothing for whatever is not that: no '@', a path that
  /// is not absolute, an empty or unprintable action, a property without '=' or without a key, a last one
  /// without its NUL, ACTION or DEVPATH other than what stands in the first line, SEQNUM that is no number. A
  /// property that comes twice has its last value.
  static std::optional<event> parse(std::span<const std::byte> datagram);

  /// A property by its key, "" if there is none.
  std::string_view property(std::string_view key) const noexcept;

  std::string action;         ///< "add", "remove", "change", "move", "online", "offline", "bind", "unbind"
  std::string device_path;    ///< under /sys: "/devices/virtual/net/v0"
  std::string subsystem;      ///< "net", "block"
  std::uint64_t sequence = 0; ///< SEQNUM; one count for all namespaces, so there are gaps
  std::map<std::string, std::string, std::less<>> properties; ///< all, those above too

  friend bool operator==(const event&, const event&) = default;
};

/// "add /devices/virtual/net/v0 (net) #2570"
LINX_API std::string to_string(const event&);

} // namespace linx::uevent
