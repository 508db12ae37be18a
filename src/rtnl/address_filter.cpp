#include <linx/rtnl/address_filter.hpp>

namespace linx::rtnl {

bool address_filter::matches(const address& a) const noexcept
{
  if (family_ && a.local.family() != *family_) return false;
  if (link_ != 0 && a.link != link_) return false;
  if (scope_ && a.scope != *scope_) return false;
  if (label_ && a.label != *label_) return false;
  if (within_ && !within_->contains(a.local.address())) return false;
  if ((a.flags & flags_) != flags_ || (a.flags & without_) != 0) return false;
  return !protocol_ || a.protocol == *protocol_;
}

} // namespace linx::rtnl
