/// Which ids of a user namespace stand for which ids outside.
#pragma once

#include <linx/core/result.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace linx {

/// The content of `/proc/<pid>/uid_map` or `gid_map` (user_namespaces(7)), up to 340 ranges (Linux 4.15).
///
///     id_map users = id_map::root(::geteuid());           // root inside is the caller outside
///     id_map many = id_map().add(0, 100000, 65536);       // root inside is 100000 outside, and so on
class LINX_API id_map {
public:
  struct range {
    std::uint32_t inside;
    std::uint32_t outside;
    std::uint32_t count;
  };

  /// Id 0 inside stands for `outside`; the one map that an ordinary user may write, for his own id.
  static id_map root(std::uint32_t outside) { return id_map().add(0, outside, 1); }

  /// `count` ids from `inside` on stand for those from `outside` on, as the host sees them.
  id_map& add(std::uint32_t inside, std::uint32_t outside, std::uint32_t count = 1);

  bool empty() const noexcept { return ranges_.empty(); }
  const std::vector<range>& ranges() const noexcept { return ranges_; }

  /// The bytes that go into the file, one range a line.
  ///
  /// Errors: stage `argument` for no range or more than 340, a count of 0, a range beyond 4294967294, and
  /// ranges that overlap inside or outside; the kernel would say EINVAL and no more.
  result<std::string> text() const;

private:
  std::vector<range> ranges_;
};

} // namespace linx
