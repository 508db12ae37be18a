// A rule in the words of ip(8).
#pragma once

#include "clauses.hpp"

#include <linx/rtnl/rule.hpp>

#include <optional>

namespace ip_tool {

/// A rule while it is read. The first network says the family where none is known.
class rule_words {
public:
  explicit rule_words(linx::rtnl::rule begun, std::optional<linx::net::family> known = std::nullopt) noexcept
      : value(std::move(begun)), family(known)
  {}

  linx::rtnl::rule value;
  std::optional<linx::net::family> family;
  said before;
};

/// Takes one selector or action of a rule with its value; false if the next word is none.
linx::result<bool> read_rule_part(words&, rule_words&);

/// Reads up to the end. One that is to be removed is what is named and nothing else, whatever it does.
linx::result<linx::rtnl::rule> read_rule(words&, std::optional<linx::net::family>, bool is_removed);

} // namespace ip_tool
