// The child's end of the protocol: the steps of a STEP or PROCEED frame.
#include "fuzz/input.hpp"

#include "spawner/step_list.hpp"

#include <memory>

using namespace linx::spawner;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
  linx::test::fuzz_input in(data, size);
  const auto allowed = in.take<std::uint8_t>();
  step_rules rules;
  rules.after_marker = (allowed & 1) != 0;
  rules.at_proceed = (allowed & 2) != 0;
  rules.only_simple = (allowed & 4) != 0;
  rules.fds = allowed >> 3;
  const auto rest = in.rest();
  const auto words = std::make_unique<std::uint64_t[]>((rest.size() + 7) / 8);
  if (!rest.empty()) std::memcpy(words.get(), rest.data(), rest.size());
  const bytes list{reinterpret_cast<const std::byte*>(words.get()), rest.size()};
  if (check_steps(list, rules) != 0) return 0;
  step_reader steps(list);
  std::size_t seen = 0;
  unsigned fds = 0;
  for (step each; steps.next(each);) {
    seen += each.payload.size;
    fds += each.fds;
  }
  if (seen > rest.size() || fds != rules.fds) linx::test::differs();
  return 0;
}
