/// Who a child is.
#pragma once

#include <linx/core/result.hpp>

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace linx {

/// Sets of capabilities(7) as bits: bit n is capability n of linux/capability.h.
using capability_bits = std::uint64_t;

/// The ids, groups, capabilities, securebits and keyring of a child; what is not set is as the host's.
///
///     options.credentials(credentials().uid(1000).gid(1000).ambient(1ull << CAP_NET_BIND_SERVICE));
///
/// The child takes them on with proceed(), after all steps at the checkpoint, in this order: bounding set,
/// securebits, groups, ids, sets of the thread, ambient set, keyring. Ids are those inside the child's user
/// namespace. Changing ids needs CAP_SETUID and CAP_SETGID there, groups CAP_SETGID, the bounding set and
/// securebits CAP_SETPCAP.
/// Source: credentials(7), capabilities(7), keyrings(7).
class LINX_API credentials {
public:
  credentials() = default;

  /// Real, effective and saved id (setresuid(2), setresgid(2)). When no id is 0 any more the kernel takes the
  /// capabilities away, but for those that `capabilities` or `ambient` keep. With either the
  /// host's supplementary groups are dropped as well, where the host has CAP_SETGID and setgroups(2) is not
  /// denied by the options, unless `groups` or `keep_groups` says otherwise.
  credentials& uid(uid_t id) & noexcept;
  credentials&& uid(uid_t id) && noexcept { return std::move(uid(id)); }
  credentials& gid(gid_t id) & noexcept;
  credentials&& gid(gid_t id) && noexcept { return std::move(gid(id)); }

  /// Supplementary groups, possibly none (setgroups(2)).
  credentials& groups(std::vector<gid_t> all) &;
  credentials&& groups(std::vector<gid_t> all) && { return std::move(groups(std::move(all))); }

  /// Leaves the supplementary groups as the host has them, beside another uid or gid.
  credentials& keep_groups(bool on = true) & noexcept;
  credentials&& keep_groups(bool on = true) && noexcept { return std::move(keep_groups(on)); }

  /// Takes capabilities out of the bounding set: no execve(2) gives them again. Bits that the kernel does not
  /// know are ignored, so `~kept` is a set.
  credentials& drop_bounding(capability_bits set) & noexcept;
  credentials&& drop_bounding(capability_bits set) && noexcept { return std::move(drop_bounding(set)); }

  /// The sets of the thread (capset(2)). A program that is run as root gets its capabilities anew at
  /// execve(2) unless securebits say otherwise.
  credentials& capabilities(capability_bits effective, capability_bits permitted,
                            capability_bits inheritable) & noexcept;
  credentials&& capabilities(capability_bits effective, capability_bits permitted,
                             capability_bits inheritable) && noexcept
  {
    return std::move(capabilities(effective, permitted, inheritable));
  }

  /// Capabilities that a program keeps over execve(2) without being root. The sets of the thread become the
  /// same, unless `capabilities` says what they are.
  credentials& ambient(capability_bits set) & noexcept;
  credentials&& ambient(capability_bits set) && noexcept { return std::move(ambient(set)); }

  /// SECBIT_* of linux/securebits.h, all of them at once.
  credentials& securebits(unsigned bits) & noexcept;
  credentials&& securebits(unsigned bits) && noexcept { return std::move(securebits(bits)); }

  /// A session keyring of its own: a new one without a name, or the one of that name, which is made if it is
  /// not there (keyctl(2)). Up to 4095 bytes, not with a leading '.'.
  credentials& keyring(std::string name = std::string()) &;
  credentials&& keyring(std::string name = std::string()) && { return std::move(keyring(std::move(name))); }

  /// Errors: stage `argument`: an id of -1, more than 65,536 groups, a capability set that contradicts
  /// another or the securebits, a keyring's name that the kernel does not take.
  result<> validate() const;

  std::optional<uid_t> uid() const noexcept { return uid_; }
  std::optional<gid_t> gid() const noexcept { return gid_; }
  const std::optional<std::vector<gid_t>>& groups() const noexcept { return groups_; }
  bool keeps_groups() const noexcept { return keep_groups_; }
  capability_bits dropped_from_bounding() const noexcept { return drop_bounding_; }
  bool sets_capabilities() const noexcept { return sets_capabilities_; }
  capability_bits effective() const noexcept { return effective_; }
  capability_bits permitted() const noexcept { return permitted_; }
  capability_bits inheritable() const noexcept { return inheritable_; }
  std::optional<capability_bits> ambient() const noexcept { return ambient_; }
  std::optional<unsigned> securebits() const noexcept { return securebits_; }
  const std::optional<std::string>& keyring() const noexcept { return keyring_; }

private:
  std::optional<uid_t> uid_;
  std::optional<gid_t> gid_;
  std::optional<std::vector<gid_t>> groups_;
  std::optional<std::string> keyring_;
  std::optional<capability_bits> ambient_;
  capability_bits drop_bounding_ = 0, effective_ = 0, permitted_ = 0, inheritable_ = 0;
  std::optional<unsigned> securebits_;
  bool sets_capabilities_ = false;
  bool keep_groups_ = false;
};

} // namespace linx
