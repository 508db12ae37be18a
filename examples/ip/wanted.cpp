#include "wanted.hpp"

#include "document.hpp"
#include "kinds.hpp"
#include "option.hpp"
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

template <auto Parse, const char* Expected>
class parsed {
public:
  static std::string expected() { return Expected; }
  template <class T>
  static std::optional<T> read(std::string_view word, const link_names&)
  {
    const auto value = Parse(word);
    return value ? std::optional<T>(*value) : std::nullopt;
  }
};

constexpr char a_table[] = "a routing table";
constexpr char a_scope[] = "a scope: global, site, link, host";
using table_word = parsed<&table_number, a_table>;
using scope_word = parsed<&scope_number, a_scope>;

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
  std::optional<std::uint32_t> table, metric;
  std::optional<net::ip> src;
  std::optional<std::uint8_t> scope;
};
constexpr option<route_entry> route_rows[] = {row<&route_entry::to, text>("to"),
                                              row<&route_entry::family, one_of<families>>("family"),
                                              row<&route_entry::type, one_of<route_types>>("type"),
                                              row<&route_entry::table, table_word>("table"),
                                              row<&route_entry::metric, number<>>("metric"),
                                              row<&route_entry::src, ip_address>("src"),
                                              row<&route_entry::scope, scope_word>("scope")};

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

result<> read_link(rtnl::desired& all, json value, const std::string& path)
{
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

result<> read_address(rtnl::desired& all, const json& value, const std::string& path)
{
  address_entry entry;
  BOOST_OUTCOME_TRYV(read_object<address_entry>(address_rows, entry, value, path));
  BOOST_OUTCOME_TRY(const auto link, needed(entry.link, path, "link"));
  BOOST_OUTCOME_TRY(const auto address, needed(entry.address, path, "address"));
  all.add(rtnl::desired_address(link, address, entry.peer));
  return success();
}

result<> read_neighbour(rtnl::desired& all, const json& value, const std::string& path)
{
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

/// The keys of a single way stand in the route itself.
result<way_entry> take_single_way(json& value, const std::string& path)
{
  json own = json::object();
  for (const auto& each : way_rows) {
    const std::string key(each.word);
    if (key != "weight" && value.is_object() && value.contains(key)) own[key] = take(value, key.c_str());
  }
  way_entry single;
  BOOST_OUTCOME_TRYV(read_object<way_entry>(way_rows, single, own, path));
  return single;
}

result<> read_route(rtnl::desired& all, json value, const std::string& path)
{
  const auto ways = take(value, "nexthops");
  BOOST_OUTCOME_TRY(const auto single, take_single_way(value, path));
  route_entry entry;
  BOOST_OUTCOME_TRYV(read_object<route_entry>(route_rows, entry, value, path, "via, dev, onlink, nexthops"));
  BOOST_OUTCOME_TRY(const auto to, needed(entry.to, path, "to"));
  words rest(std::deque<std::string>{to});
  const auto of_default = single.via ? single.via->family() : net::family::v4;
  const auto destination = rest.network(entry.family.value_or(of_default));
  if (!destination) return wrong(path + ".to", destination.error());
  rtnl::route r(destination.value());
  if (entry.type) r.type = *entry.type;
  if (entry.table) r.table = *entry.table;
  if (entry.metric) r.metric = *entry.metric;
  if (entry.src) r.source = *entry.src;
  if (entry.scope) r.scope = *entry.scope;
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
  for (const auto& [key, part] : value.items()) {
    const auto at = path + '.' + key;
    std::deque<std::string> line{key};
    if (part == false) continue;
    if (part != true) {
      BOOST_OUTCOME_TRY(auto word, word_of(part, at));
      // a number is itself, while ip(8) reads the word for it in hexadecimal
      if ((key == "tos" || key == "dsfield") && part.is_number_unsigned())
        word = hex(part.get<std::uint32_t>());
      line.push_back(std::move(word));
    }
    words rest(std::move(line));
    const auto read = read_rule_part(rest, r);
    if (!read) return wrong(at, read.error());
    if (!read.value()) return wrong(at, "there is no such key; there are family and the words of ip-rule(8)");
    if (const auto end = rest.end(); !end) return wrong(at, "true is expected");
  }
  r.value.family = r.family.value_or(net::family::v4);
  all.add(std::move(r.value));
  return success();
}

class section {
public:
  const char* key;
  result<> (*read)(rtnl::desired&, json, const std::string& path);
};

constexpr section sections[] = {
    {"links", &read_link},
    {"addresses",
     [](rtnl::desired& all, json one, const std::string& path) { return read_address(all, one, path); }},
    {"neighbours",
     [](rtnl::desired& all, json one, const std::string& path) { return read_neighbour(all, one, path); }},
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
