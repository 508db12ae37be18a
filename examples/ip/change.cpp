#include "change.hpp"

#include "change_link.hpp"
#include "requests.hpp"
#include "selectors.hpp"
#include "vocabulary.hpp"

#include <algorithm>
#include <iostream>

namespace ip_tool {

namespace rtnl = linx::rtnl;
using linx::error;
using linx::success;
using linx::task;

namespace {

/// A line of a batch that has a request of its own in it.
class numbered {
public:
  numbered(std::size_t line, std::string text) noexcept : line(line), text(std::move(text)) {}
  std::size_t line;
  std::string text;
};

void complain(const std::string& file, const numbered& where, const error& why)
{
  std::cerr << file << ':' << where.line << ": " << where.text << ": " << why.message() << '\n';
}

/// A line as it stands in a file: abbreviations and all.
linx::result<> add_line(words command, family_choice family, const link_names& names, rtnl::batch& all)
{
  BOOST_OUTCOME_TRY(auto line, in_full(std::move(command).rest()));
  return add_request(words(std::move(line)), family, names, all);
}

} // namespace

task<> change(rtnl::connection kernel, words command, family_choice family)
{
  if (command.take("link")) {
    auto changing = change_link(kernel, std::move(command));
    co_return co_await std::move(changing);
  }
  LINX_TRY(const auto names, co_await link_names::read(kernel));
  rtnl::batch one;
  LINX_TRYV(add_request(std::move(command), family, names, one));
  LINX_TRY(auto results, co_await kernel.submit(std::move(one)));
  co_return std::move(results.front());
}

namespace {

error needs_words(std::string_view command, std::string_view example)
{
  return error::argument(std::string(command) + " needs to be told which, as in: " + std::string(example));
}

using flushing = task<std::size_t>;

linx::result<flushing> flush_addresses(rtnl::connection kernel, words w, const link_names& names,
                                       family_choice family)
{
  BOOST_OUTCOME_TRY(const auto which, select_addresses(w, names, family));
  if (which.on.named.empty()) return needs_words("addr flush", "dev NAME");
  for (const auto word : {"up", "type", "master", "group", "label"})
    if (which.on.named.has(word))
      return error::argument("addr flush does not choose by \"" + std::string(word) + "\", only show does");
  return kernel.flush_addresses(which.which);
}

linx::result<flushing> flush_routes(rtnl::connection kernel, words w, const link_names& names,
                                    family_choice family)
{
  BOOST_OUTCOME_TRY(const auto which, select_routes(w, names, family));
  if (which.named.empty()) return needs_words("route flush", "table main, dev NAME, or root NETWORK");
  if (which.around || which.source)
    return error::argument("route flush does not choose by match or src, only show does");
  return kernel.flush_routes(which.which);
}

linx::result<flushing> flush_neighbours(rtnl::connection kernel, words w, const link_names& names,
                                        family_choice family)
{
  BOOST_OUTCOME_TRY(auto which, select_neighbours(w, names, family));
  if (which.named.empty()) return needs_words("neigh flush", "dev NAME, or all");
  if (which.to) return error::argument("neigh flush does not choose by address, only show does");
  if (which.states != 0) which.which.states(which.states);
  return kernel.flush_neighbours(which.which);
}

linx::result<flushing> flush_rules(rtnl::connection kernel, words w, const link_names&, family_choice family)
{
  BOOST_OUTCOME_TRY(const auto which, select_rules(w, family));
  for (const auto word : {"from", "to", "iif", "oif"})
    if (which.named.has(word))
      return error::argument("rule flush does not choose by \"" + std::string(word) + "\", only show does");
  return kernel.flush_rules(which.which);
}

linx::result<flushing> flush_nexthops(rtnl::connection kernel, words w, const link_names& names,
                                      family_choice)
{
  BOOST_OUTCOME_TRY(const auto which, select_nexthops(w, names));
  if (which.named.has("id")) return error::argument("nexthop flush does not choose by id: nexthop del id N");
  return kernel.flush_nexthops(which.which);
}

class flusher {
public:
  std::string_view object;
  linx::result<flushing> (*begin)(rtnl::connection, words, const link_names&, family_choice);
};

constexpr flusher flushers[] = {{"addr", &flush_addresses},
                                {"route", &flush_routes},
                                {"neigh", &flush_neighbours},
                                {"rule", &flush_rules},
                                {"nexthop", &flush_nexthops}};

} // namespace

task<> flush(rtnl::connection kernel, words w, family_choice family)
{
  LINX_TRY(const auto names, co_await link_names::read(kernel));
  LINX_TRY(const auto object, w.next("object"));
  LINX_TRYV(w.next("command"));
  const auto* const found = std::ranges::find(flushers, object, &flusher::object);
  if (found == std::end(flushers)) co_return error::argument("\"" + object + "\" cannot be flushed");
  LINX_TRY(auto doing, found->begin(std::move(kernel), std::move(w), names, family));
  LINX_TRYV(co_await std::move(doing));
  co_return success();
}

task<std::size_t> run_batch(rtnl::connection kernel, std::vector<std::string> lines, std::string name,
                            family_choice family)
{
  LINX_TRY(const auto names, co_await link_names::read(kernel));
  rtnl::batch all;
  std::vector<numbered> where;
  std::size_t failed = 0;
  for (std::size_t n = 0; n != lines.size(); ++n) {
    auto command = words::of_line(lines[n]);
    if (command.empty()) continue;
    numbered here(n + 1, lines[n]);
    if (const auto read = add_line(std::move(command), family, names, all); !read) {
      complain(name, here, read.error());
      ++failed;
      continue;
    }
    where.push_back(std::move(here));
  }
  LINX_TRY(const auto results, co_await kernel.submit(std::move(all)));
  for (std::size_t n = 0; n != results.size(); ++n) {
    if (results[n]) continue;
    complain(name, where[n], results[n].error());
    ++failed;
  }
  co_return failed;
}

} // namespace ip_tool
