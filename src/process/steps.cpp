#include <linx/process/steps.hpp>

#include "process/step_data.hpp"
#include "process/sysctl_key.hpp"

#include <array>
#include <charconv>
#include <linux/capability.h>
#include <linux/filter.h>
#include <sched.h>

namespace linx::step {

namespace {

using detail::step_maker;
using wire::stage;

constexpr capability_bits bit(int capability) noexcept
{
  return capability_bits(1) << capability;
}

std::string in_base(std::uint64_t value, int base)
{
  char digits[24];
  return {digits, std::to_chars(digits, digits + sizeof digits, value, base).ptr};
}

std::string quoted(const std::string& text)
{
  return '\'' + text.substr(0, 80) + '\'';
}

bool has_nul(const std::string& text) noexcept
{
  return text.find('\0') != text.npos;
}

constexpr std::string_view nul_inside = "a NUL byte in its arguments";

std::string policy_name(int policy)
{
  switch (policy) {
  case SCHED_OTHER:
    return "SCHED_OTHER";
  case SCHED_BATCH:
    return "SCHED_BATCH";
  case SCHED_IDLE:
    return "SCHED_IDLE";
  case SCHED_FIFO:
    return "SCHED_FIFO";
  case SCHED_RR:
    return "SCHED_RR";
  default:
    return std::to_string(policy);
  }
}

std::string list_of(const std::vector<gid_t>& groups)
{
  constexpr std::size_t most = 8;
  std::string text;
  for (std::size_t i = 0; i != groups.size() && i != most; ++i)
    text.append(i == 0 ? "" : ",").append(std::to_string(groups[i]));
  if (groups.size() > most) text += ",...";
  return text;
}

constexpr std::uint32_t unchanged = 0xffffffff;

step_maker change_ids(std::uint32_t uid, std::uint32_t gid, bool keep_capabilities, std::string text)
{
  step_maker made(stage::ids, std::move(text));
  made.value(wire::step_ids{uid, uid, uid, gid, gid, gid, keep_capabilities ? 1u : 0u, 0});
  if (uid != unchanged && uid != 0) {
    // When no id is 0 any more nothing is effective, whatever stays permitted (capabilities(7)).
    made->leaves_effective = 0;
  }
  return made;
}

} // namespace

checkpoint_step umask(mode_t mask)
{
  step_maker made(stage::umask, "umask 0" + in_base(mask, 8));
  return made.value(static_cast<std::uint32_t>(mask))
      .mistake_if(mask > 0777, "permission bits are 0 to 0777");
}

checkpoint_step session()
{
  return step_maker(stage::session, "session");
}

checkpoint_step process_group(pid_t group)
{
  step_maker made(stage::process_group,
                  group == 0 ? "process group of its own" : "process group " + std::to_string(group));
  return made.value(static_cast<std::uint32_t>(group)).mistake_if(group < 0, "a group is 0 or more");
}

checkpoint_step cwd(std::string path)
{
  step_maker made(stage::chdir, "cwd " + quoted(path));
  return made.path(path).mistake_if(path.empty(), "the path is empty").mistake_if(has_nul(path), nul_inside);
}

checkpoint_step hostname(std::string name)
{
  step_maker made(stage::hostname, "hostname " + quoted(name));
  made->of = ns::kind::uts;
  made->needs = bit(CAP_SYS_ADMIN);
  return made.bytes(std::as_bytes(std::span(name)))
      .mistake_if(name.empty() || name.size() > 64 || has_nul(name), "1 to 64 bytes without NUL");
}

checkpoint_step mount(std::string source, std::string target, std::string type, unsigned long flags,
                      std::string data)
{
  step_maker made(stage::mount,
                  (source.empty() ? "mount" : "mount " + quoted(source)) + " on " + quoted(target));
  made->of = ns::kind::mount;
  made->may_be_entered = true;
  made->needs = bit(CAP_SYS_ADMIN);
  made.value(wire::step_mount{flags}).mistake_if(target.empty(), "the target is empty");
  for (const std::string* text : {&source, &target, &type, &data})
    made.path(*text).mistake_if(has_nul(*text), nul_inside);
  return made;
}

checkpoint_step pivot_root(std::string new_root)
{
  step_maker made(stage::pivot_root, "pivot_root " + quoted(new_root));
  made->of = ns::kind::mount;
  made->needs = bit(CAP_SYS_ADMIN);
  return made.path(new_root)
      .mistake_if(new_root.empty(), "the path is empty")
      .mistake_if(has_nul(new_root), nul_inside);
}

checkpoint_step sysctl(std::string key, std::string value)
{
  step_maker made(stage::sysctl, "sysctl " + key.substr(0, 80) + " = " + quoted(value));
  made->may_be_entered = true;
  const auto path = detail::sysctl_path(key);
  if (!path) {
    made.mistake_if(true, path.error().object());
    return made;
  }
  made->of = detail::sysctl_namespace(path.value());
  made.mistake_if(!made->of, "there is one value for the whole machine, set it from the host");
  made.mistake_if(value.empty() || has_nul(value), "a value without NUL bytes");
  const std::string line = path.value() + '\0' + value;
  return made.bytes(std::as_bytes(std::span(line)));
}

checkpoint_step limit(const resource_limit& which)
{
  step_maker made(stage::rlimit, "limit " + to_string(which));
  made.value(wire::step_rlimit{static_cast<std::uint32_t>(which.resource()), 0, which.soft(), which.hard()});
  return made.mistake_if(which.soft() > which.hard(), "the soft limit is above the hard one");
}

checkpoint_step nice(int value)
{
  step_maker made(stage::nice, "nice " + std::to_string(value));
  return made.value(std::int32_t{value}).mistake_if(value < -20 || value > 19, "-20 to 19");
}

checkpoint_step schedule(int policy, int priority)
{
  step_maker made(stage::sched, "policy " + policy_name(policy) + ", priority " + std::to_string(priority));
  return made.value(wire::step_sched{static_cast<std::uint32_t>(policy), priority});
}

checkpoint_step affinity(const cpu_set& cpus)
{
  step_maker made(stage::affinity, "CPUs " + to_string(cpus));
  return made.bytes(std::as_bytes(std::span(cpus.mask())))
      .mistake_if(!cpus.valid() || cpus.empty(), "no CPU, or a number that is too high");
}

checkpoint_step oom_score_adj(int value)
{
  step_maker made(stage::oom_score_adj, "oom_score_adj " + std::to_string(value));
  return made.value(std::int32_t{value}).mistake_if(value < -1000 || value > 1000, "-1000 to 1000");
}

checkpoint_step groups(const std::vector<gid_t>& all)
{
  step_maker made(stage::groups,
                  all.empty() ? "no supplementary groups" : "supplementary groups " + list_of(all));
  made->needs = bit(CAP_SETGID);
  return made.bytes(std::as_bytes(std::span(all))).mistake_if(all.size() > 65536, "at most 65,536 groups");
}

checkpoint_step ids(uid_t uid, gid_t gid, bool keep_capabilities)
{
  step_maker made(
      change_ids(uid, gid, keep_capabilities, "uid " + std::to_string(uid) + ", gid " + std::to_string(gid)));
  made->needs = bit(CAP_SETUID) | bit(CAP_SETGID);
  return made.mistake_if(uid == unchanged || gid == unchanged, "-1 is no id");
}

checkpoint_step uid(uid_t uid, bool keep_capabilities)
{
  step_maker made(change_ids(uid, unchanged, keep_capabilities, "uid " + std::to_string(uid)));
  made->needs = bit(CAP_SETUID);
  return made.mistake_if(uid == unchanged, "-1 is no id");
}

checkpoint_step gid(gid_t gid)
{
  step_maker made(change_ids(unchanged, gid, false, "gid " + std::to_string(gid)));
  made->needs = bit(CAP_SETGID);
  return made.mistake_if(gid == unchanged, "-1 is no id");
}

checkpoint_step drop_bounding(capability_bits set)
{
  step_maker made(stage::cap_drop_bounding, "bounding set without 0x" + in_base(set, 16));
  made->needs = bit(CAP_SETPCAP);
  return made.value(set);
}

checkpoint_step capabilities(capability_bits effective, capability_bits permitted,
                             capability_bits inheritable)
{
  step_maker made(stage::cap_set_thread, "capabilities 0x" + in_base(effective, 16) + ", permitted 0x" +
                                             in_base(permitted, 16) + ", inheritable 0x" +
                                             in_base(inheritable, 16));
  made->leaves_effective = effective;
  return made.value(wire::step_caps{effective, permitted, inheritable})
      .mistake_if((effective & ~permitted) != 0, "one that is effective must be permitted");
}

checkpoint_step ambient(capability_bits set)
{
  return step_maker(stage::cap_set_ambient, "ambient 0x" + in_base(set, 16)).value(set);
}

checkpoint_step securebits(unsigned bits)
{
  step_maker made(stage::securebits, "securebits 0x" + in_base(bits, 16));
  made->needs = bit(CAP_SETPCAP);
  return made.value(std::uint32_t{bits});
}

checkpoint_step keyring(std::string name)
{
  step_maker made(stage::keyring, name.empty() ? "session keyring" : "session keyring " + quoted(name));
  if (!name.empty()) made.path(name);
  return made.mistake_if(has_nul(name), nul_inside)
      .mistake_if(name.size() > 4095 || name.starts_with('.'), "up to 4095 bytes, not with a leading '.'");
}

checkpoint_step no_new_privs()
{
  return step_maker(stage::no_new_privs, "no_new_privs");
}

checkpoint_step landlock(std::shared_ptr<const io::unique_fd> ruleset)
{
  step_maker made(stage::landlock, "landlock");
  made.mistake_if(!ruleset || !*ruleset, "there is no ruleset");
  made->descriptor = std::move(ruleset);
  return made;
}

checkpoint_step seccomp(const std::vector<sock_filter>& program)
{
  step_maker made(stage::seccomp_install,
                  "seccomp filter of " + std::to_string(program.size()) + " instructions");
  made.value(std::uint64_t{0}); // no flags
  return made.bytes(std::as_bytes(std::span(program)))
      .mistake_if(program.empty() || program.size() > BPF_MAXINSNS, "1 to 4096 instructions");
}

checkpoint_step socket(int domain, int type, int protocol)
{
  step_maker made(stage::socket, "socket of family " + std::to_string(domain));
  return made.value(wire::step_socket{domain, type, protocol, 0});
}

} // namespace linx::step
