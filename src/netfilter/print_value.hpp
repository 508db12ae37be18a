// Values in registers and sets, as nft(8) writes them.
#pragma once

#include <linx/netfilter/data.hpp>
#include <linx/netfilter/family.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace linx::netfilter::detail {

/// "ipv4_addr", "inet_service"; a type that linx does not know is its number.
std::string type_name(std::uint32_t key_type);

/// A key of a set of that type; hexadecimal where the type is not known or the length is not the type's.
std::string key_text(std::uint32_t key_type, const data&);

/// `0x00ff`, all bytes; "0x" of nothing.
std::string hex(std::span<const std::byte>);

/// "10.0.0.1", "fe80::1"; hexadecimal if it has the length of no address.
std::string address_text(const data&);

/// "tcp", "icmp", or the number.
std::string protocol_name(std::uint64_t ip_protocol);

/// Characters up to the first NUL, quoted; with a `*` behind them if there is no NUL within the `field` bytes
/// of a full value: that is how nf_tables compares a prefix.
std::string text_value(const data&, std::size_t field);

/// "established,related"; bits without a name are added as a number.
std::string state_names(std::uint64_t bits);

} // namespace linx::netfilter::detail
