// Tunnels through IP. The words of ip(8) for IPv6 are others than for IPv4.
#include "kind_tables.hpp"

#include <linux/if_tunnel.h>
#include <linux/ip6_tunnel.h>

#include <cstdio>

namespace ip_tool {

namespace rtnl = linx::rtnl;
using rtnl::gre_tunnel;
using rtnl::ip_tunnel;

namespace {

// linux/if_tunnel.h has these in network order
constexpr std::uint16_t bit_checksum = 0x8000;
constexpr std::uint16_t bit_key = 0x2000;
constexpr std::uint16_t bit_sequence = 0x1000;

constexpr choice encap_types[] = {
    {TUNNEL_ENCAP_NONE, "none"}, {TUNNEL_ENCAP_FOU, "fou"}, {TUNNEL_ENCAP_GUE, "gue"}};
constexpr choice v4_protocols[] = {{4, "ipip"}, {41, "ip6ip"}, {137, "mplsip"}, {0, "any"}};
constexpr choice v6_protocols[] = {{4, "ipip6"}, {41, "ip6ip6"}, {0, "any"}};

// What the tunnels have in common, for the tables of both.

/// "any" is the unspecified one, and what has none.
template <auto Member, linx::net::family Family, class Kind>
linx::result<> read_end(Kind& kind, option_words at)
{
  BOOST_OUTCOME_TRY(auto word, at.rest.next("address"));
  if (word == "any") word = Family == linx::net::family::v4 ? "0.0.0.0" : "::";
  const auto address = ip_address::read<linx::net::ip>(word, at.links);
  if (!address || address->family() != Family)
    return not_expected(at.word, word,
                        Family == linx::net::family::v4 ? "an IPv4 address" : "an IPv6 address");
  kind.*Member = *address;
  return linx::success();
}

template <auto Member, class Kind>
void show_end(json& j, std::string_view key, const Kind& kind, const link_names&)
{
  const auto& end = kind.*Member;
  j[std::string(key)] = end && !end->is_unspecified() ? to_string(*end) : "any";
}

template <auto Member, linx::net::family Family, class Kind>
constexpr option<Kind> ended(std::string_view word)
{
  return {word, word, false, &read_end<Member, Family, Kind>, &show_end<Member, Kind>};
}

/// 0 is what the packet inside has.
using hop_limit = or_inherit<small_number, 0>;

template <class Kind>
linx::result<> read_no_encap(Kind& kind, option_words)
{
  kind.encap_type = TUNNEL_ENCAP_NONE;
  return linx::success();
}

template <class Kind>
void show_encap(json& j, std::string_view key, const Kind& kind, const link_names& links)
{
  if (kind.encap_type.value_or(TUNNEL_ENCAP_NONE) == TUNNEL_ENCAP_NONE) return;
  const auto flags = kind.encap_flags.value_or(0);
  j[std::string(key)] = json{{"type", one_of<encap_types>::show(*kind.encap_type, links)},
                             {"sport", kind.encap_source_port.value_or(0)},
                             {"dport", kind.encap_port.value_or(0)},
                             {"csum", (flags & TUNNEL_ENCAP_FLAG_CSUM) != 0},
                             {"csum6", (flags & TUNNEL_ENCAP_FLAG_CSUM6) != 0},
                             {"remcsum", (flags & TUNNEL_ENCAP_FLAG_REMCSUM) != 0}};
}

// Flags and parts of the header of IPv6.

/// Takes the word that stands for a flag where it is the next one; the flag is off where it is not.
template <std::uint32_t Flag, class Kind>
bool take_flag(Kind& kind, words& rest, std::string_view word)
{
  const bool taken = rest.take(word);
  set_bit(kind.flags, Flag, taken);
  return taken;
}

/// "dscp inherit"
template <class Kind>
linx::result<> read_dscp(Kind& kind, option_words at)
{
  if (!at.rest.take("inherit")) return not_expected(at.word, at.rest.peek(), "inherit");
  set_bit(kind.flags, IP6_TNL_F_RCV_DSCP_COPY, true);
  return linx::success();
}

/// A number, or "none".
template <class Kind>
linx::result<> read_encap_limit(Kind& kind, option_words at)
{
  if (take_flag<IP6_TNL_F_IGN_ENCAP_LIMIT>(kind, at.rest, "none")) return linx::success();
  return read_member<&Kind::encap_limit, small_number>(kind, at);
}

template <class Kind>
void show_encap_limit(json& j, std::string_view, const Kind& kind, const link_names& links)
{
  if ((kind.flags.value_or(0) & IP6_TNL_F_IGN_ENCAP_LIMIT) != 0)
    j["ip6_tnl_f_ign_encap_limit"] = true;
  else
    show_member<&Kind::encap_limit, number<>>(j, "encap_limit", kind, links);
}

/// Bits of the first word of the header, or "inherit", which is a flag.
template <class Kind, std::uint32_t Flag, unsigned Shift, std::uint32_t Largest>
class flow_part {
public:
  static linx::result<> read(Kind& kind, option_words at)
  {
    if (take_flag<Flag>(kind, at.rest, "inherit")) return linx::success();
    BOOST_OUTCOME_TRY(const auto word, at.rest.next("number"));
    const auto value = number_of(word, Largest);
    if (!value) return not_expected(at.word, word, number<Largest>::expected() + ", or inherit");
    kind.flow_info = (kind.flow_info.value_or(0) & ~(Largest << Shift)) | (*value << Shift);
    return linx::success();
  }
  static void show(json& j, std::string_view key, const Kind& kind, const link_names&)
  {
    const std::string name(key);
    if ((kind.flags.value_or(0) & Flag) != 0) {
      j["ip6_tnl_f_use_orig_" + name] = true;
      return;
    }
    if (!kind.flow_info) return;
    char digits[16];
    constexpr int width = Largest == UINT8_MAX ? 2 : 5;
    std::snprintf(digits, sizeof digits, "0x%0*x", width, (*kind.flow_info >> Shift) & Largest);
    j[name] = digits;
  }
};
template <class Kind>
using traffic_class = flow_part<Kind, IP6_TNL_F_USE_ORIG_TCLASS, 20, UINT8_MAX>;
template <class Kind>
using flow_label = flow_part<Kind, IP6_TNL_F_USE_ORIG_FLOWLABEL, 0, last_label>;

template <class Kind>
linx::result<> read_mark(Kind& kind, option_words at)
{
  if (take_flag<IP6_TNL_F_USE_ORIG_FWMARK>(kind, at.rest, "inherit")) return linx::success();
  return read_member<&Kind::fwmark, number<>>(kind, at);
}

// GRE

/// A bit of both directions, or of one.
template <std::uint16_t Bit, bool In, bool Out>
linx::result<> read_gre_bit(gre_tunnel& kind, option_words at)
{
  if (In) set_bit(kind.input_flags, Bit, at.on);
  if (Out) set_bit(kind.output_flags, Bit, at.on);
  return linx::success();
}

/// A number, or four with points between them.
template <bool In, bool Out>
linx::result<> read_key(gre_tunnel& kind, option_words at)
{
  if (!at.on) return read_gre_bit<bit_key, In, Out>(kind, at);
  BOOST_OUTCOME_TRY(const auto word, at.rest.next("key"));
  auto key = number_of(word);
  if (const auto quad = linx::net::ip::parse(word); quad && quad.value().is_v4()) {
    key = 0;
    for (const auto byte : quad.value().bytes()) key = (*key << 8) | byte;
  }
  if (!key) return not_expected(at.word, word, "a number, or four with points between them");
  if (In) kind.input_key = key;
  if (Out) kind.output_key = key;
  return read_gre_bit<bit_key, In, Out>(kind, at);
}

template <auto Key, auto Flags>
void show_key(json& j, std::string_view key, const gre_tunnel& kind, const link_names&)
{
  if (((kind.*Flags).value_or(0) & bit_key) == 0 || !(kind.*Key)) return;
  const std::uint32_t value = *(kind.*Key);
  j[std::string(key)] = std::to_string(value >> 24) + '.' + std::to_string(value >> 16 & 0xff) + '.' +
                        std::to_string(value >> 8 & 0xff) + '.' + std::to_string(value & 0xff);
}

/// 2002::/16 and no relay, as it is without an option.
linx::result<> reset_6rd(ip_tunnel& kind, option_words)
{
  kind.prefix_6rd = linx::net::ip(std::array<std::uint8_t, 16>{0x20, 0x02});
  kind.prefix_length_6rd = 16;
  kind.relay_prefix_6rd = linx::net::ip(std::array<std::uint8_t, 4>{});
  kind.relay_prefix_length_6rd = 0;
  return linx::success();
}

template <auto Address, auto Length, linx::net::family Family>
linx::result<> read_6rd(ip_tunnel& kind, option_words at)
{
  BOOST_OUTCOME_TRY(const auto word, at.rest.next("network"));
  const auto network = linx::net::subnet::parse(word);
  if (!network || network.value().address().family() != Family)
    return not_expected(at.word, word,
                        Family == linx::net::family::v4 ? "an IPv4 network" : "an IPv6 network");
  kind.*Address = network.value().address();
  kind.*Length = static_cast<std::uint16_t>(network.value().prefix());
  return linx::success();
}

void show_6rd(json& j, std::string_view, const ip_tunnel& kind, const link_names&)
{
  if (!kind.prefix_6rd || kind.prefix_length_6rd.value_or(0) == 0) return;
  j["prefix"] = to_string(*kind.prefix_6rd);
  j["prefixlen"] = *kind.prefix_length_6rd;
  if (!kind.relay_prefix_6rd || kind.relay_prefix_6rd->is_unspecified()) return;
  j["relay_prefix"] = to_string(*kind.relay_prefix_6rd);
  j["relay_prefixlen"] = kind.relay_prefix_length_6rd.value_or(0);
}

// Rows that several tables have.

using linx::net::family;

template <class Kind, std::size_t... Sizes>
constexpr auto joined(const std::array<option<Kind>, Sizes>&... parts)
{
  std::array<option<Kind>, (Sizes + ...)> all{};
  auto at = all.begin();
  ((at = std::copy(parts.begin(), parts.end(), at)), ...);
  return all;
}

template <class Kind, family Family>
constexpr std::array ends{
    flagged<&Kind::collect_metadata, unless_zero<on_off>, Kind>("external"),
    ended<&Kind::remote, Family, Kind>("remote"),
    ended<&Kind::local, Family, Kind>("local"),
    valued<&Kind::lower, device, Kind>("dev", "link"),
};

template <class Kind>
constexpr std::array v4_header{
    valued<&Kind::ttl, hop_limit, Kind>("ttl"),
    valued<&Kind::tos, service, Kind>("tos"),
    flagged<&Kind::path_mtu_discovery, on_off, Kind>("pmtudisc"),
    valued<&Kind::fwmark, unless_zero<hexadecimal<>>, Kind>("fwmark"),
};

template <class Kind>
constexpr std::array v6_header{
    valued<&Kind::ttl, hop_limit, Kind>("hoplimit", "ttl"),
    valued<&Kind::ttl, hop_limit, Kind>("ttl", ""),
    option<Kind>{"encaplimit", "encap_limit", false, &read_encap_limit<Kind>, &show_encap_limit<Kind>},
    option<Kind>{"tclass", "tclass", false, &traffic_class<Kind>::read, &traffic_class<Kind>::show},
    option<Kind>{"flowlabel", "flowlabel", false, &flow_label<Kind>::read, &flow_label<Kind>::show},
    option<Kind>{"dscp", "ip6_tnl_f_rcv_dscp_copy", false, &read_dscp<Kind>,
                 &show_bit<&Kind::flags, IP6_TNL_F_RCV_DSCP_COPY, Kind>},
    flag_bit<&Kind::flags, IP6_TNL_F_ALLOW_LOCAL_REMOTE, Kind>("allow-localremote",
                                                               "ip6_tnl_f_allow_local_remote"),
    option<Kind>{"", "ip6_tnl_f_mip6_dev", false, nullptr, &show_bit<&Kind::flags, IP6_TNL_F_MIP6_DEV, Kind>},
    option<Kind>{"", "ip6_tnl_f_use_orig_fwmark", false, nullptr,
                 &show_bit<&Kind::flags, IP6_TNL_F_USE_ORIG_FWMARK, Kind>},
    option<Kind>{"fwmark", "fwmark", false, &read_mark<Kind>,
                 &show_member<&Kind::fwmark, unless_zero<hexadecimal<>>, Kind>},
};

template <class Kind>
constexpr std::array encapsulated{
    option<Kind>{"encap", "encap", false, &read_member<&Kind::encap_type, one_of<encap_types>, Kind>,
                 &show_encap<Kind>},
    option<Kind>{"noencap", "", true, &read_no_encap<Kind>, nullptr},
    valued<&Kind::encap_source_port, port_number, Kind>("encap-sport", ""),
    valued<&Kind::encap_port, port_number, Kind>("encap-dport", ""),
    flag_bit<&Kind::encap_flags, TUNNEL_ENCAP_FLAG_CSUM, Kind>("encap-csum", ""),
    flag_bit<&Kind::encap_flags, TUNNEL_ENCAP_FLAG_CSUM6, Kind>("encap-csum6", ""),
    flag_bit<&Kind::encap_flags, TUNNEL_ENCAP_FLAG_REMCSUM, Kind>("encap-remcsum", ""),
};

constexpr auto input = &gre_tunnel::input_flags;
constexpr auto output = &gre_tunnel::output_flags;

constexpr std::array gre_header{
    option<gre_tunnel>{"key", "", true, &read_key<true, true>, nullptr},
    option<gre_tunnel>{"ikey", "ikey", true, &read_key<true, false>,
                       &show_key<&gre_tunnel::input_key, input>},
    option<gre_tunnel>{"okey", "okey", true, &read_key<false, true>,
                       &show_key<&gre_tunnel::output_key, output>},
    option<gre_tunnel>{"seq", "", true, &read_gre_bit<bit_sequence, true, true>, nullptr},
    flag_bit<input, bit_sequence>("iseq"),
    flag_bit<output, bit_sequence>("oseq"),
    option<gre_tunnel>{"csum", "", true, &read_gre_bit<bit_checksum, true, true>, nullptr},
    flag_bit<input, bit_checksum>("icsum"),
    flag_bit<output, bit_checksum>("ocsum"),
    flagged<&gre_tunnel::ignore_df, unless_zero<on_off>>("ignore-df", "ignore_df"),
};

constexpr auto gre_options =
    joined(ends<gre_tunnel, family::v4>, v4_header<gre_tunnel>, gre_header, encapsulated<gre_tunnel>);
constexpr auto ip6gre_options =
    joined(ends<gre_tunnel, family::v6>, v6_header<gre_tunnel>, gre_header, encapsulated<gre_tunnel>);

constexpr std::array ipip_mode{valued<&ip_tunnel::protocol, one_of<v4_protocols>>("mode", "proto")};
constexpr std::array ip6tnl_mode{valued<&ip_tunnel::protocol, one_of<v6_protocols>>("mode", "proto")};
constexpr std::array sit_header{
    flag_bit<&ip_tunnel::flags, SIT_ISATAP, ip_tunnel>("isatap"),
    option<ip_tunnel>{"6rd-prefix", "", false,
                      &read_6rd<&ip_tunnel::prefix_6rd, &ip_tunnel::prefix_length_6rd, family::v6>,
                      &show_6rd},
    option<ip_tunnel>{
        "6rd-relay_prefix", "", false,
        &read_6rd<&ip_tunnel::relay_prefix_6rd, &ip_tunnel::relay_prefix_length_6rd, family::v4>, nullptr},
    option<ip_tunnel>{"6rd-reset", "", true, &reset_6rd, nullptr},
};

constexpr auto ipip_options =
    joined(ipip_mode, ends<ip_tunnel, family::v4>, v4_header<ip_tunnel>, encapsulated<ip_tunnel>);
constexpr auto sit_options =
    joined(ipip_mode, ends<ip_tunnel, family::v4>, v4_header<ip_tunnel>, sit_header, encapsulated<ip_tunnel>);
constexpr auto ip6tnl_options =
    joined(ip6tnl_mode, ends<ip_tunnel, family::v6>, v6_header<ip_tunnel>, encapsulated<ip_tunnel>);

// Without them the kernel takes 0 for the first two, with which a packet is neither sent far nor wrapped
// twice.
template <class Kind>
void as_ip_asks(Kind& kind)
{
  kind.ttl = 64;
  kind.encap_limit = 4;
  kind.encap_flags = TUNNEL_ENCAP_FLAG_CSUM6;
  if constexpr (std::is_same_v<Kind, rtnl::ip6tnl>) kind.protocol = 41; // IPPROTO_IPV6
}

} // namespace

constexpr link_kind gre_kind = link_kind_by_table<rtnl::gre, gre_options>("gre");
constexpr link_kind gretap_kind = link_kind_by_table<rtnl::gretap, gre_options>("gretap");
constexpr link_kind ip6gre_kind =
    link_kind_by_table<rtnl::ip6gre, ip6gre_options, &as_ip_asks<rtnl::ip6gre>>("ip6gre");
constexpr link_kind ip6gretap_kind =
    link_kind_by_table<rtnl::ip6gretap, ip6gre_options, &as_ip_asks<rtnl::ip6gretap>>("ip6gretap");
constexpr link_kind ipip_kind = link_kind_by_table<rtnl::ipip, ipip_options>("ipip");
constexpr link_kind sit_kind = link_kind_by_table<rtnl::sit, sit_options>("sit");
constexpr link_kind ip6tnl_kind =
    link_kind_by_table<rtnl::ip6tnl, ip6tnl_options, &as_ip_asks<rtnl::ip6tnl>>("ip6tnl");

} // namespace ip_tool
