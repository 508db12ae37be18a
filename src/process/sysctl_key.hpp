/// Names of kernel parameters; pure.
#pragma once

#include <linx/core/result.hpp>
#include <linx/ns/kind.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace linx::detail {

/// The path beneath /proc/sys: "net/ipv4/ip_forward" of "net.ipv4.ip_forward". As with sysctl(8) the first
/// separator decides which one it is, so that "net.ipv4.conf.eth0/100.forwarding" means the device eth0.100.
///
/// Errors: stage `argument` for an empty key or part, a part "." or "..", and a NUL.
result<std::string> sysctl_path(std::string_view key);

/// The kind of namespace that a parameter belongs to; none if there is one value for the whole machine.
std::optional<ns::kind> sysctl_namespace(std::string_view path) noexcept;

} // namespace linx::detail
