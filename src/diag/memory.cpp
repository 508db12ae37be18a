#include <linx/diag/memory.hpp>

#include <linx/netlink/attribute.hpp>

#include <array>

#include <linux/sock_diag.h>

namespace linx::diag {

memory memory::decode(std::span<const std::byte> bytes) noexcept
{
  const auto v = netlink::read_struct<std::array<std::uint32_t, SK_MEMINFO_VARS>>(bytes);
  memory m;
  m.receive_allocated = v[SK_MEMINFO_RMEM_ALLOC];
  m.receive_buffer = v[SK_MEMINFO_RCVBUF];
  m.send_allocated = v[SK_MEMINFO_WMEM_ALLOC];
  m.send_buffer = v[SK_MEMINFO_SNDBUF];
  m.forward_allocated = v[SK_MEMINFO_FWD_ALLOC];
  m.send_queued = v[SK_MEMINFO_WMEM_QUEUED];
  m.options = v[SK_MEMINFO_OPTMEM];
  m.backlog = v[SK_MEMINFO_BACKLOG];
  m.drops = v[SK_MEMINFO_DROPS];
  return m;
}

std::string to_string(const memory& m)
{
  return "skmem:(r" + std::to_string(m.receive_allocated) + ",rb" + std::to_string(m.receive_buffer) + ",t" +
         std::to_string(m.send_allocated) + ",tb" + std::to_string(m.send_buffer) + ",f" +
         std::to_string(m.forward_allocated) + ",w" + std::to_string(m.send_queued) + ",o" +
         std::to_string(m.options) + ",bl" + std::to_string(m.backlog) + ",d" + std::to_string(m.drops) + ")";
}

} // namespace linx::diag
