// What nf_tables tells: objects, rules with their expressions, generations.
#include "fuzz/input.hpp"

#include "netfilter/decode.hpp"

using namespace linx;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
  const test::fuzz_message message(test::fuzz_input(data, size));
  const auto m = message.view();
  if (const auto e = netfilter::detail::decode_event(m)) (void)to_string(*e);
  (void)netfilter::detail::decode_generation(m);
  return 0;
}
