/// Which interfaces are listed.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace linx::rtnl {

/// The kernel lists only what passes (strict checks, Linux 4.20; an older one lists all).
class link_filter {
public:
  /// The ports of a bridge, bond or VRF, by its index.
  link_filter& master(std::uint32_t index) & noexcept
  {
    master_ = index;
    return *this;
  }
  link_filter&& master(std::uint32_t index) && noexcept { return std::move(master(index)); }
  /// "veth". A kind that the kernel has not loaded passes everything.
  link_filter& kind(std::string name) & noexcept
  {
    kind_ = std::move(name);
    return *this;
  }
  link_filter&& kind(std::string name) && noexcept { return std::move(kind(std::move(name))); }

  std::uint32_t master() const noexcept { return master_; }
  const std::string& kind() const noexcept { return kind_; }

private:
  std::uint32_t master_ = 0;
  std::string kind_;
};

} // namespace linx::rtnl
