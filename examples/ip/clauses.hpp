// The words inside a command as tables: which word, what reads its value, and which words say the same.
#pragma once

#include "words.hpp"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace ip_tool {

/// What a command has said so far. No word is there twice, nor two that say the same: a tool that took the
/// last of them would do something else than was read out.
class said {
public:
  linx::result<> note(std::string_view kind, std::string_view word)
  {
    if (const auto* const before = find(kind))
      return linx::error::argument(*before == word
                                       ? "\"" + std::string(word) + "\" is there twice"
                                       : "\"" + std::string(word) + "\" after \"" + std::string(*before) +
                                             "\": only one of them can hold");
    all_.emplace_back(kind, word);
    return linx::success();
  }
  bool has(std::string_view kind) const { return find(kind) != nullptr; }
  bool empty() const { return all_.empty(); }

private:
  const std::string_view* find(std::string_view kind) const
  {
    const auto found = std::ranges::find(all_, kind, &std::pair<std::string_view, std::string_view>::first);
    return found != all_.end() ? &found->second : nullptr;
  }

  // kinds and words of constant tables
  std::vector<std::pair<std::string_view, std::string_view>> all_;
};

/// A row: a word, and what reads that which follows it.
template <class Target>
class clause {
public:
  std::string_view word;
  linx::result<> (*read)(words& rest, const link_names&, Target&);
  std::string_view kind = word; ///< clauses of one kind exclude each other
};

/// Takes one clause, if the next word is one.
template <class Target>
linx::result<bool> read_clause(std::span<const clause<std::type_identity_t<Target>>> table, words& rest,
                               const link_names& links, said& before, Target& target)
{
  const auto found = std::ranges::find(table, rest.peek(), &clause<Target>::word);
  if (rest.empty() || found == table.end()) return false;
  BOOST_OUTCOME_TRYV(before.note(found->kind, found->word));
  BOOST_OUTCOME_TRYV(rest.next(found->word));
  BOOST_OUTCOME_TRYV(found->read(rest, links, target));
  return true;
}

/// Takes clauses up to the end. The first word that is none is the value of the clause `unnamed`, as in
/// "addr show lo" for "addr show dev lo"; without that it is an error.
template <class Target>
linx::result<> read_clauses(std::span<const clause<std::type_identity_t<Target>>> table, words& rest,
                            const link_names& links, said& before, Target& target,
                            std::string_view unnamed = {})
{
  while (!rest.empty()) {
    BOOST_OUTCOME_TRY(const bool is_clause, read_clause<Target>(table, rest, links, before, target));
    if (is_clause) continue;
    const auto found = std::ranges::find(table, unnamed, &clause<Target>::word);
    if (found == table.end() || before.has(found->kind)) return rest.end();
    BOOST_OUTCOME_TRYV(before.note(found->kind, found->word));
    BOOST_OUTCOME_TRYV(found->read(rest, links, target));
  }
  return linx::success();
}

} // namespace ip_tool
