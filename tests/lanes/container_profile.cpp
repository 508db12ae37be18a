// Runs a program as a container's default seccomp profile lets it:  container_profile PROGRAM [ARGUMENT...]
//
// What the profiles of Docker, podman and containerd have in common for a container that keeps CAP_SYS_ADMIN
// and CAP_NET_ADMIN: clone3(2) does not exist (its flags are behind a pointer, where no filter can look), and
// neither do the calls that reach into the kernel itself.
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <seccomp.h>
#include <unistd.h>

namespace {

constexpr int refused[] = {
    SCMP_SYS(bpf),
    SCMP_SYS(delete_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(get_mempolicy),
    SCMP_SYS(init_module),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(kcmp),
    SCMP_SYS(kexec_load),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(quotactl),
    SCMP_SYS(swapon),
    SCMP_SYS(userfaultfd),
};

int fail(const char* what, int error)
{
  std::fprintf(stderr, "container_profile: %s: %s\n", what, std::strerror(error));
  return 125;
}

} // namespace

int main(int argc, char** argv)
{
  if (argc < 2) {
    std::fprintf(stderr, "usage: container_profile PROGRAM [ARGUMENT...]\n");
    return 125;
  }
  const scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ALLOW);
  if (!filter) return fail("seccomp_init", ENOMEM);
  // A runtime loads the profile while it still may without no_new_privs (seccomp(2)).
  int error = ::seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, ::geteuid() != 0);
  if (error == 0) error = ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
  for (const int call : refused)
    if (error == 0) error = ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0);
  if (error == 0) error = ::seccomp_load(filter);
  ::seccomp_release(filter);
  if (error != 0) return fail("seccomp_load", -error);
  ::execvp(argv[1], argv + 1);
  return fail(argv[1], errno);
}
