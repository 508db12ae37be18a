// Messages of nf_tables that are newer than the headers linx is built with.
#pragma once

#include <linux/netfilter/nf_tables.h>

#include <cstdint>

namespace linx::netfilter::detail {

// enum nf_tables_msg_types of linux 6.3; a NFT_MSG_DESTROY* succeeds whether the object is there or not
inline constexpr std::uint8_t msg_getrule_reset = NFT_MSG_DELFLOWTABLE + 1;
inline constexpr std::uint8_t msg_destroytable = msg_getrule_reset + 1;
inline constexpr std::uint8_t msg_destroychain = msg_getrule_reset + 2;
inline constexpr std::uint8_t msg_destroyrule = msg_getrule_reset + 3;
inline constexpr std::uint8_t msg_destroyset = msg_getrule_reset + 4;
inline constexpr std::uint8_t msg_destroysetelem = msg_getrule_reset + 5;
inline constexpr std::uint8_t msg_destroyobj = msg_getrule_reset + 6;
inline constexpr std::uint8_t msg_destroyflowtable = msg_getrule_reset + 7;

} // namespace linx::netfilter::detail
