// The program as a file and as a process: what its speed and its safety rest on.
#include "spawner/client.hpp"
#include "spawner/layout.hpp"

#include <elf.h>

#include <sstream>

BOOST_AUTO_TEST_SUITE(spawner_image_kernel)

namespace {

using namespace linx::test::spawner;
namespace layout = linx::spawner::layout;

// No interpreter, nothing writable: a global variable would be a private dirty page that each fork copies.
BOOST_AUTO_TEST_CASE(the_file_is_one_read_only_segment)
{
  const std::string file = read_file(spawner_path());
  BOOST_TEST_REQUIRE(file.size() > sizeof(Elf64_Ehdr));
  BOOST_TEST(file.size() < 64u * 1024);
  Elf64_Ehdr header;
  std::memcpy(&header, file.data(), sizeof header);
  BOOST_TEST(header.e_type == ET_EXEC);
  unsigned loaded = 0;
  for (unsigned i = 0; i != header.e_phnum; ++i) {
    Elf64_Phdr segment;
    std::memcpy(&segment, file.data() + header.e_phoff + i * sizeof segment, sizeof segment);
    BOOST_TEST(segment.p_type != static_cast<unsigned>(PT_INTERP));
    BOOST_TEST(segment.p_type != static_cast<unsigned>(PT_DYNAMIC));
    if (segment.p_type != PT_LOAD) continue;
    ++loaded;
    BOOST_TEST(segment.p_flags == static_cast<unsigned>(PF_R | PF_X));
    BOOST_TEST(segment.p_vaddr == layout::image);
    BOOST_TEST(segment.p_memsz <= layout::image_room);
  }
  BOOST_TEST(loaded == 1u);
}

// The running program has its own few mappings, and the kernel's stack and vDSO no more. A parked child has
// what it needs of them: not the spawner's state.
BOOST_AUTO_TEST_CASE(fork_has_little_to_copy)
{
  program spawner;
  parked_child child(spawner, request(1));
  const auto count = [](int pid, bool& has_own_state) {
    std::istringstream maps(read_file("/proc/" + std::to_string(pid) + "/maps"));
    unsigned lines = 0;
    has_own_state = false;
    for (std::string line; std::getline(maps, line); ++lines) {
      BOOST_TEST(line.find("[stack]") == std::string::npos);
      BOOST_TEST(line.find("[vdso]") == std::string::npos);
      has_own_state = has_own_state || std::stoull(line, nullptr, 16) == layout::own;
      if (line.find("[vsyscall]") != std::string::npos) --lines; // of the kernel, in every process
    }
    return lines;
  };
  if (is_closed_to_us(spawner.pid())) return;
  bool has_own_state = false;
  BOOST_TEST(count(spawner.pid(), has_own_state) == 4u); // image, child stack, request area, own
  BOOST_TEST(has_own_state);
  BOOST_TEST(count(child.pid(), has_own_state) == 3u); // image, stack, its slot
  BOOST_TEST(!has_own_state);
  child.run();
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
