// What the running kernel is, for tests of what came with a version of it.
#pragma once

#include <sys/utsname.h>

#include <cstdio>
#include <utility>

namespace linx::test {

inline bool kernel_is_at_least(int major, int minor)
{
  utsname name{};
  int own_major = 0, own_minor = 0;
  if (::uname(&name) != 0 || std::sscanf(name.release, "%d.%d", &own_major, &own_minor) != 2) return false;
  return std::pair(own_major, own_minor) >= std::pair(major, minor);
}

} // namespace linx::test
