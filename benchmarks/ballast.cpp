#include "ballast.hpp"

#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>

#include <sys/mman.h>

namespace linx::bench {

ballast::ballast(std::size_t bytes) : bytes_(bytes)
{
  memory_ = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory_ == MAP_FAILED) throw std::system_error(errno, std::system_category(), "mmap");
  ::madvise(memory_, bytes, MADV_NOHUGEPAGE); // EINVAL where there are none
  constexpr std::size_t page = 4096;
  for (std::size_t at = 0; at < bytes; at += page) static_cast<volatile char*>(memory_)[at] = 1;
}

ballast::~ballast()
{
  ::munmap(memory_, bytes_);
}

std::size_t memory_available()
{
  std::ifstream info("/proc/meminfo");
  for (std::string word; info >> word;) {
    if (word != "MemAvailable:") continue;
    std::size_t kib = 0;
    info >> kib;
    return kib * 1024;
  }
  return 0;
}

} // namespace linx::bench
