#include "vocabulary.hpp"

#include <algorithm>
#include <span>
#include <string_view>

namespace ip_tool {

using linx::error;
using linx::result;

namespace {

class command_name {
public:
  std::string_view word;
  std::string_view means; ///< in full, as the rest of this program says it; empty: only ip(8) has it
};

// In the order in which ip(8) tries them: the first that begins with the word is meant.
constexpr command_name link_commands[] = {{"add", "add"},  {"set", "set"},           {"change", "set"},
                                          {"replace", ""}, {"delete", "delete"},     {"show", "show"},
                                          {"lst", "show"}, {"list", "show"},         {"xstats", ""},
                                          {"afstats", ""}, {"property", "property"}, {"help", "help"}};
constexpr command_name address_commands[] = {
    {"add", "add"},   {"change", "change"}, {"chg", "change"}, {"replace", "replace"}, {"delete", "delete"},
    {"show", "show"}, {"lst", "show"},      {"list", "show"},  {"flush", "flush"},     {"save", ""},
    {"showdump", ""}, {"restore", ""},      {"help", "help"}};
constexpr command_name route_commands[] = {
    {"list", "show"},     {"show", "show"},     {"lst", "show"},        {"get", "get"},  {"add", "add"},
    {"change", "change"}, {"chg", "change"},    {"replace", "replace"}, {"prepend", ""}, {"append", "append"},
    {"test", ""},         {"delete", "delete"}, {"flush", "flush"},     {"save", ""},    {"restore", ""},
    {"showdump", ""},     {"help", "help"}};
constexpr command_name rule_commands[] = {{"list", "show"},     {"lst", "show"},    {"show", "show"},
                                          {"save", ""},         {"restore", ""},    {"add", "add"},
                                          {"delete", "delete"}, {"flush", "flush"}, {"help", "help"}};
constexpr command_name neighbour_commands[] = {
    {"add", "add"},       {"change", "change"}, {"chg", "change"}, {"replace", "replace"},
    {"delete", "delete"}, {"get", "get"},       {"show", "show"},  {"lst", "show"},
    {"list", "show"},     {"flush", "flush"},   {"help", "help"}};
constexpr command_name nexthop_commands[] = {
    {"add", "add"},  {"replace", "replace"}, {"delete", "delete"}, {"list", "show"}, {"show", "show"},
    {"lst", "show"}, {"get", "get"},         {"flush", "flush"},   {"bucket", ""},   {"help", "help"}};
constexpr command_name statistics_commands[] = {{"show", "show"}, {"set", ""}, {"help", "help"}};

class object_name {
public:
  std::string_view word;
  std::string_view means = {}; ///< empty: only ip(8) has it
  std::span<const command_name> commands = {};
};

constexpr object_name object_names[] = {{"address", "addr", address_commands},
                                        {"addrlabel"},
                                        {"maddress"},
                                        {"route", "route", route_commands},
                                        {"rule", "rule", rule_commands},
                                        {"neighbor", "neigh", neighbour_commands},
                                        {"neighbour", "neigh", neighbour_commands},
                                        {"ntable"},
                                        {"ntbl"},
                                        {"link", "link", link_commands},
                                        {"l2tp"},
                                        {"fou"},
                                        {"ila"},
                                        {"macsec"},
                                        {"tunnel"},
                                        {"tunl"},
                                        {"tuntap"},
                                        {"tap"},
                                        {"token"},
                                        {"tcpmetrics"},
                                        {"tcp_metrics"},
                                        {"monitor", "monitor"},
                                        {"xfrm"},
                                        {"mroute"},
                                        {"mrule"},
                                        {"netns"},
                                        {"netconf"},
                                        {"vrf"},
                                        {"sr"},
                                        {"nexthop", "nexthop", nexthop_commands},
                                        {"mptcp"},
                                        {"ioam"},
                                        {"help", "help"},
                                        {"stats", "stats", statistics_commands},
                                        {"reconcile", "reconcile"}};

template <class Row>
const Row* first_of(std::span<const Row> table, std::string_view word)
{
  const auto found =
      std::ranges::find_if(table, [word](const Row& each) { return each.word.starts_with(word); });
  return !word.empty() && found != table.end() ? &*found : nullptr;
}

template <class Row>
std::string list_of(std::span<const Row> table)
{
  std::string all;
  std::string_view last;
  for (const auto& each : table) {
    if (each.means.empty() || each.means == last) continue;
    last = each.means;
    if (!all.empty()) all += ", ";
    all += each.means;
  }
  return all;
}

std::string in_quotes(std::string_view word)
{
  return '"' + std::string(word) + '"';
}

} // namespace

result<std::deque<std::string>> in_full(std::deque<std::string> command)
{
  const std::span<const object_name> all(object_names);
  const auto* const found = first_of(all, command.front());
  if (found == nullptr) return error::argument(in_quotes(command.front()) + " is no object: " + list_of(all));
  if (found->means.empty())
    return error::argument(in_quotes(found->word) +
                           " is an object that ip(8) has and linx-ip has not: " + list_of(all));
  command.front() = found->means;
  if (found->commands.empty()) return command;
  if (command.size() == 1) command.emplace_back("show");
  const auto* const verb = first_of(found->commands, command[1]);
  if (verb == nullptr)
    return error::argument(std::string(found->means) + " has no command " + in_quotes(command[1]) + ": " +
                           list_of(found->commands));
  if (verb->means.empty())
    return error::argument(in_quotes(verb->word) +
                           " is a command that ip(8) has and linx-ip has not: " + list_of(found->commands));
  command[1] = verb->means;
  return command;
}

} // namespace ip_tool
