#include "process/option_steps.hpp"

#include "process/step_data.hpp"

#include <linx/process/steps.hpp>

#include <algorithm>
#include <charconv>
#include <linux/securebits.h>

namespace linx::detail {

namespace {

using wire::stage;

std::string in_base(std::uint64_t value, int base, const char* prefix)
{
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value, base).ptr;
  return prefix + std::string(digits, end);
}

std::string capabilities(std::uint64_t set)
{
  return in_base(set, 16, "capabilities 0x");
}

std::string offset_text(std::chrono::nanoseconds offset)
{
  const auto ns = offset.count();
  return ns % 1'000'000'000 == 0 ? std::to_string(ns / 1'000'000'000) + " s" : std::to_string(ns) + " ns";
}

/// As a plan has it; what is wrong with it, the validation of the options has found.
void add_step(step_list& steps, const checkpoint_step& one)
{
  steps.add(one.data().what, one.data().payload);
  steps.name(one.data().text);
}

struct wanted_ids {
  std::optional<uid_t> uid;
  std::optional<gid_t> gid;
};

/// Whoever enters a user namespace becomes its root unless other ids were asked for, as with nsenter(1): with
/// those from outside a program of that namespace, or root in there, could do what they can outside.
wanted_ids ids_of(const process_options& o, const host_facts& host)
{
  const auto& c = o.credentials();
  if (!host.enters_user_namespace) return {c.uid(), c.gid()};
  return {c.uid().value_or(0), c.gid().value_or(0)};
}

bool keeps_capabilities(const process_options& o, const host_facts& host)
{
  const auto& c = o.credentials();
  const auto ids = ids_of(o, host);
  return (ids.uid || ids.gid) && (c.sets_capabilities() || c.ambient());
}

void add_parent(step_list& steps, const process_options& o)
{
  if (!o.parent_death_signal()) return;
  steps.add_value(stage::pdeathsig, static_cast<std::uint32_t>(*o.parent_death_signal()));
  steps.name("signal " + std::to_string(*o.parent_death_signal()));
}

void add_session(step_list& steps, const process_options& o)
{
  if (o.has_own_session()) steps.add(stage::session);
  if (o.terminal()) steps.add_value(stage::controlling_tty, std::uint32_t{0});
  if (!o.process_group()) return;
  steps.add_value(stage::process_group, static_cast<std::uint32_t>(*o.process_group()));
  steps.name("process group " + std::to_string(*o.process_group()));
}

void add_resources(step_list& steps, const resources& r)
{
  if (r.nice()) add_step(steps, step::nice(*r.nice()));
  if (r.policy()) add_step(steps, step::schedule(*r.policy(), r.priority()));
  if (r.affinity()) add_step(steps, step::affinity(*r.affinity()));
  for (const auto& limit : r.limits()) {
    const auto number = static_cast<std::uint32_t>(limit.resource());
    steps.add_value(stage::rlimit, wire::step_rlimit{number, 0, limit.soft(), limit.hard()});
    steps.name(to_string(limit));
  }
}

/// Needs CAP_SETPCAP.
void add_bounds(step_list& steps, const process_options& o, const host_facts& host)
{
  const auto& c = o.credentials();
  if (c.dropped_from_bounding() != 0) {
    steps.add_value(stage::cap_drop_bounding, c.dropped_from_bounding());
    steps.name(capabilities(c.dropped_from_bounding()));
  }
  if (c.securebits()) {
    // Once that flag is locked it could not be set with the ids. execve(2) clears it, locked or not, so the
    // program sees what was asked for.
    const std::uint32_t keep = keeps_capabilities(o, host) ? SECBIT_KEEP_CAPS : 0;
    steps.add_value(stage::securebits, *c.securebits() | keep);
    steps.name(in_base(*c.securebits(), 16, "securebits 0x"));
  }
}

void add_groups(step_list& steps, const process_options& o, const host_facts& host)
{
  const auto& c = o.credentials();
  if (c.groups()) {
    add_step(steps, step::groups(*c.groups()));
  } else if (host.enters_user_namespace) { // dropped on the way in: inside, setgroups(2) may be denied
    if (drops_groups_on_entering(o, host))
      steps.name(stage::groups, "dropping the supplementary groups on the way in; see keep_groups()");
  } else if ((c.uid() || c.gid()) && !c.keeps_groups() && !o.denies_setgroups() && host.has_cap_setgid) {
    steps.add(stage::groups);
    steps.name("dropping the supplementary groups with uid() or gid(); see keep_groups()");
  }
}

void add_ids(step_list& steps, const process_options& o, const host_facts& host)
{
  const auto ids = ids_of(o, host);
  if (!ids.uid && !ids.gid) return;
  constexpr std::uint32_t unchanged = 0xffffffff;
  const std::uint32_t uid = ids.uid.value_or(unchanged), gid = ids.gid.value_or(unchanged);
  const std::uint32_t keep = keeps_capabilities(o, host) && !o.credentials().securebits() ? 1 : 0;
  steps.add_value(stage::ids, wire::step_ids{uid, uid, uid, gid, gid, gid, keep, 0});
  std::string text;
  if (ids.uid) text = "uid " + std::to_string(uid);
  if (ids.gid) text += (text.empty() ? "gid " : ", gid ") + std::to_string(gid);
  if (host.enters_user_namespace) text += " of the entered user namespace; credentials() chooses others";
  steps.name(std::move(text));
}

void add_capabilities(step_list& steps, const credentials& c)
{
  if (c.sets_capabilities()) {
    steps.add_value(stage::cap_set_thread, wire::step_caps{c.effective(), c.permitted(), c.inheritable()});
    steps.name("permitted " + capabilities(c.permitted()) + in_base(c.inheritable(), 16, ", inheritable 0x"));
  } else if (c.ambient()) {
    steps.add_value(stage::cap_set_thread, wire::step_caps{*c.ambient(), *c.ambient(), *c.ambient()});
    steps.name("permitted and inheritable " + capabilities(*c.ambient()) + ", to be ambient");
  }
  if (c.ambient()) {
    steps.add_value(stage::cap_set_ambient, *c.ambient());
    steps.name(capabilities(*c.ambient()));
  }
}

void add_keyring(step_list& steps, const credentials& c)
{
  if (!c.keyring()) return;
  if (c.keyring()->empty()) {
    steps.add(stage::keyring);
    steps.name("a session keyring without a name");
  } else {
    steps.add_path(stage::keyring, *c.keyring());
    steps.name("session keyring '" + *c.keyring() + '\'');
  }
}

void add_confinement(step_list& steps, const process_options& o)
{
  if (o.sets_no_new_privs()) steps.add(stage::no_new_privs);
  if (o.landlock() < 0) return;
  steps.add_with_fd(stage::landlock);
  steps.name("ruleset of descriptor " + std::to_string(o.landlock()));
}

void add_filter(step_list& steps, const std::vector<sock_filter>& program)
{
  const auto instructions = std::as_bytes(std::span(program));
  byte_vector payload(sizeof(std::uint64_t) + instructions.size()); // no flags, which are 0
  std::copy(instructions.begin(), instructions.end(), payload.begin() + sizeof(std::uint64_t));
  steps.add(stage::seccomp_install, payload);
  steps.name("filter of " + std::to_string(program.size()) + " instructions");
}

/// What is done to the child in clone and is no step.
void name_birth(step_list& steps, const process_options& o)
{
  if (o.resources().cgroup() >= 0)
    steps.name(stage::cgroup, "cgroup of descriptor " + std::to_string(o.resources().cgroup()));
  std::string offsets;
  if (o.monotonic_offset()) offsets = "monotonic " + offset_text(*o.monotonic_offset());
  if (o.boottime_offset())
    offsets += (offsets.empty() ? "boottime " : ", boottime ") + offset_text(*o.boottime_offset());
  if (!offsets.empty()) steps.name(stage::timens, "offsets " + offsets);
}

} // namespace

bool drops_groups_on_entering(const process_options& o, const host_facts& host)
{
  const auto& c = o.credentials();
  return host.enters_user_namespace && !c.groups() && !c.keeps_groups();
}

void add_option_steps(step_list& steps, const process_options& o, const host_facts& host)
{
  const int umask = o.umask() ? static_cast<int>(*o.umask()) : host.umask;
  if (umask >= 0) {
    steps.add_value(stage::umask, static_cast<std::uint32_t>(umask));
    steps.name(in_base(static_cast<std::uint64_t>(umask), 8, "umask 0"));
  }
  add_parent(steps, o);
  if (const auto score = o.resources().oom_score_adj()) add_step(steps, step::oom_score_adj(*score));
  add_session(steps, o);
  if (o.hostname()) {
    steps.add_text(stage::hostname, *o.hostname());
    steps.name(*o.hostname());
  }

  steps.defer(wire::step_flags::at_proceed);
  add_resources(steps, o.resources());
  add_bounds(steps, o, host);
  add_groups(steps, o, host);
  add_ids(steps, o, host);
  add_capabilities(steps, o.credentials());
  add_keyring(steps, o.credentials());
  if (o.cwd()) {
    steps.add_path(stage::chdir, *o.cwd());
    steps.name(*o.cwd());
  }
  add_confinement(steps, o);

  steps.defer(wire::step_flags::after_marker);
  for (const auto& program : o.seccomp()) add_filter(steps, program);
  name_birth(steps, o);
}

} // namespace linx::detail
