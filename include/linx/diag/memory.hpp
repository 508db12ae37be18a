/// The memory that a socket holds.
#pragma once

#include <linx/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace linx::diag {

/// SK_MEMINFO_* of linux/sock_diag.h, in bytes unless another unit is given. What an older kernel does not
/// send is 0.
class memory {
public:
  std::uint32_t receive_allocated = 0; ///< RMEM_ALLOC
  std::uint32_t receive_buffer = 0;    ///< RCVBUF, SO_RCVBUF
  std::uint32_t send_allocated = 0;    ///< WMEM_ALLOC
  std::uint32_t send_buffer = 0;       ///< SNDBUF, SO_SNDBUF
  std::uint32_t forward_allocated = 0; ///< FWD_ALLOC
  std::uint32_t send_queued = 0;       ///< WMEM_QUEUED
  std::uint32_t options = 0;           ///< OPTMEM
  std::uint32_t backlog = 0;           ///< BACKLOG
  std::uint32_t drops = 0;             ///< packets dropped for want of room

  LINX_API static memory decode(std::span<const std::byte>) noexcept;

  friend bool operator==(const memory&, const memory&) = default;
};

/// "skmem:(r0,rb131072,t0,tb16384,f0,w0,o0,bl0,d0)", as ss(8) prints it.
LINX_API std::string to_string(const memory&);

} // namespace linx::diag
