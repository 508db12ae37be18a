// Where the programs lie that the benchmarks start, seen from linx-bench itself.
#pragma once

#include <filesystem>
#include <string>

namespace linx::bench {

inline std::string place_of(const char* beside_me)
{
  static const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  return (here / beside_me).lexically_normal().string();
}

/// A program that does nothing but exit.
inline const char* bench_target()
{
  static const auto path = place_of("linx-bench-target");
  return path.c_str();
}

} // namespace linx::bench
