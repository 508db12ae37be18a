#include "harness/seccomp.hpp"

#include "harness/namespaces.hpp"

#include <cstddef>
#include <linux/seccomp.h>
#include <sys/prctl.h>

namespace linx::test {

std::vector<sock_filter> filter_of(std::initializer_list<denial> all)
{
  std::vector<sock_filter> code;
  for (const denial& each : all) {
    const unsigned action = each.errnum == 0
                                ? SECCOMP_RET_KILL_PROCESS
                                : SECCOMP_RET_ERRNO | (static_cast<unsigned>(each.errnum) & SECCOMP_RET_DATA);
    const bool looks = each.argument >= 0;
    code.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
    code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(each.number), 0,
                            static_cast<__u8>(looks ? 4 : 1)));
    if (looks) {
      const auto at = offsetof(seccomp_data, args) + static_cast<unsigned>(each.argument) * sizeof(__u64);
      code.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(at))); // little-endian
      code.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, each.mask));
      code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, each.value, 0, 1));
    }
    code.push_back(BPF_STMT(BPF_RET | BPF_K, action));
  }
  code.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  return code;
}

bool deny(std::initializer_list<denial> all)
{
  std::vector<sock_filter> code = filter_of(all);
  const sock_fprog filter{static_cast<unsigned short>(code.size()), code.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

int run_denied(std::initializer_list<denial> all, const std::function<int()>& body)
{
  return run_in_child([&] { return deny(all) ? body() : child_skipped; });
}

} // namespace linx::test
