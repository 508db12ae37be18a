#include <linx/rtnl/route_filter.hpp>

#include <linux/rtnetlink.h>

namespace linx::rtnl {

bool route_filter::matches(const route& r) const noexcept
{
  if (family_ && r.family() != *family_) return false;
  if (table_ && r.table != *table_) return false;
  if (protocol_ && r.protocol != *protocol_) return false;
  if (type_ && r.type != *type_) return false;
  if (scope_ && r.scope != *scope_) return false;
  if (metric_ && r.metric != *metric_) return false;
  if (to_ && r.destination != *to_) return false;
  if (within_ && !within_->contains(r.destination)) return false;
  if (((r.flags & RTM_F_CLONED) != 0) != cached_) return false;
  const auto goes = [this](const next_hop& hop) {
    return (dev_ == 0 || hop.output == dev_) && (!via_ || hop.gateway == via_);
  };
  return (dev_ == 0 && !via_) || std::any_of(r.hops.begin(), r.hops.end(), goes);
}

bool route_filter::is_by_family_alone() const noexcept
{
  return !table_ && !protocol_ && !type_ && dev_ == 0 && !via_ && !scope_ && !metric_ && !to_ && !within_ &&
         !cached_;
}

} // namespace linx::rtnl
