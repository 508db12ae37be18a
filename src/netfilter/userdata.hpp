// What user space programs leave with the objects of nf_tables for one another: comments, above all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace linx::netfilter::detail {

/// Most bytes of a comment without its terminating NUL: nft(8) refuses to list a longer one
/// (NFTNL_UDATA_COMMENT_MAXLEN of libnftnl/udata.h).
inline constexpr std::size_t max_comment = 127;

/// The userdata of libnftnl: one byte of type, one byte of length, value. The kernel keeps it and never looks
/// inside.
class userdata {
public:
  void put_string(std::uint8_t type,
                  std::string_view text); ///< with its NUL, which must fit the one byte of length
  void put_u32(std::uint8_t type, std::uint32_t value);
  std::span<const std::byte> bytes() const noexcept { return bytes_; }

private:
  std::vector<std::byte> bytes_;
};

/// The text of that type in userdata that came from the kernel, "" if there is none. Anybody may have written
/// anything there.
std::string find_text(std::span<const std::byte> userdata, std::uint8_t type);

} // namespace linx::netfilter::detail
