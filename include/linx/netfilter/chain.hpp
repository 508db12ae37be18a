/// A chain of nf_tables.
#pragma once

#include <linx/netfilter/table.hpp>

#include <optional>
#include <vector>

namespace linx::netfilter {

enum class chain_type { filter, nat, route };

/// Where in the packet's way a base chain is called. The kernel's number depends on the family.
enum class hook { prerouting, input, forward, output, postrouting, ingress, egress };

/// What becomes of a packet that reaches the end of a base chain.
enum class policy : std::uint32_t { drop = 0, accept = 1 };

/// Priorities with a name (linux/netfilter_ipv4.h); lower runs earlier. Those of family bridge differ.
namespace priority {
inline constexpr std::int32_t raw = -300;
inline constexpr std::int32_t mangle = -150;
inline constexpr std::int32_t dstnat = -100;
inline constexpr std::int32_t filter = 0;
inline constexpr std::int32_t security = 50;
inline constexpr std::int32_t srcnat = 100;
} // namespace priority

/// A list of rules. A **base** chain is called by the kernel at a hook; any other chain only by jump or goto.
class LINX_API chain {
public:
  chain() = default;
  chain(const table& in, std::string name) : chain(in.family(), in.name(), std::move(name)) {}
  chain(netfilter::family of, std::string table, std::string name)
      : family_(of), table_(std::move(table)), name_(std::move(name))
  {}

  /// Makes it a base chain. The families know different hooks; one that does not exist in the chain's family
  /// is an error of `stage::argument` when it is pushed.
  chain& base(chain_type type, netfilter::hook at, std::int32_t priority);
  chain& policy(netfilter::policy verdict) noexcept;
  /// Of family netdev, and of hook ingress in inet: the interfaces it is called for.
  chain& device(std::string interface);
  /// At most 127 bytes, for people.
  chain& comment(std::string text);
  chain& handle(std::uint64_t number) noexcept;
  /// The hook by the kernel's words, as it lists it.
  chain& base(std::string type, std::uint32_t hook_number, std::int32_t priority);

  netfilter::family family() const noexcept { return family_; }
  const std::string& table() const noexcept { return table_; }
  const std::string& name() const noexcept { return name_; }
  bool is_base() const noexcept { return !type_.empty(); }
  /// "filter", "nat", "route"; "" of a chain that is no base chain.
  const std::string& type() const noexcept { return type_; }
  /// The hook, nullopt if there is none or this family does not know it.
  std::optional<netfilter::hook> hook() const noexcept;
  /// The kernel's number of the hook, nullopt if the family has no such hook.
  std::optional<std::uint32_t> hook_number() const noexcept { return hook_number_; }
  std::int32_t priority() const noexcept { return priority_; }
  std::optional<netfilter::policy> policy() const noexcept { return policy_; }
  const std::vector<std::string>& devices() const noexcept { return devices_; }
  const std::string& comment() const noexcept { return comment_; }
  std::uint64_t handle() const noexcept { return handle_; }

private:
  netfilter::family family_ = netfilter::family::unspec;
  std::int32_t priority_ = 0;
  std::optional<std::uint32_t> hook_number_;
  std::optional<netfilter::policy> policy_;
  std::uint64_t handle_ = 0;
  std::string table_;
  std::string name_;
  std::string type_;
  std::string comment_;
  std::vector<std::string> devices_;
};

/// "input", "prerouting".
LINX_API std::string_view to_string(hook) noexcept;
LINX_API std::string_view to_string(chain_type) noexcept;
LINX_API std::string_view to_string(policy) noexcept;

/// As nft(8) writes it: `chain inet filter input { type filter hook input priority 0; policy drop; }`.
LINX_API std::string to_string(const chain&);

} // namespace linx::netfilter
