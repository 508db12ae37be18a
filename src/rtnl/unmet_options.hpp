// What of the options of a link does not hold.
#pragma once

#include <linx/rtnl/link_data.hpp>

#include <string>

namespace linx::rtnl {

class unmet_options {
public:
  link_data data;        // empty: all of it holds
  std::string found;     // what there is instead, in words
  bool is_fixed = false; // one of them cannot be changed: the link has to be made anew
};

// Nothing where they are of different kinds, or linx does not know the kind.
unmet_options compare(const link_data& want, const link_data& there);

} // namespace linx::rtnl
