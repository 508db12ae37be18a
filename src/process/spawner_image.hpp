/// The bytes of linx-spawner, embedded in the library so that an embedding program has no helper to lose.
#pragma once

#include <cstddef>
#include <span>

namespace linx::detail {

/// The whole ELF file, to be written to a memory file and run by execveat(2). Lives as long as the program.
std::span<const std::byte> spawner_image() noexcept;

/// Where `cmake --install` puts the same program, for where vm.memfd_noexec=2 forbids to run memory files.
const char* spawner_installed_path() noexcept;

} // namespace linx::detail
