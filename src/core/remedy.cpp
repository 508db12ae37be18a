// What a person can do about an error. Sources: man pages clone(2), setns(2), user_namespaces(7), execve(2),
// mount(2), pivot_root(2), capabilities(7), seccomp(2), landlock(7), setrlimit(2), sched_setattr(2),
// cgroups(7), time_namespaces(7), netlink(7), rtnetlink(7), and the kernel's net/netlink and net/netfilter
// for what those omit.

#include <linx/core/error.hpp>

#include <cerrno>

namespace linx {
namespace {

struct advice {
  stage where; // none: at any stage
  int errnum;
  std::string_view text;
};

// The first match counts: what is said about a stage stands before what is said about an errno anywhere.
constexpr advice about_errno[] = {
    // any descriptor
    {stage::open, ESRCH, "the process has ended"},
    {stage::open, EPROTONOSUPPORT, "this kernel lacks the protocol: load its module, e.g. nfnetlink"},
    {stage::open, EAFNOSUPPORT, "this kernel lacks the address family"},
    {stage::open, ENOENT, "check the spelling, and in which mount namespace the path is looked up"},
    {stage::open, EACCES, "every directory on the path must be searchable by this user"},
    {stage::open, ENXIO, "nobody reads the FIFO, or there is no such device"},
    {stage::configure, EPERM,
     "a larger buffer than net.core.rmem_max or wmem_max needs CAP_NET_ADMIN in the initial user namespace"},
    {stage::bind, EPERM, "this multicast group needs CAP_NET_ADMIN in the network namespace"},
    {stage::bind, EADDRINUSE, "the address is taken: leave the port to the kernel"},
    {stage::send, EMSGSIZE,
     "the message exceeds the send buffer: raise it, or net.core.wmem_max, or split it"},
    {stage::send, ENOBUFS,
     "the message exceeds the send buffer: raise it, or net.core.wmem_max, or split it"},
    {stage::send, ECONNREFUSED, "nobody listens at that netlink port: its module may not be loaded"},
    {stage::receive, ENOBUFS, "messages were lost: read faster or raise the receive buffer, then list again"},

    // netlink
    {stage::kernel, EPERM, "this needs CAP_NET_ADMIN in the user namespace that owns the network namespace"},
    {stage::kernel, ENODEV, "no interface of that name or index in this network namespace"},
    {stage::kernel, EEXIST, "it exists already: replace it, or delete it first"},
    {stage::kernel, ESRCH, "there is no such object to change or delete in this network namespace"},
    {stage::kernel, ENETUNREACH,
     "the gateway must be reachable first: an address or route on a link that is up"},
    {stage::kernel, EHOSTUNREACH,
     "the gateway must be reachable first: an address or route on a link that is up"},
    {stage::kernel, ENETDOWN, "set the link up first"},
    {stage::kernel, EADDRNOTAVAIL, "the address is not assigned in this network namespace"},
    {stage::kernel, EOPNOTSUPP, "this kernel does not support it, or the module for it is not loaded"},
    {stage::kernel, EAFNOSUPPORT, "this kernel lacks the address family: its module may not be loaded"},
    {stage::kernel, EPROTONOSUPPORT, "this kernel lacks the protocol: its module may not be loaded"},
    {stage::kernel, EBUSY, "it is in use: something still refers to it, or another listing is running"},
    {stage::kernel, ENFILE, "the device holds as many entries as it can"},
    {stage::commit, EPERM,
     "this needs CAP_NET_ADMIN in the network namespace, and a table with an owner yields to nobody else"},
    {stage::commit, ENOENT,
     "the table, chain, set or rule referred to does not exist: create it in the same batch"},
    {stage::commit, EEXIST, "it exists already with other properties: delete it in the same batch"},
    {stage::commit, EBUSY, "a rule or a map element still refers to it: delete those first"},
    {stage::commit, ELOOP, "the jumps between chains form a loop"},
    {stage::commit, EMLINK, "chains jump more than 16 levels deep"},
    {stage::commit, EOPNOTSUPP, "this kernel lacks the expression, the hook or the set type"},
    {stage::commit, ENOSPC, "the set is full: raise its size"},
    {stage::commit, ERESTART, "the ruleset changed meanwhile: pull it again and diff anew"},

    // the host's side of a process
    {stage::spawner_start, ENOENT, "linx-spawner needs /dev/null"},
    {stage::spawner_start, EACCES,
     "lower vm.memfd_noexec, or install linx-spawner and have CAP_SYS_ADMIN, to run it from a read-only "
     "mount"},
    {stage::memfd, EACCES, "vm.memfd_noexec forbids executable memory files"},
    {stage::fd_pass, EBADF, "the numbers of descriptors must be below RLIMIT_NOFILE"},
    {stage::fd_pass, ETOOMANYREFS, "too many descriptors are in flight: raise RLIMIT_NOFILE"},
    {stage::posix_openpt, ENOENT, "mount a devpts file system and link /dev/ptmx to its ptmx"},
    {stage::posix_openpt, EACCES, "mount devpts with ptmxmode=0666"},
    {stage::posix_openpt, ENOSPC, "all terminals are taken: raise kernel.pty.max or the devpts option max="},
    {stage::signal, ESRCH, "the process has ended"},
    {stage::signal, EPERM, "the process belongs to another user: this needs CAP_KILL"},

    // between clone and execve
    {stage::clone, EAGAIN,
     "a limit on processes is reached: RLIMIT_NPROC, pids.max of the cgroup or kernel.pid_max"},
    {stage::fork, EAGAIN,
     "a limit on processes is reached: RLIMIT_NPROC, pids.max of the cgroup or kernel.pid_max"},
    {stage::clone, ENOMEM,
     "memory is short, or the pid namespace to start in has lost its init: nothing starts in it any more"},
    {stage::clone, EPERM, "new namespaces need CAP_SYS_ADMIN: unshare the user namespace as well"},
    {stage::clone, ENOSPC, "namespaces are nested too deep, or /proc/sys/user/max_*_namespaces is reached"},
    {stage::clone, EUSERS, "namespaces are nested too deep, or /proc/sys/user/max_*_namespaces is reached"},
    {stage::clone, EINVAL, "this kernel lacks one of the namespaces, or does not allow their combination"},
    {stage::timens, EACCES,
     "clock offsets can only be set before the first process enters the time namespace"},
    {stage::timens, ERANGE, "the offset would make the clock negative or too large"},
    {stage::timens, EPERM, "clock offsets need CAP_SYS_TIME: unshare the user namespace as well"},
    {stage::setgroups, EPERM,
     "this needs CAP_SETGID, and setgroups must not be denied in the user namespace"},
    {stage::uid_map, EPERM,
     "without CAP_SETUID in the parent user namespace only one's own uid can be mapped; subuids need "
     "newuidmap"},
    {stage::gid_map, EPERM,
     "without CAP_SETGID in the parent user namespace only one's own gid can be mapped, once setgroups is "
     "denied"},
    {stage::uid_map, EINVAL, "ranges must not overlap nor be empty, and 340 lines are the most"},
    {stage::gid_map, EINVAL, "ranges must not overlap nor be empty, and 340 lines are the most"},
    {stage::ids, EINVAL, "the id is not mapped in the child's user namespace: ask for one that is"},
    {stage::ids, EPERM, "this needs CAP_SETUID and CAP_SETGID in the child's user namespace"},
    {stage::ids, EAGAIN, "that user is at its limit of processes: RLIMIT_NPROC"},
    {stage::groups, EINVAL,
     "a group is not mapped in the child's user namespace, or there are more than 65536"},
    {stage::groups, EPERM, "this needs CAP_SETGID, and setgroups must not be denied in the user namespace"},
    {stage::hostname, EPERM, "this needs CAP_SYS_ADMIN over the UTS namespace: unshare it"},
    {stage::hostname, EINVAL, "a host name is at most 64 bytes long"},
    {stage::connect_unix, ECONNREFUSED, "nobody listens at that socket any more"},
    {stage::connect_unix, ENOENT, "the socket does not exist in the host's mount namespace"},
    {stage::connect_unix, EAGAIN, "the listener's queue is full: it must accept faster, or listen with more"},
    {stage::connect_unix, EPROTOTYPE, "the listener is no stream socket"},
    {stage::connect_unix, EACCES, "connecting needs write access to the socket"},
    {stage::chdir, ENOENT, "the path is looked up in the child's root"},
    {stage::chdir, EACCES, "every directory on the path must be searchable by the child's user"},
    {stage::rlimit, EPERM,
     "raising a hard limit needs CAP_SYS_RESOURCE in the initial user namespace; nofile goes up to "
     "fs.nr_open"},
    {stage::rlimit, EINVAL, "the soft limit must not exceed the hard one"},
    {stage::sched, EPERM, "a real-time policy needs CAP_SYS_NICE or RLIMIT_RTPRIO"},
    {stage::sched, EINVAL,
     "no CPU of the mask is online and allowed by the cpuset, or the priority is out of range"},
    {stage::sched, EBUSY, "there is no deadline bandwidth left: see sched_rt_runtime_us"},
    {stage::nice, EACCES, "a higher priority needs CAP_SYS_NICE or RLIMIT_NICE"},
    {stage::nice, EPERM, "a higher priority needs CAP_SYS_NICE or RLIMIT_NICE"},
    {stage::oom_score_adj, EACCES, "a lower score needs CAP_SYS_RESOURCE"},
    {stage::session, EPERM, "a group must be there already, in the session of the child"},
    {stage::keyring, EACCES, "there is a keyring of that name, and this user may not join it"},
    {stage::keyring, EDQUOT, "the user's keys are used up: see /proc/sys/kernel/keys"},
    {stage::securebits, EPERM, "this needs CAP_SETPCAP, and a locked bit stays"},
    {stage::cap_drop_bounding, EPERM, "this needs CAP_SETPCAP in the child's user namespace"},
    {stage::cap_set_thread, EPERM,
     "a thread can only keep or drop what is in its permitted and bounding sets"},
    {stage::cap_set_ambient, EINVAL, "this kernel does not know one of the capabilities"},
    {stage::cap_set_ambient, EPERM, "an ambient capability must be permitted and inheritable first"},
    {stage::cgroup, EBADF, "the descriptor is no directory of a cgroup v2"},
    {stage::cgroup, ENODEV, "the cgroup was removed"},
    {stage::cgroup, EACCES,
     "moving needs write access to cgroup.procs of both cgroups' common ancestor: delegate it"},
    {stage::cgroup, EBUSY, "the cgroup has controllers enabled for its children: use a leaf of it"},
    {stage::cgroup, EOPNOTSUPP, "the cgroup is in the \"domain invalid\" state: see its cgroup.type"},
    {stage::cgroup, ENOENT,
     "it is no cgroup v2, or was removed, or its controller is not enabled in the parent"},
    {stage::mount, EPERM,
     "this needs CAP_SYS_ADMIN over the mount namespace, and flags that came with a mount stay locked"},
    {stage::mount, ENODEV, "this kernel does not know the file system: its module may not be loaded"},
    {stage::mount, EINVAL, "an option the file system does not know, or the source is no mount point"},
    {stage::mount, ENOENT, "source or target does not exist in the child's mount namespace"},
    {stage::mount, EBUSY, "the target is in use"},
    {stage::pivot_root, EINVAL, "the new root must be a mount point, and no mount involved may be shared"},
    {stage::pivot_root, EBUSY, "the new root is on the mount of the current root: bind it to itself first"},
    {stage::pivot_root, EPERM, "this needs CAP_SYS_ADMIN over the mount namespace"},
    {stage::sysctl, ENOENT,
     "this kernel has no such key, or not in this namespace: its module may not be loaded"},
    {stage::sysctl, EACCES, "the key is not writable here: most keys belong to the initial namespaces"},
    {stage::sysctl, EPERM, "the key is not writable here: most keys belong to the initial namespaces"},
    {stage::sysctl, EXDEV,
     "/proc/sys in the child's root is no proc file system, or the key is mounted over"},
    {stage::sysctl, EROFS, "/proc/sys is mounted read-only here"},
    {stage::sysctl, EINVAL, "the kernel does not accept this value"},
    {stage::landlock, ENOSYS, "landlock needs kernel 5.13"},
    {stage::landlock, EOPNOTSUPP, "landlock is not enabled: add it to the boot parameter lsm="},
    {stage::landlock, EPERM, "set no_new_privs first"},
    {stage::landlock, EBADFD, "the descriptor is no landlock ruleset"},
    {stage::landlock, E2BIG, "16 landlock layers are the most"},
    {stage::seccomp_install, EACCES, "set no_new_privs first, or hold CAP_SYS_ADMIN"},
    {stage::seccomp_install, EINVAL,
     "the filter is no valid program: 1 to 4096 instructions that all return"},
    {stage::seccomp_install, EBUSY, "another filter already has the listener"},
    {stage::execve, ENOENT,
     "the path is looked up in the child's root, and so is the interpreter the file names"},
    {stage::execve, EACCES, "the file must be executable by the child's user and not on a mount with noexec"},
    {stage::execve, ENOEXEC, "the file is no program for this machine and does not begin with #!"},
    {stage::execve, ETXTBSY, "somebody has the file open for writing"},
    {stage::execve, E2BIG,
     "arguments and environment exceed a quarter of RLIMIT_STACK, or one exceeds 128 KiB"},
    {stage::execve, ELOOP, "too many symbolic links, or interpreters of interpreters"},
    {stage::execve, EPERM, "a set-user-ID program cannot be executed here: no_new_privs, nosuid or a tracer"},
    {stage::execve, EAGAIN, "that user is at its limit of processes: RLIMIT_NPROC"},

    // anywhere
    {stage::none, EMFILE, "too many open descriptors: raise RLIMIT_NOFILE"},
    {stage::none, ENFILE, "too many open files in the system: raise fs.file-max"},
    {stage::none, ENOSYS, "this kernel lacks the syscall, or a seccomp filter hides it"},
};

constexpr stage first_open_ns = stage::open_ns_user;
constexpr stage last_open_ns = stage::open_ns_pid;
constexpr stage first_setns = stage::setns_user;
constexpr stage last_setns = stage::setns_pid;

constexpr bool between(stage s, stage first, stage last) noexcept
{
  return first <= s && s <= last;
}

std::string_view about_namespace(stage where, int errnum) noexcept
{
  if (between(where, first_open_ns, last_open_ns)) {
    switch (errnum) {
    case ENOENT:
      return "no such path, this kernel lacks the namespace, or the process has ended";
    case ESRCH:
      return "the process has ended";
    case EACCES:
    case EPERM:
      return "looking into the process needs its user, or CAP_SYS_PTRACE";
    default:
      return "";
    }
  }
  if (between(where, first_setns, last_setns)) {
    switch (errnum) {
    case EPERM:
      return "this needs CAP_SYS_ADMIN over the namespace: enter the user namespace that owns it first";
    case EINVAL:
      return where == stage::setns_user ? "a process cannot enter the user namespace it is in"
                                        : "the descriptor is of another kind of namespace";
    case EUSERS:
      return "/proc/sys/user/max_*_namespaces is reached";
    default:
      return "";
    }
  }
  return "";
}

std::string_view about_errc(errc code, stage where) noexcept
{
  switch (code) {
  case errc::overrun:
    return "read faster or raise the receive buffer, then list again";
  case errc::dump_interrupted:
    return "list again when it changes less, or ask for the partial listing";
  case errc::conflict:
    return "pull again and diff against the new state";
  case errc::running:
    return "this is for a process at its checkpoint, before proceed()";
  case errc::no_pty:
    return "ask for a terminal in its options";
  case errc::died:
    return where == stage::spawner_died ? "linx starts a new spawner: try again" : std::string_view();
  case errc::restart_limit:
    return "see why it ends, or allow more by max_restarts() or a backoff()";
  case errc::exit_unknown:
    return where == stage::spawner_died ? "its parent, the spawner, died first" : std::string_view();
  case errc::cancelled:
  case errc::timed_out:
  case errc::closed:
  case errc::not_ready:
  case errc::exception:
  case errc::truncated:
  case errc::protocol:
  case errc::invalid:
  case errc::no_process:
    return "";
  }
  return "";
}

} // namespace

std::string_view remedy(const error& failed) noexcept
{
  if (failed.code().category() == linx_category())
    return about_errc(static_cast<errc>(failed.code().value()), failed.where());
  const int errnum = failed.errnum();
  if (errnum == 0) return "";
  if (const auto text = about_namespace(failed.where(), errnum); !text.empty()) return text;
  for (const auto& each : about_errno)
    if (each.errnum == errnum && (each.where == failed.where() || each.where == stage::none))
      return each.text;
  return "";
}

} // namespace linx
