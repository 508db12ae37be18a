#include "change_link.hpp"

#include "kinds.hpp"

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
};

class setting {
public:
  std::string_view word;
  result<> (*read)(words&, std::string_view word, const link_names&, settings_read&);
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

template <link_change& (link_change::*Set)(const linx::net::mac&) noexcept>
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

result<> read_group(words& w, std::string_view word, const link_names&, settings_read& s)
{
  const bool is_default = w.take("default");
  std::uint32_t group = 0;
  if (!is_default) {
    BOOST_OUTCOME_TRY(group, w.number(word));
  }
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
    {"down", &set_plainly<&link_change::down>},
    {"arp", &read_switch<&link_change::arp>},
    {"multicast", &read_switch<&link_change::multicast>},
    {"allmulticast", &read_switch<&link_change::all_multicast>},
    {"promisc", &read_switch<&link_change::promiscuous>},
    {"carrier", &read_switch<&link_change::carrier>},
    {"protodown", &read_switch<&link_change::protocol_down>},
    {"mtu", &read_number<&link_change::mtu>},
    {"txqueuelen", &read_number<&link_change::tx_queue_length>},
    {"txqlen", &read_number<&link_change::tx_queue_length>},
    {"qlen", &read_number<&link_change::tx_queue_length>},
    {"group", &read_group},
    {"address", &read_address<&link_change::address>},
    {"broadcast", &read_address<&link_change::broadcast>},
    {"brd", &read_address<&link_change::broadcast>},
    {"alias", &read_text<&link_change::alias>},
    {"master", &read_master},
    {"vrf", &read_master},
    {"nomaster", &set_plainly<&link_change::no_master>},
    {"netns", &read_namespace},
};

/// Takes one setting, if the next word is one.
result<bool> read_setting(words& w, const link_names& links, settings_read& s)
{
  const auto* const found =
      std::ranges::find_if(settings_of_links, [&w](const auto& each) { return each.word == w.peek(); });
  if (found == std::end(settings_of_links)) return false;
  (void)w.next(found->word);
  BOOST_OUTCOME_TRYV(found->read(w, found->word, links, s));
  return true;
}

/// A pair is made by one request, which says less of its ends than there is to set: a second one sets the
/// rest.
task<> add_pair(rtnl::connection kernel, std::string name, words w, link_change settings)
{
  if (!w.take("peer")) co_return error::argument("a veth has another end: type veth peer NAME");
  (void)w.take("name");
  LINX_TRY(auto peer, w.next("name of the peer"));
  rtnl::veth pair(name, std::move(peer));
  std::optional<linx::ns::handle> peer_namespace;
  if (w.take("netns")) {
    LINX_TRY(const auto where, w.next("network namespace"));
    LINX_TRY(peer_namespace, net_namespace(where));
    pair.peer_in(*peer_namespace);
  }
  LINX_TRYV(w.end());
  auto adding = kernel.add_link(std::move(pair));
  LINX_TRYV(co_await std::move(adding));
  auto setting = kernel.change_link(name, std::move(settings));
  auto set = co_await std::move(setting);
  if (!set) {
    // as if nothing had been made, like every other kind
    auto removing = kernel.remove_link(name);
    (void)co_await std::move(removing);
  }
  co_return std::move(set);
}

task<> add_link(rtnl::connection kernel, words w)
{
  LINX_TRY(const auto names, co_await link_names::read(kernel));
  std::string name;
  std::optional<std::uint32_t> lower;
  std::uint32_t index = 0, tx_queues = 0, rx_queues = 0;
  settings_read settings;
  while (!w.take("type")) {
    LINX_TRY(const bool is_setting, read_setting(w, names, settings));
    if (is_setting) continue;
    if (w.take("link")) {
      LINX_TRY(lower, w.link(names));
    } else if (w.take("index")) {
      LINX_TRY(index, w.number("index", INT32_MAX));
    } else if (w.take("numtxqueues")) {
      LINX_TRY(tx_queues, w.number("number of queues"));
    } else if (w.take("numrxqueues")) {
      LINX_TRY(rx_queues, w.number("number of queues"));
    } else if (w.take("name") || w.take("dev") || name.empty()) {
      LINX_TRY(name, w.next("name, or type KIND,"));
    } else if (w.empty()) {
      co_return error::argument("link add " + name + ": type KIND is missing");
    } else {
      LINX_TRYV(w.end());
    }
  }
  if (name.empty()) co_return error::argument("link add: a NAME is missing before type");
  LINX_TRY(const auto kind, w.next("kind"));
  task<> adding;
  if (kind == "veth") {
    adding = add_pair(kernel, std::move(name), std::move(w), std::move(settings.change));
  } else {
    LINX_TRY(const auto* found, find_link_kind(kind));
    LINX_TRY(auto data, read_kind(*found, w, names, true));
    rtnl::new_link wanted(std::move(name), std::move(data));
    wanted.with(std::move(settings.change)).index(index).queues(tx_queues, rx_queues);
    if (lower) wanted.lower(*lower);
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
      LINX_TRY(auto name, w.next("name"));
      settings.change.name(std::move(name));
    } else if (w.take("type")) {
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

constexpr verb verbs[] = {{"add", &add_link},
                          {"set", &set_link},
                          {"del", &remove_link},
                          {"delete", &remove_link},
                          {"property", &change_names}};

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
