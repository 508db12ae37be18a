// The spawner's end of the protocol: a spawn request of a host that lies.
#include "fuzz/input.hpp"

#include "spawner/birth_way.hpp"
#include "spawner/request.hpp"
#include "spawner/step_list.hpp"

#include <memory>

using namespace linx::spawner;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
  if (size < sizeof(linx::wire::spawn_request)) return 0;
  // The frame says how long it is; the fuzzer need not guess that.
  const auto words = std::make_unique<std::uint64_t[]>((size + 7) / 8);
  std::memcpy(words.get(), data, size);
  auto& head = *reinterpret_cast<linx::wire::spawn_request*>(words.get());
  head.header.length = static_cast<std::uint32_t>(size);
  head.header.version = linx::wire::version;
  head.header.type = linx::wire::frame_type::spawn;

  spawn_view request;
  if (read_spawn({reinterpret_cast<const std::byte*>(words.get()), size}, request) != 0) return 0;
  (void)way_of(request, {});
  step_reader steps(request.body.steps);
  std::size_t seen = 0;
  for (step each; steps.next(each);) seen += each.payload.size;
  if (seen > size) linx::test::differs();
  for (unsigned i = 0; i != request.head->extra_fds; ++i) (void)request.body.target(i);
  if (request.has(linx::wire::fd_role::body)) return 0;
  const char* path = nullptr;
  std::vector<const char*> pointers(std::size_t{request.head->argc} + request.head->envc + 2);
  if (split_strings(request.body.strings, *request.head, path, pointers.data())) (void)std::strlen(path);
  return 0;
}
