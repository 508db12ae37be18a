// Families, ethtool's answers and WireGuard devices.
#include "fuzz/input.hpp"

#include "genl/wireguard_codec.hpp"

#include <linx/genl/ethtool_link.hpp>
#include <linx/genl/ethtool_settings.hpp>
#include <linx/genl/ethtool_statistics.hpp>
#include <linx/genl/family.hpp>

using namespace linx;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
  namespace ethtool = genl::ethtool;
  const test::fuzz_message message(test::fuzz_input(data, size));
  const auto m = message.view();
  (void)genl::family::decode(m);
  genl::wireguard::device_assembler device; // of two messages
  device.absorb(m);
  device.absorb(m);
  (void)to_string(device.value());
  if (const auto v = ethtool::features::decode(m)) (void)to_string(*v);
  (void)ethtool::features_outcome::decode(m);
  if (const auto v = ethtool::link_modes::decode(m)) (void)to_string(*v);
  if (const auto v = ethtool::link_state::decode(m)) (void)to_string(*v);
  if (const auto v = ethtool::statistics::decode(m)) (void)to_string(*v);
  if (const auto v = ethtool::rings::decode(m)) (void)to_string(*v);
  if (const auto v = ethtool::channels::decode(m)) (void)to_string(*v);
  if (const auto v = ethtool::coalescing::decode(m)) (void)to_string(*v);
  return 0;
}
