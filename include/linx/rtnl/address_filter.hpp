/// Which addresses are meant.
#pragma once

#include <linx/rtnl/address.hpp>

namespace linx::rtnl {

/// Which addresses are listed or flushed; all that is named has to fit. The kernel filters by family and link
/// (Linux 4.20), the rest happens here.
class LINX_API address_filter {
public:
  address_filter() noexcept = default;
  address_filter(net::family which) noexcept : family_(which) {}

  address_filter& family(net::family which) noexcept { return family_ = which, *this; }
  address_filter& link(std::uint32_t index) noexcept { return link_ = index, *this; }
  address_filter& scope(std::uint8_t rt_scope) noexcept { return scope_ = rt_scope, *this; }
  address_filter& label(std::string text) { return label_ = std::move(text), *this; }
  /// Those inside a network.
  address_filter& within(const net::subnet& network) noexcept { return within_ = network, *this; }
  /// Those that have all of these flags (IFA_F_* bits), or none of these.
  address_filter& flags(std::uint32_t ifa) noexcept { return flags_ = ifa, *this; }
  address_filter& without_flags(std::uint32_t ifa) noexcept { return without_ = ifa, *this; }
  address_filter& protocol(std::uint8_t number) noexcept { return protocol_ = number, *this; }

  std::optional<net::family> family() const noexcept { return family_; }
  std::uint32_t link() const noexcept { return link_; }
  bool matches(const address&) const noexcept;

private:
  std::optional<net::family> family_;
  std::uint32_t link_ = 0;
  std::optional<std::uint8_t> scope_;
  std::optional<std::string> label_;
  std::optional<net::subnet> within_;
  std::uint32_t flags_ = 0;
  std::uint32_t without_ = 0;
  std::optional<std::uint8_t> protocol_;
};

} // namespace linx::rtnl
