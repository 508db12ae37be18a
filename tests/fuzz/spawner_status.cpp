// What /proc says of a host, which a /proc that somebody made up may say, too.
#include "fuzz/input.hpp"

#include "spawner/task_status.hpp"

using namespace linx::spawner;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
  const auto copy = linx::test::fuzz_input(data, size).copy_of_rest();
  const bytes text{copy.data(), copy.size()};
  task_status status{};
  (void)read_task_status(text, status);
  (void)pid_of_fdinfo(text);
  return 0;
}
