// A wanted network as a JSON document.
#pragma once

#include <linx/core/result.hpp>
#include <linx/rtnl/desired.hpp>

#include <string>
#include <string_view>

namespace ip_tool {

/// Reads a document:
///
///     {"protocol": 200,
///      "links": [{"name": "v0", "kind": "veth", "peer": "v1", "mtu": 1400, "up": true},
///                {"name": "x0", "kind": "vxlan", "on": "v0", "options": {"id": 42, "learning": false}}],
///      "addresses": [{"link": "v0", "address": "10.0.0.1/24"}],
///      "neighbours": [{"link": "v0", "address": "10.0.0.7", "lladdr": "02:00:00:00:00:07"}],
///      "routes": [{"to": "default", "via": "10.0.0.254", "metric": 7}],
///      "rules": [{"priority": 1000, "from": "10.4.0.0/16", "table": 100}]}
///
/// Options of kinds and parts of rules have the words of ip(8). Errors: stage `argument` with `name` and the
/// path in the document, for what is no JSON, a key that is not known or stands twice, one that is missing, a
/// value that cannot be.
linx::result<linx::rtnl::desired> read_wanted(std::string_view text, const std::string& name);

} // namespace ip_tool
