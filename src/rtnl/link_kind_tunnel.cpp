#include "rtnl/kind_codec.hpp"

#include <linux/if_tunnel.h>

namespace linx::rtnl {

namespace {

template <class Kind>
constexpr field<Kind> gre_rows[] = {
    sent<Kind, &Kind::lower, u32>(IFLA_GRE_LINK, "IFLA_GRE_LINK", "lower"),
    sent<Kind, &Kind::input_flags, be16>(IFLA_GRE_IFLAGS, "IFLA_GRE_IFLAGS", "input_flags"),
    sent<Kind, &Kind::output_flags, be16>(IFLA_GRE_OFLAGS, "IFLA_GRE_OFLAGS", "output_flags"),
    sent<Kind, &Kind::input_key, be32>(IFLA_GRE_IKEY, "IFLA_GRE_IKEY", "input_key"),
    sent<Kind, &Kind::output_key, be32>(IFLA_GRE_OKEY, "IFLA_GRE_OKEY", "output_key"),
    sent<Kind, &Kind::local, any_ip>(IFLA_GRE_LOCAL, "IFLA_GRE_LOCAL", "local"),
    sent<Kind, &Kind::remote, any_ip>(IFLA_GRE_REMOTE, "IFLA_GRE_REMOTE", "remote"),
    sent<Kind, &Kind::ttl, u8>(IFLA_GRE_TTL, "IFLA_GRE_TTL", "ttl"),
    sent<Kind, &Kind::tos, u8>(IFLA_GRE_TOS, "IFLA_GRE_TOS", "tos"),
    sent<Kind, &Kind::path_mtu_discovery, u8>(IFLA_GRE_PMTUDISC, "IFLA_GRE_PMTUDISC", "path_mtu_discovery"),
    sent<Kind, &Kind::encap_limit, u8>(IFLA_GRE_ENCAP_LIMIT, "IFLA_GRE_ENCAP_LIMIT", "encap_limit"),
    sent<Kind, &Kind::flow_info, be32>(IFLA_GRE_FLOWINFO, "IFLA_GRE_FLOWINFO", "flow_info"),
    sent<Kind, &Kind::flags, u32>(IFLA_GRE_FLAGS, "IFLA_GRE_FLAGS", "flags"),
    sent<Kind, &Kind::encap_type, u16>(IFLA_GRE_ENCAP_TYPE, "IFLA_GRE_ENCAP_TYPE", "encap_type"),
    sent<Kind, &Kind::encap_flags, u16>(IFLA_GRE_ENCAP_FLAGS, "IFLA_GRE_ENCAP_FLAGS", "encap_flags"),
    sent<Kind, &Kind::encap_source_port, be16>(IFLA_GRE_ENCAP_SPORT, "IFLA_GRE_ENCAP_SPORT",
                                               "encap_source_port"),
    sent<Kind, &Kind::encap_port, be16>(IFLA_GRE_ENCAP_DPORT, "IFLA_GRE_ENCAP_DPORT", "encap_port"),
    fixed<Kind, &Kind::collect_metadata, flag>(IFLA_GRE_COLLECT_METADATA, "IFLA_GRE_COLLECT_METADATA",
                                               "collect_metadata"),
    sent<Kind, &Kind::ignore_df, u8>(IFLA_GRE_IGNORE_DF, "IFLA_GRE_IGNORE_DF", "ignore_df"),
    sent<Kind, &Kind::fwmark, u32>(IFLA_GRE_FWMARK, "IFLA_GRE_FWMARK", "fwmark")};

// sit has its flags in 16 bits, ip6tnl in 32
template <class Kind, class Flags>
constexpr field<Kind> ip_rows[] = {
    sent<Kind, &Kind::lower, u32>(IFLA_IPTUN_LINK, "IFLA_IPTUN_LINK", "lower"),
    sent<Kind, &Kind::local, any_ip>(IFLA_IPTUN_LOCAL, "IFLA_IPTUN_LOCAL", "local"),
    sent<Kind, &Kind::remote, any_ip>(IFLA_IPTUN_REMOTE, "IFLA_IPTUN_REMOTE", "remote"),
    sent<Kind, &Kind::ttl, u8>(IFLA_IPTUN_TTL, "IFLA_IPTUN_TTL", "ttl"),
    sent<Kind, &Kind::tos, u8>(IFLA_IPTUN_TOS, "IFLA_IPTUN_TOS", "tos"),
    sent<Kind, &Kind::encap_limit, u8>(IFLA_IPTUN_ENCAP_LIMIT, "IFLA_IPTUN_ENCAP_LIMIT", "encap_limit"),
    sent<Kind, &Kind::flow_info, be32>(IFLA_IPTUN_FLOWINFO, "IFLA_IPTUN_FLOWINFO", "flow_info"),
    sent<Kind, &Kind::flags, Flags>(IFLA_IPTUN_FLAGS, "IFLA_IPTUN_FLAGS", "flags"),
    sent<Kind, &Kind::protocol, u8>(IFLA_IPTUN_PROTO, "IFLA_IPTUN_PROTO", "protocol"),
    sent<Kind, &Kind::path_mtu_discovery, u8>(IFLA_IPTUN_PMTUDISC, "IFLA_IPTUN_PMTUDISC",
                                              "path_mtu_discovery"),
    sent<Kind, &Kind::prefix_6rd, ip6>(IFLA_IPTUN_6RD_PREFIX, "IFLA_IPTUN_6RD_PREFIX", "prefix_6rd"),
    sent<Kind, &Kind::relay_prefix_6rd, ip4>(IFLA_IPTUN_6RD_RELAY_PREFIX, "IFLA_IPTUN_6RD_RELAY_PREFIX",
                                             "relay_prefix_6rd"),
    sent<Kind, &Kind::prefix_length_6rd, u16>(IFLA_IPTUN_6RD_PREFIXLEN, "IFLA_IPTUN_6RD_PREFIXLEN",
                                              "prefix_length_6rd"),
    sent<Kind, &Kind::relay_prefix_length_6rd, u16>(
        IFLA_IPTUN_6RD_RELAY_PREFIXLEN, "IFLA_IPTUN_6RD_RELAY_PREFIXLEN", "relay_prefix_length_6rd"),
    sent<Kind, &Kind::encap_type, u16>(IFLA_IPTUN_ENCAP_TYPE, "IFLA_IPTUN_ENCAP_TYPE", "encap_type"),
    sent<Kind, &Kind::encap_flags, u16>(IFLA_IPTUN_ENCAP_FLAGS, "IFLA_IPTUN_ENCAP_FLAGS", "encap_flags"),
    sent<Kind, &Kind::encap_source_port, be16>(IFLA_IPTUN_ENCAP_SPORT, "IFLA_IPTUN_ENCAP_SPORT",
                                               "encap_source_port"),
    sent<Kind, &Kind::encap_port, be16>(IFLA_IPTUN_ENCAP_DPORT, "IFLA_IPTUN_ENCAP_DPORT", "encap_port"),
    fixed<Kind, &Kind::collect_metadata, flag>(IFLA_IPTUN_COLLECT_METADATA, "IFLA_IPTUN_COLLECT_METADATA",
                                               "collect_metadata"),
    sent<Kind, &Kind::fwmark, u32>(IFLA_IPTUN_FWMARK, "IFLA_IPTUN_FWMARK", "fwmark")};

} // namespace

constexpr kind_codec gre_codec = detail::codec<kind_data, gre, gre_rows<gre>>("gre");
constexpr kind_codec gretap_codec = detail::codec<kind_data, gretap, gre_rows<gretap>>("gretap");
constexpr kind_codec ip6gre_codec = detail::codec<kind_data, ip6gre, gre_rows<ip6gre>>("ip6gre");
constexpr kind_codec ip6gretap_codec = detail::codec<kind_data, ip6gretap, gre_rows<ip6gretap>>("ip6gretap");
constexpr kind_codec ipip_codec = detail::codec<kind_data, ipip, ip_rows<ipip, u16>>("ipip");
constexpr kind_codec sit_codec = detail::codec<kind_data, sit, ip_rows<sit, u16>>("sit");
constexpr kind_codec ip6tnl_codec = detail::codec<kind_data, ip6tnl, ip_rows<ip6tnl, u32>>("ip6tnl");

} // namespace linx::rtnl
