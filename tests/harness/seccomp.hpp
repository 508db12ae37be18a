// A host for which a syscall fails that never fails by itself.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <linux/filter.h>
#include <vector>

namespace linx::test {

// One syscall that a filter refuses, also to all that the process starts.
struct denial {
  long number;              // SYS_*
  int errnum;               // what it fails with; 0: the process that calls it is killed by SIGSYS
  int argument = -1;        // looked at: 0 to 5; -1: none, each call is refused
  std::uint32_t mask = ~0u; // refused if (low half of the argument & mask) == value
  std::uint32_t value = 0;
};

// The program of such a filter.
std::vector<sock_filter> filter_of(std::initializer_list<denial>);

// Installs the filter, with no_new_privs. False if this kernel or a filter around it does not allow that.
[[nodiscard]] bool deny(std::initializer_list<denial>);

// run_in_child() under such a filter; child_skipped where there can be none.
int run_denied(std::initializer_list<denial>, const std::function<int()>& body);

} // namespace linx::test
