#include "wanted.hpp"

#include "document.hpp"
#include "kinds.hpp"
#include "option.hpp"
#include "request_route.hpp"
#include "request_rule.hpp"

#include <linux/rtnetlink.h>

namespace ip_tool {

namespace rtnl = linx::rtnl;
namespace net = linx::net;
using linx::error;
using linx::result;
using linx::success;

namespace {

// Links are wanted by name, and need not be there: an index has no meaning here.
const link_names no_names;

// Formats beside those of option.hpp.

class text {
public:
  static std::string expected() { return "a text"; }
  template <class>
  static std::optional<std::string> read(std::string_view word, const link_names&)
  {
    return std::string(word);
  }
};

class own_address {
public:
  static std::string expected() { return "an address with a prefix length: 10.0.0.1/24"; }
  template <class>
  static std::optional<net::interface_address> read(std::string_view word, const link_names&)
  {
    const auto address = net::interface_address::parse(word);
    return address ? std::optional(address.value()) : std::nullopt;
  }
};

// AF_INET, AF_INET6
constexpr choice families[] = {{2, "inet"}, {10, "inet6"}};
constexpr choice route_types[] = {{RTN_UNICAST, "unicast"},     {RTN_LOCAL, "local"},
                                  {RTN_BLACKHOLE, "blackhole"}, {RTN_UNREACHABLE, "unreachable"},
                                  {RTN_PROHIBIT, "prohibit"},   {RTN_THROW, "throw"}};

// Objects as they are written. A row without a key is not shown.

template <auto Member, class Format>
constexpr option<detail::owner_of<Member>> row(std::string_view word)
{
  return {word, "", false, &read_member<Member, Format>, nullptr};
}

class link_entry {
public:
  std::optional<std::string> name, kind, peer, on, master;
  std::optional<std::uint32_t> mtu;
  std::optional<bool> up;
  std::optional<net::mac> address;
};
constexpr option<link_entry> link_rows[] = {
    row<&link_entry::name, text>("name"),     row<&link_entry::kind, text>("kind"),
    row<&link_entry::peer, text>("peer"),     row<&link_entry::on, text>("on"),
    row<&link_entry::master, text>("master"), row<&link_entry::mtu, number<>>("mtu"),
    row<&link_entry::up, on_off>("up"),       row<&link_entry::address, hardware_address>("address")};

class address_entry {
public:
  std::optional<std::string> link;
  std::optional<net::interface_address> address;
  std::optional<net::ip> peer;
};
constexpr option<address_entry> address_rows[] = {row<&address_entry::link, text>("link"),
                                                  row<&address_entry::address, own_address>("address"),
                                                  row<&address_entry::peer, ip_address>("peer")};

class neighbour_entry {
public:
  std::optional<std::string> link;
  std::optional<net::ip> address;
  std::optional<net::mac> link_address;
};
constexpr option<neighbour_entry> neighbour_rows[] = {
    row<&neighbour_entry::link, text>("link"), row<&neighbour_entry::address, ip_address>("address"),
    row<&neighbour_entry::link_address, hardware_address>("lladdr")};

class way_entry {
public:
  std::optional<net::ip> via;
  std::optional<std::string> dev;
  std::optional<std::uint32_t> weight;
  std::optional<bool> onlink;
};
constexpr option<way_entry> way_rows[] = {
    row<&way_entry::via, ip_address>("via"), row<&way_entry::dev, text>("dev"),
    row<&way_entry::weight, number<256>>("weight"), row<&way_entry::onlink, on_off>("onlink")};

class route_entry {
public:
  std::optional<std::string> to;
  std::optional<net::family> family;
  std::optional<rtnl::route_type> type;
};
constexpr option<route_entry> route_rows[] = {row<&route_entry::to, text>("to"),
                                              row<&route_entry::family, one_of<families>>("family"),
                                              row<&route_entry::type, one_of<route_types>>("type")};

// "dev" and its like would need an index.
bool names_a_link(std::string_view option)
{
  return option == "dev" || option == "primary" || option == "active_slave";
}

/// In the words of ip(8): {"id": 42, "learning": false} is "id 42 nolearning".
result<rtnl::link_data> read_options(const link_kind& kind, const json& options, const std::string& path)
{
  std::deque<std::string> line;
  if (!options.is_null()) {
    BOOST_OUTCOME_TRYV(check_object(options, path));
  }
  const auto known = kind.options();
  for (const auto& [key, value] : options.items()) {
    const auto at = path + '.' + key;
    const auto found =
        std::ranges::find_if(known, [&key = key](const auto& each) { return each.word == key; });
    if (found == known.end()) {
      std::string all;
      for (const auto& each : known) all += (all.empty() ? "" : ", ") + std::string(each.word);
      return wrong(at, "a " + std::string(kind.name) + " has no such option; there are " + all);
    }
    if (names_a_link(key))
      return wrong(at, "a link that may not be there yet cannot be named here; see \"on\"");
    if (found->is_flag && value.is_boolean()) {
      line.push_back(value.get<bool>() ? key : "no" + key);
      continue;
    }
    BOOST_OUTCOME_TRY(auto word, word_of(value, at));
    line.push_back(key);
    // "srcport 1000 2000" and "macaddr set ..." are several words
    auto several = words::of_line(word);
    while (!several.empty()) {
      BOOST_OUTCOME_TRY(auto one, several.next("word"));
      line.push_back(std::move(one));
    }
  }
  words rest(std::move(line));
  auto data = read_kind(kind, rest, no_names, true);
  if (!data) return wrong(path, data.error());
  return data;
}

/// The word of ip(8) does for the key.
result<> rename(json& value, const char* word, const char* key, const std::string& path)
{
  if (!value.is_object() || !value.contains(word)) return success();
  if (value.contains(key))
    return wrong(path + '.' + word, "it says the same as \"" + std::string(key) + "\": one of them");
  value[key] = take(value, word);
  return success();
}

result<> read_link(rtnl::desired& all, json value, const std::string& path)
{
  BOOST_OUTCOME_TRYV(rename(value, "type", "kind", path));
  BOOST_OUTCOME_TRYV(rename(value, "link", "on", path));
  link_entry entry;
  const auto options = take(value, "options");
  BOOST_OUTCOME_TRYV(read_object<link_entry>(link_rows, entry, value, path, "options"));
  BOOST_OUTCOME_TRY(const auto name, needed(entry.name, path, "name"));
  rtnl::desired_link link(name);
  if (entry.kind == "veth") {
    BOOST_OUTCOME_TRY(const auto peer, needed(entry.peer, path, "peer"));
    link.veth(peer);
    if (!options.is_null()) return wrong(path + ".options", "a veth has none");
  } else {
    if (entry.peer) return wrong(path + ".peer", "only a veth has one");
    if (!entry.kind && !options.is_null())
      return wrong(path + ".options", "they are those of a kind, and kind is missing");
    if (entry.kind) {
      const auto kind = find_link_kind(*entry.kind);
      if (!kind) return wrong(path + ".kind", kind.error());
      BOOST_OUTCOME_TRY(auto data, read_options(*kind.value(), options, path + ".options"));
      link.made_as(std::move(data));
    }
  }
  if (entry.on) link.on(*entry.on);
  if (entry.mtu) link.mtu(*entry.mtu);
  if (entry.master) link.in(*entry.master);
  if (entry.address) link.at(*entry.address);
  if (entry.up) link.is_up = *entry.up;
  all.add(std::move(link));
  return success();
}

result<> read_address(rtnl::desired& all, json value, const std::string& path)
{
  BOOST_OUTCOME_TRYV(rename(value, "dev", "link", path));
  BOOST_OUTCOME_TRYV(rename(value, "local", "address", path));
  address_entry entry;
  BOOST_OUTCOME_TRYV(read_object<address_entry>(address_rows, entry, value, path));
  BOOST_OUTCOME_TRY(const auto link, needed(entry.link, path, "link"));
  BOOST_OUTCOME_TRY(const auto address, needed(entry.address, path, "address"));
  all.add(rtnl::desired_address(link, address, entry.peer));
  return success();
}

result<> read_neighbour(rtnl::desired& all, json value, const std::string& path)
{
  BOOST_OUTCOME_TRYV(rename(value, "dev", "link", path));
  BOOST_OUTCOME_TRYV(rename(value, "to", "address", path));
  neighbour_entry entry;
  BOOST_OUTCOME_TRYV(read_object<neighbour_entry>(neighbour_rows, entry, value, path));
  BOOST_OUTCOME_TRY(const auto link, needed(entry.link, path, "link"));
  BOOST_OUTCOME_TRY(const auto address, needed(entry.address, path, "address"));
  BOOST_OUTCOME_TRY(const auto link_address, needed(entry.link_address, path, "lladdr"));
  all.add(rtnl::desired_neighbour(link, address, link_address));
  return success();
}

void add_way(rtnl::desired_route& route, const way_entry& entry)
{
  rtnl::next_hop hop;
  if (entry.via) hop.gateway = *entry.via;
  if (entry.weight) hop.weight = *entry.weight;
  if (entry.onlink.value_or(false)) hop.onlink();
  route.way(std::move(hop), entry.dev.value_or(""));
}

/// The keys of rows, for a reader of their own.
template <class T>
json take_all(std::span<const option<T>> rows, json& value)
{
  json own = json::object();
  for (const auto& each : rows) {
    const std::string key(each.word);
    if (value.contains(key)) own[key] = take(value, key.c_str());
  }
  return own;
}

/// A key with its value as ip(8) has them on one line: "mtu lock 1400"; nothing for what is switched off.
result<words> line_of(const std::string& key, const json& value, const std::string& path)
{
  if (value == false) return words(std::deque<std::string>());
  std::deque<std::string> line{key};
  if (value != true) {
    BOOST_OUTCOME_TRY(auto word, word_of(value, path));
    // a number is itself, while ip(8) reads the word for it in hexadecimal
    if ((key == "tos" || key == "dsfield") && value.is_number_unsigned())
      word = hex(value.get<std::uint32_t>());
    auto several = words::of_line(word);
    while (!several.empty()) {
      BOOST_OUTCOME_TRY(auto one, several.next("word"));
      line.push_back(std::move(one));
    }
  }
  return words(std::move(line));
}

/// Each key by a reader of ip(8)'s words, which says whether it knows the first one.
template <class Read>
result<> read_words(const json& value, const std::string& path, std::string_view others, Read read)
{
  for (const auto& [key, part] : value.items()) {
    const auto at = path + '.' + key;
    BOOST_OUTCOME_TRY(auto line, line_of(key, part, at));
    if (line.empty()) continue;
    const result<bool> known = read(line);
    if (!known) return wrong(at, known.error());
    if (!known.value()) return wrong(at, "there is no such key; there are " + std::string(others));
    if (const auto end = line.end(); !end) return wrong(at, end.error());
  }
  return success();
}

result<> read_route(rtnl::desired& all, json value, const std::string& path)
{
  BOOST_OUTCOME_TRYV(check_object(value, path));
  const auto ways = take(value, "nexthops");
  if (value.contains("weight")) return wrong(path + ".weight", "a single way has none; see \"nexthops\"");
  way_entry single;
  BOOST_OUTCOME_TRYV(read_object<way_entry>(way_rows, single, take_all<way_entry>(way_rows, value), path));
  route_entry entry;
  BOOST_OUTCOME_TRYV(
      read_object<route_entry>(route_rows, entry, take_all<route_entry>(route_rows, value), path));
  BOOST_OUTCOME_TRY(const auto to, needed(entry.to, path, "to"));
  words rest(std::deque<std::string>{to});
  const auto of_default = single.via ? single.via->family() : net::family::v4;
  const auto destination = rest.network(entry.family.value_or(of_default));
  if (!destination) return wrong(path + ".to", destination.error());
  rtnl::route r(destination.value());
  if (entry.type) r.type = *entry.type;
  for (const char* owner : {"proto", "protocol"})
    if (value.contains(owner)) return wrong(path + '.' + owner, "it is the document's, for all routes");
  said before;
  BOOST_OUTCOME_TRYV(read_words(value, path,
                                "to, family, type, via, dev, onlink, nexthops and the words of ip-route(8)",
                                [&](words& line) { return read_route_part(line, before, r.family(), r); }));
  rtnl::desired_route route(std::move(r));
  if (single.via || single.dev) add_way(route, single);
  if (!ways.is_null()) {
    if (single.via || single.dev)
      return wrong(path + ".nexthops", "a route has one way or several, not both");
    if (!ways.is_array()) return wrong(path + ".nexthops", "a list is expected");
    for (std::size_t n = 0; n != ways.size(); ++n) {
      way_entry way;
      const auto at = path + ".nexthops[" + std::to_string(n) + ']';
      BOOST_OUTCOME_TRYV(read_object<way_entry>(way_rows, way, ways[n], at));
      add_way(route, way);
    }
  }
  all.add(std::move(route));
  return success();
}

result<> read_rule(rtnl::desired& all, json value, const std::string& path)
{
  BOOST_OUTCOME_TRYV(check_object(value, path));
  rule_words r{rtnl::rule()};
  if (const auto family = take(value, "family"); !family.is_null()) {
    BOOST_OUTCOME_TRY(const auto word, word_of(family, path + ".family"));
    const auto known = one_of<families>::read<net::family>(word, no_names);
    if (!known) return not_expected(path + ".family", word, one_of<families>::expected());
    r.family = *known;
  }
  BOOST_OUTCOME_TRYV(read_words(value, path, "family and the words of ip-rule(8)",
                                [&](words& line) { return read_rule_part(line, r); }));
  r.value.family = r.family.value_or(net::family::v4);
  all.add(std::move(r.value));
  return success();
}

class section {
public:
  const char* key;
  result<> (*read)(rtnl::desired&, json, const std::string& path);
};

constexpr section sections[] = {{"links", &read_link},
                                {"addresses", &read_address},
                                {"neighbours", &read_neighbour},
                                {"routes", &read_route},
                                {"rules", &read_rule}};

result<rtnl::desired> read_document(json document)
{
  if (!document.is_object()) return error::argument("an object is expected");
  const auto protocol = take(document, "protocol");
  if (protocol.is_null())
    return error::argument("protocol is missing: whose the routes are, 192 to 255 are nobody's");
  BOOST_OUTCOME_TRY(const auto word, word_of(protocol, "protocol"));
  const auto number = protocol_number(word);
  if (!number) return not_expected("protocol", word, "a routing protocol: a number up to 255, or a name");
  rtnl::desired all(*number);
  for (const auto& each : sections) {
    const auto list = take(document, each.key);
    if (list.is_null()) continue;
    if (!list.is_array()) return wrong(each.key, "a list is expected");
    for (std::size_t n = 0; n != list.size(); ++n) {
      BOOST_OUTCOME_TRYV(each.read(all, list[n], std::string(each.key) + '[' + std::to_string(n) + ']'));
    }
  }
  if (!document.empty())
    return wrong(document.items().begin().key(),
                 "there is no such key; there are protocol, links, addresses, "
                 "neighbours, routes, rules");
  return all;
}

} // namespace

result<rtnl::desired> read_wanted(std::string_view text, const std::string& name)
{
  auto document = parse_document(text);
  if (!document) return wrong(name, document.error());
  auto all = read_document(std::move(document).value());
  if (!all) return wrong(name, all.error());
  return all;
}

} // namespace ip_tool
