// Memory that a host has in use: what fork(2) would copy the page tables of.
#pragma once

#include <cstddef>

namespace linx::bench {

constexpr std::size_t gib = std::size_t{1} << 30;

// Touched pages of 4 KiB, the usual case; given back when it goes. Throws std::system_error.
class ballast {
public:
  explicit ballast(std::size_t bytes);
  ~ballast();
  ballast(const ballast&) = delete;
  ballast& operator=(const ballast&) = delete;

private:
  void* memory_;
  std::size_t bytes_;
};

// MemAvailable of /proc/meminfo.
std::size_t memory_available();

} // namespace linx::bench
