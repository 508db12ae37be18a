// The kinds of links, and those of ports, as ip(8) says them.
#pragma once

#include "objects.hpp"
#include "words.hpp"

#include <linx/rtnl/link_data.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace ip_tool {

class option_name {
public:
  std::string_view word;
  bool is_flag; ///< it takes no value, and "noWORD" turns it off
};

/// One kind: its name, and its options in words.
template <class Data>
class kind_of {
public:
  std::string_view name;
  /// Reads options up to the first word that is none. `is_new`: begins with what ip(8) asks for by itself.
  linx::result<Data> (*read)(words& rest, const link_names&, bool is_new);
  /// An object, which may be empty.
  json (*show)(const Data&, const link_names&);
  std::vector<option_name> (*options)();
};
using link_kind = kind_of<linx::rtnl::link_data>;
using port_kind = kind_of<linx::rtnl::port_data>;

/// An error names the kinds there are.
linx::result<const link_kind*> find_link_kind(std::string_view name);
/// Of "bridge_slave" and "bond_slave"; null for another word.
const port_kind* find_port_kind(std::string_view name);

/// Reads options up to the end. A word that is none is an error that names those there are.
linx::result<linx::rtnl::link_data> read_kind(const link_kind&, words& rest, const link_names&, bool is_new);
linx::result<linx::rtnl::port_data> read_kind(const port_kind&, words& rest, const link_names&);

/// What ip -j -d has under "info_data" and "info_slave_data"; empty for a kind that is not known.
json show_kind(const linx::rtnl::link_data&, const link_names&);
json show_kind(const linx::rtnl::port_data&, const link_names&);

} // namespace ip_tool
