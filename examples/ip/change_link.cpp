#include "change_link.hpp"

#include "clauses.hpp"
#include "kinds.hpp"
#include "new_pair.hpp"

#include <linx/ns/handle.hpp>
#include <linx/rtnl/new_link.hpp>

#include <algorithm>

namespace ip_tool {

namespace rtnl = linx::rtnl;
using linx::error;
using linx::result;
using linx::success;
using linx::task;
using rtnl::link_change;

namespace {

/// What can be asked of any link. `change` borrows `target`.
class settings_read {
public:
  link_change change;
  std::optional<linx::ns::handle> target;
  said before;
};

class setting {
public:
  std::string_view word;
  result<> (*read)(words&, std::string_view word, const link_names&, settings_read&);
  std::string_view kind = word; ///< settings of one kind exclude each other
};

/// Sets from a switch, "on" or "off".
template <link_change& (link_change::*Set)(bool) noexcept>
result<> read_switch(words& w, std::string_view word, const link_names&, settings_read& s)
{
  BOOST_OUTCOME_TRY(const bool on, w.on_off(word));
  (s.change.*Set)(on);
  return success();
}

template <link_change& (link_change::*Set)(std::uint32_t) noexcept>
result<> read_number(words& w, std::string_view word, const link_names&, settings_read& s)
{
  BOOST_OUTCOME_TRY(const auto value, w.number(word));
  (s.change.*Set)(value);
  return success();
}

template <link_change& (link_change::*Set)(const linx::net::link_address&) noexcept>
result<> read_address(words& w, std::string_view, const link_names&, settings_read& s)
{
  BOOST_OUTCOME_TRY(const auto address, w.link_address());
  (s.change.*Set)(address);
  return success();
}

template <link_change& (link_change::*Set)(std::string) noexcept>
result<> read_text(words& w, std::string_view word, const link_names&, settings_read& s)
{
  BOOST_OUTCOME_TRY(auto text, w.next(word));
  (s.change.*Set)(std::move(text));
  return success();
}

template <link_change& (link_change::*Set)() noexcept>
result<> set_plainly(words&, std::string_view, const link_names&, settings_read& s)
{
  (s.change.*Set)();
  return success();
}

result<> read_master(words& w, std::string_view, const link_names& links, settings_read& s)
{
  BOOST_OUTCOME_TRY(const auto master, w.link(links));
  s.change.master(master);
  return success();
}

result<> read_group(words& w, std::string_view, const link_names&, settings_read& s)
{
  BOOST_OUTCOME_TRY(const auto group, w.group());
  s.change.group(group);
  return success();
}

result<> read_namespace(words& w, std::string_view, const link_names&, settings_read& s)
{
  BOOST_OUTCOME_TRY(const auto name, w.next("network namespace"));
  BOOST_OUTCOME_TRY(s.target, net_namespace(name));
  s.change.move_to(*s.target);
  return success();
}

constexpr setting settings_of_links[] = {
    {"up", &set_plainly<&link_change::up>},
    {"down", &set_plainly<&link_change::down>, "up"},
    {"arp", &read_switch<&link_change::arp>},
    {"multicast", &read_switch<&link_change::multicast>},
    {"allmulticast", &read_switch<&link_change::all_multicast>},
    {"promisc", &read_switch<&link_change::promiscuous>},
    {"carrier", &read_switch<&link_change::carrier>},
    {"protodown", &read_switch<&link_change::protocol_down>},
    {"mtu", &read_number<&link_change::mtu>},
    {"txqueuelen", &read_number<&link_change::tx_queue_length>},
    {"txqlen", &read_number<&link_change::tx_queue_length>, "txqueuelen"},
    {"qlen", &read_number<&link_change::tx_queue_length>, "txqueuelen"},
    {"group", &read_group},
    {"address", &read_address<&link_change::address>},
    {"broadcast", &read_address<&link_change::broadcast>},
    {"brd", &read_address<&link_change::broadcast>, "broadcast"},
    {"alias", &read_text<&link_change::alias>},
    {"master", &read_master},
    {"vrf", &read_master, "master"},
    {"nomaster", &set_plainly<&link_change::no_master>, "master"},
    {"netns", &read_namespace},
};

/// Takes one setting, if the next word is one.
result<bool> read_setting(words& w, const link_names& links, settings_read& s)
{
  const auto* const found =
      std::ranges::find_if(settings_of_links, [&w](const auto& each) { return each.word == w.peek(); });
  if (found == std::end(settings_of_links)) return false;
  BOOST_OUTCOME_TRYV(s.before.note(found->kind, found->word));
  (void)w.next(found->word);
  BOOST_OUTCOME_TRYV(found->read(w, found->word, links, s));
  return true;
}

/// A pair is made by one request, which says less of its ends than there is to set: a second one sets the
/// rest.
task<> add_pair(rtnl::connection kernel, pair_end own, words w, link_names names, settings_read settings)
{
  LINX_TRY(const auto peer, read_peer(w, names));
  if (own.name.empty() && !settings.before.empty())
    co_return error::argument("a pair whose first end has no NAME cannot be given settings");
  const auto name = own.name;
  auto adding = kernel.transport().submit(encode_pair(own, peer));
  auto added = co_await std::move(adding);
  if (!added) co_return std::move(added).error().with_object("link \"" + name + "\" of kind veth");
  if (settings.before.empty()) co_return success();
  auto setting = kernel.change_link(name, std::move(settings.change));
  auto set = co_await std::move(setting);
  if (!set) {
    // as if nothing had been made, like every other kind
    auto removing = kernel.remove_link(name);
    (void)co_await std::move(removing);
  }
  co_return std::move(set);
}

/// What a link is made of, before its kind.
class link_begun {
public:
  pair_end own;
  std::optional<std::uint32_t> lower;
  settings_read settings;
};

result<> read_new_name(words& w, const link_names&, link_begun& l)
{
  BOOST_OUTCOME_TRY(l.own.name, w.next("name, or type KIND,"));
  return success();
}

template <auto Number>
result<> read_count(words& w, const link_names&, link_begun& l)
{
  BOOST_OUTCOME_TRY(l.own.*Number, w.number("number", INT32_MAX));
  return success();
}

constexpr clause<link_begun> link_clauses[] = {
    {"link",
     [](words& w, const link_names& links, link_begun& l) -> result<> {
       BOOST_OUTCOME_TRY(l.lower, w.link(links));
       return success();
     }},
    {"index", &read_count<&pair_end::index>},
    {"numtxqueues", &read_count<&pair_end::tx_queues>},
    {"numrxqueues", &read_count<&pair_end::rx_queues>},
    {"name", &read_new_name},
    {"dev", &read_new_name, "name"},
};

result<link_begun> read_new_link(words& w, const link_names& names)
{
  link_begun l;
  said own;
  while (!w.take("type")) {
    BOOST_OUTCOME_TRY(bool is_known, read_setting(w, names, l.settings));
    if (is_known) continue;
    BOOST_OUTCOME_TRY(is_known, read_clause(link_clauses, w, names, own, l));
    if (is_known) continue;
    if (w.empty()) return error::argument("link add " + l.own.name + ": type KIND is missing");
    if (own.has("name")) return w.end().error();
    BOOST_OUTCOME_TRYV(own.note("name", "name"));
    BOOST_OUTCOME_TRYV(read_new_name(w, names, l));
  }
  return l;
}

task<> add_link(rtnl::connection kernel, words w)
{
  LINX_TRY(const auto names, co_await link_names::read(kernel));
  LINX_TRY(auto begun, read_new_link(w, names));
  LINX_TRY(const auto kind, w.next("kind"));
  task<> adding;
  if (kind == "veth") {
    if (begun.lower)
      co_return error::argument("a veth has another end and no link below: type veth peer NAME");
    adding = add_pair(kernel, std::move(begun.own), std::move(w), names, std::move(begun.settings));
  } else {
    if (begun.own.name.empty()) co_return error::argument("link add: a NAME is missing before type");
    LINX_TRY(const auto* found, find_link_kind(kind));
    LINX_TRY(auto data, read_kind(*found, w, names, true));
    rtnl::new_link wanted(std::move(begun.own.name), std::move(data));
    wanted.with(std::move(begun.settings.change)).index(begun.own.index);
    wanted.queues(begun.own.tx_queues, begun.own.rx_queues);
    if (begun.lower) wanted.lower(*begun.lower);
    adding = kernel.add_link(std::move(wanted));
  }
  co_return co_await std::move(adding);
}

task<> set_link(rtnl::connection kernel, words w)
{
  LINX_TRY(const auto names, co_await link_names::read(kernel));
  (void)w.take("dev");
  LINX_TRY(auto which, w.next("interface"));
  settings_read settings;
  while (!w.empty()) {
    LINX_TRY(const bool is_setting, read_setting(w, names, settings));
    if (is_setting) continue;
    if (w.take("name")) {
      LINX_TRYV(settings.before.note("name", "name"));
      LINX_TRY(auto name, w.next("name"));
      settings.change.name(std::move(name));
    } else if (w.take("type")) {
      LINX_TRYV(settings.before.note("type", "type"));
      LINX_TRY(const auto kind, w.next("kind"));
      if (const auto* port = find_port_kind(kind)) {
        LINX_TRY(auto data, read_kind(*port, w, names));
        settings.change.port(std::move(data));
      } else {
        LINX_TRY(const auto* found, find_link_kind(kind));
        LINX_TRY(auto data, read_kind(*found, w, names, false));
        settings.change.data(std::move(data));
      }
    } else {
      LINX_TRYV(w.end());
    }
  }
  if (settings.before.empty()) co_return error::argument("link set " + which + ": nothing is to be set");
  auto changing = kernel.change_link(std::move(which), std::move(settings.change));
  co_return co_await std::move(changing);
}

task<> remove_link(rtnl::connection kernel, words w)
{
  (void)w.take("dev");
  LINX_TRY(auto name, w.next("interface"));
  LINX_TRYV(w.end());
  auto removing = kernel.remove_link(std::move(name));
  co_return co_await std::move(removing);
}

task<> change_names(rtnl::connection kernel, words w)
{
  LINX_TRY(const auto verb, w.next("command"));
  if (verb != "add" && verb != "del" && verb != "delete")
    co_return error::argument("link property has no command \"" + verb + "\": add, del");
  (void)w.take("dev");
  LINX_TRY(auto which, w.next("interface"));
  std::vector<std::string> names;
  while (!w.empty()) {
    if (!w.take("altname")) {
      LINX_TRYV(w.end());
    }
    LINX_TRY(auto name, w.next("alternative name"));
    names.push_back(std::move(name));
  }
  auto changing = verb == "add" ? kernel.add_alternative_names(std::move(which), std::move(names))
                                : kernel.remove_alternative_names(std::move(which), std::move(names));
  co_return co_await std::move(changing);
}

class verb {
public:
  std::string_view word;
  task<> (*run)(rtnl::connection, words);
};

constexpr verb verbs[] = {
    {"add", &add_link}, {"set", &set_link}, {"delete", &remove_link}, {"property", &change_names}};

} // namespace

bool is_link_verb(std::string_view word)
{
  return std::ranges::any_of(verbs, [word](const auto& each) { return each.word == word; });
}

task<> change_link(rtnl::connection kernel, words command)
{
  LINX_TRY(const auto word, command.next("command"));
  const auto* const found =
      std::ranges::find_if(verbs, [&word](const auto& each) { return each.word == word; });
  if (found == std::end(verbs)) co_return error::argument("link has no command \"" + word + '"');
  auto changing = found->run(std::move(kernel), std::move(command));
  co_return co_await std::move(changing);
}

} // namespace ip_tool
