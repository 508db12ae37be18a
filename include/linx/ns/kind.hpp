/// The eight kinds of namespaces.
#pragma once

#include <linx/core/stage.hpp>

#include <array>
#include <optional>
#include <string_view>

namespace linx::ns {

/// See namespaces(7). The order is the one in which a process must join them: `user` first, since it grants
/// the capabilities that joining the others takes, and `pid` last.
enum class kind : std::uint8_t { user, mount, uts, ipc, cgroup, net, time, pid };

inline constexpr std::array all_kinds{kind::user,   kind::mount, kind::uts,  kind::ipc,
                                      kind::cgroup, kind::net,   kind::time, kind::pid};

/// The `CLONE_NEW*` flag of clone(2), unshare(2) and setns(2).
LINX_API int clone_flag(kind) noexcept;

/// The kind of a single `CLONE_NEW*` flag.
LINX_API std::optional<kind> kind_of(int clone_flag) noexcept;

/// The name of the file in `/proc/<pid>/ns`: "user", "mnt", "uts", "ipc", "cgroup", "net", "time", "pid".
LINX_API std::string_view to_string(kind) noexcept;

/// The kind of such a name; "mount" is understood too.
LINX_API std::optional<kind> parse_kind(std::string_view name) noexcept;

/// The stages that name a failure to open or to join a namespace of this kind.
LINX_API stage open_stage(kind) noexcept;
LINX_API stage setns_stage(kind) noexcept;

} // namespace linx::ns
