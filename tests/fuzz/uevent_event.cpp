// Events of devices, which any process may send that has the privilege.
#include "fuzz/input.hpp"

#include <linx/uevent/event.hpp>

using namespace linx;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
  const auto datagram = test::fuzz_input(data, size).copy_of_rest();
  if (const auto e = uevent::event::parse(datagram)) (void)to_string(*e);
  return 0;
}
