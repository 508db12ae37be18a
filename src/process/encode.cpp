#include "process/encode.hpp"

#include <algorithm>
#include <chrono>

namespace linx::detail {

namespace {

// Bytes of arguments and environment that are taken room for at once.
constexpr std::size_t usual_strings = 4096;

template <class T>
void append(byte_vector& out, const T& value)
{
  const auto bytes = std::as_bytes(std::span(&value, 1));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void append(byte_vector& out, std::span<const std::byte> bytes)
{
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void append_string(byte_vector& out, std::string_view s)
{
  append(out, std::as_bytes(std::span(s)));
  out.push_back(std::byte{0});
}

void pad(byte_vector& out)
{
  out.resize(wire::padded(out.size()));
}

std::pair<wire::orphan_policy, std::uint32_t> wire_policy(orphan_policy policy)
{
  if (policy.what() == orphan_policy::kind::outlive) return {wire::orphan_policy::outlive, 0};
  if (policy.grace().count() == 0) return {wire::orphan_policy::kill, 0};
  return {wire::orphan_policy::terminate, static_cast<std::uint32_t>(policy.grace().count())};
}

/// The kernel wants the nanoseconds from 0 to 999,999,999, whatever the sign of the seconds.
wire::timens_offset wire_offset(const std::optional<std::chrono::nanoseconds>& offset) noexcept
{
  if (!offset) return {};
  const auto seconds = std::chrono::floor<std::chrono::seconds>(*offset);
  return {seconds.count(), static_cast<std::uint32_t>((*offset - seconds).count()), 0};
}

void add_resources(step_list& steps, const resources& r)
{
  for (const auto& l : r.limits())
    steps.add_value(wire::stage::rlimit,
                    wire::step_rlimit{static_cast<std::uint32_t>(l.resource()), 0, l.soft(), l.hard()});
  if (r.nice()) steps.add_value(wire::stage::nice, std::int32_t{*r.nice()});
  if (r.policy())
    steps.add_value(wire::stage::sched,
                    wire::step_sched{static_cast<std::uint32_t>(*r.policy()), r.priority()});
  if (r.affinity()) steps.add(wire::stage::affinity, std::as_bytes(std::span(r.affinity()->mask())));
  if (r.oom_score_adj()) steps.add_value(wire::stage::oom_score_adj, std::int32_t{*r.oom_score_adj()});
}

void add_credentials(step_list& steps, const credentials& c)
{
  constexpr std::uint32_t unchanged = 0xffffffff;
  const bool keeps = c.sets_capabilities() || c.ambient();
  if (c.dropped_from_bounding() != 0)
    steps.add_value(wire::stage::cap_drop_bounding, c.dropped_from_bounding());
  if (c.securebits()) steps.add_value(wire::stage::securebits, std::uint32_t{*c.securebits()});
  if (c.groups()) steps.add(wire::stage::groups, std::as_bytes(std::span(*c.groups())));
  if (c.uid() || c.gid()) {
    const std::uint32_t uid = c.uid().value_or(unchanged), gid = c.gid().value_or(unchanged);
    steps.add_value(wire::stage::ids, wire::step_ids{uid, uid, uid, gid, gid, gid, keeps ? 1u : 0u, 0});
  }
  if (c.sets_capabilities())
    steps.add_value(wire::stage::cap_set_thread,
                    wire::step_caps{c.effective(), c.permitted(), c.inheritable()});
  else if (c.ambient())
    steps.add_value(wire::stage::cap_set_thread, wire::step_caps{*c.ambient(), *c.ambient(), *c.ambient()});
  if (c.ambient()) steps.add_value(wire::stage::cap_set_ambient, *c.ambient());
  if (!c.keyring()) return;
  if (c.keyring()->empty())
    steps.add(wire::stage::keyring);
  else
    steps.add_path(wire::stage::keyring, *c.keyring());
}

void add_filter(step_list& steps, const std::vector<sock_filter>& program)
{
  byte_vector payload;
  append(payload, std::uint64_t{0}); // no flags
  append(payload, std::as_bytes(std::span(program)));
  steps.add_after_marker(wire::stage::seccomp_install, payload);
}

std::string words(const std::vector<resource_limit>& limits)
{
  std::string text;
  for (const auto& l : limits) text += (text.empty() ? "" : ", ") + to_string(l);
  return text;
}

std::string ids_in_words(const credentials& c)
{
  std::string text;
  if (c.uid()) text = "uid " + std::to_string(*c.uid());
  if (c.gid()) text += (text.empty() ? "gid " : ", gid ") + std::to_string(*c.gid());
  return text;
}

std::string object_of(const process_options& o, wire::stage where)
{
  const auto& c = o.credentials();
  const auto& r = o.resources();
  switch (where) {
  case wire::stage::ids:
    return ids_in_words(c);
  case wire::stage::groups:
    return std::to_string(c.groups() ? c.groups()->size() : 0) + " supplementary groups";
  case wire::stage::keyring:
    return c.keyring().value_or("");
  case wire::stage::rlimit:
    return words(r.limits());
  case wire::stage::nice:
    return r.nice() ? std::to_string(*r.nice()) : std::string();
  case wire::stage::sched:
    return "policy " + std::to_string(r.policy().value_or(0)) + ", priority " + std::to_string(r.priority());
  case wire::stage::affinity:
    return r.affinity() ? "CPUs " + to_string(*r.affinity()) : std::string();
  case wire::stage::oom_score_adj:
    return r.oom_score_adj() ? std::to_string(*r.oom_score_adj()) : std::string();
  case wire::stage::process_group:
    return "process group " + std::to_string(o.process_group().value_or(0));
  default:
    return {};
  }
}

void add_objects(spawn_plan& plan, const process_options& o)
{
  for (const auto* steps : {&plan.before, &plan.with_proceed})
    for (const auto where : steps->stages())
      if (auto object = object_of(o, where); !object.empty())
        plan.objects.emplace_back(where, std::move(object));
}

std::size_t targets_size(const spawn_plan& plan) noexcept
{
  return wire::padded(plan.targets.size() * sizeof(std::uint32_t));
}

bool fits_in_frame(const spawn_plan& plan) noexcept
{
  return sizeof(wire::spawn_request) + targets_size(plan) + plan.before.bytes().size() +
             wire::padded(plan.strings.size()) <=
         wire::max_spawn;
}

/// Whether the spawner may start it in its own memory, without a checkpoint socket.
bool is_simple(const spawn_plan& plan) noexcept
{
  return fits_in_frame(plan) &&
         wire::is_simple(static_cast<std::uint32_t>(wire::spawn_flags::auto_proceed), plan.namespaces, 0) &&
         std::ranges::all_of(plan.before.stages(), [](wire::stage s) { return wire::is_simple(s); });
}

std::string_view key_of(std::string_view variable) noexcept
{
  return variable.substr(0, variable.find('='));
}

bool is_listen_variable(std::string_view key) noexcept
{
  return key == "LISTEN_FDS" || key == "LISTEN_PID" || key == "LISTEN_FDNAMES";
}

void add_listen_variables(spawn_plan& plan, const process_options& o)
{
  std::string names;
  for (const auto& [name, fd] : o.listen_descriptors()) names.append(name).push_back(':');
  names.pop_back();
  append_string(plan.strings, "LISTEN_FDS=" + std::to_string(o.listen_descriptors().size()));
  append_string(plan.strings, "LISTEN_FDNAMES=" + names);
  plan.envc += 2;
}

void add_environment(spawn_plan& plan, const process_options& o, char** inherited)
{
  const bool listens = !o.listen_descriptors().empty();
  if (!o.clears_env() && inherited) {
    for (char** v = inherited; *v; ++v) {
      const std::string_view variable(*v);
      if (listens && is_listen_variable(key_of(variable))) continue;
      const auto overridden = [&](const auto& pair) { return pair.first == key_of(variable); };
      if (std::ranges::any_of(o.env(), overridden)) continue;
      append_string(plan.strings, variable);
      ++plan.envc;
    }
  }
  for (const auto& [key, value] : o.env()) append_string(plan.strings, key + '=' + value);
  plan.envc += static_cast<std::uint32_t>(o.env().size());
  if (listens) add_listen_variables(plan, o);
}

/// 3, 4, ... for socket activation (SD_LISTEN_FDS_START), then the chosen ones.
void add_targets(spawn_plan& plan, const process_options& o)
{
  for (std::uint32_t i = 0; i != o.listen_descriptors().size(); ++i) plan.targets.push_back(3 + i);
  for (const auto& [number, fd] : o.descriptors()) plan.targets.push_back(static_cast<std::uint32_t>(number));
  plan.listen_pid = !o.listen_descriptors().empty();
}

void add_strings(spawn_plan& plan, const process_options& o, char** inherited)
{
  plan.strings.reserve(usual_strings);
  append_string(plan.strings, o.argv().front());
  append_string(plan.strings, o.argv0() ? *o.argv0() : o.argv().front());
  for (std::size_t i = 1; i < o.argv().size(); ++i) append_string(plan.strings, o.argv()[i]);
  plan.argc = static_cast<std::uint32_t>(o.argv().size());
  add_environment(plan, o, inherited);
}

} // namespace

void step_list::add(wire::stage what, std::span<const std::byte> payload)
{
  append_step(what, 0, 0, payload);
}

void step_list::add_with_fd(wire::stage what)
{
  append_step(what, 0, 1, {});
}

void step_list::add_after_marker(wire::stage what, std::span<const std::byte> payload)
{
  append_step(what, static_cast<std::uint8_t>(wire::step_flags::after_marker), 0, payload);
}

void step_list::append_step(wire::stage what, std::uint8_t flags, std::uint8_t fds,
                            std::span<const std::byte> payload)
{
  append(bytes_, wire::step_header{what, flags, fds, static_cast<std::uint32_t>(payload.size())});
  append(bytes_, payload);
  pad(bytes_);
  stages_.push_back(what);
  fds_ = static_cast<std::uint8_t>(fds_ + fds);
}

void step_list::add_mount(std::span<const std::string, 4> texts, std::uint64_t flags)
{
  byte_vector payload;
  append(payload, wire::step_mount{flags});
  for (const auto& text : texts) append_string(payload, text);
  add(wire::stage::mount, payload);
}

void step_list::add_path(wire::stage what, const std::string& path)
{
  add(what, std::as_bytes(std::span(path.c_str(), path.size() + 1)));
}

spawn_plan plan_spawn(const process_options& o, int umask, char** environment)
{
  spawn_plan plan;
  const bool host_works = !o.uid_map().empty() || !o.gid_map().empty() || o.denies_setgroups();
  for (const auto kind : o.namespaces()) plan.namespaces |= static_cast<std::uint32_t>(ns::clone_flag(kind));
  plan.auto_proceed = o.proceeds_by_itself() && !host_works;
  plan.host_proceeds = o.proceeds_by_itself() && host_works;

  if (o.umask())
    plan.before.add_value(wire::stage::umask, static_cast<std::uint32_t>(*o.umask()));
  else if (umask >= 0)
    plan.before.add_value(wire::stage::umask, static_cast<std::uint32_t>(umask));
  if (o.has_own_session()) plan.before.add(wire::stage::session);
  if (o.terminal()) plan.before.add_value(wire::stage::controlling_tty, std::uint32_t{0});
  if (o.process_group())
    plan.before.add_value(wire::stage::process_group, static_cast<std::uint32_t>(*o.process_group()));
  if (o.hostname()) plan.before.add_text(wire::stage::hostname, *o.hostname());
  add_resources(plan.before, o.resources());
  // Changes of credentials arm it again.
  if (o.parent_death_signal())
    plan.before.add_value(wire::stage::pdeathsig, static_cast<std::uint32_t>(*o.parent_death_signal()));

  // The root may change at the checkpoint, the directory is entered as who the program will be, and nothing
  // may gain privilege after the last step.
  step_list& last = plan.auto_proceed ? plan.before : plan.with_proceed;
  add_credentials(last, o.credentials());
  if (o.cwd()) last.add_path(wire::stage::chdir, *o.cwd());
  if (o.sets_no_new_privs()) last.add(wire::stage::no_new_privs);
  if (o.landlock() >= 0) last.add_with_fd(wire::stage::landlock);
  for (const auto& program : o.seccomp()) add_filter(last, program);

  add_objects(plan, o);
  add_targets(plan, o);
  add_strings(plan, o, environment);
  plan.checkpoint = !(plan.auto_proceed && is_simple(plan)) || o.resources().cgroup() >= 0;
  return plan;
}

spawn_message encode_spawn(const process_options& o, const spawn_plan& plan, const spawn_context& context)
{
  wire::spawn_request request{};
  request.header.version = wire::version;
  request.header.type = wire::frame_type::spawn;
  request.header.id = context.id;
  // Who makes namespaces goes on to configure them. For the others it is opened when somebody asks: making
  // and tearing down its inode costs a spawn 5 us.
  if (plan.namespaces != 0) request.flags |= static_cast<std::uint32_t>(wire::spawn_flags::proc_dir);
  if (plan.auto_proceed) request.flags |= static_cast<std::uint32_t>(wire::spawn_flags::auto_proceed);
  if (plan.listen_pid) request.flags |= static_cast<std::uint32_t>(wire::spawn_flags::listen_pid);
  request.namespaces = plan.namespaces;
  request.fd_roles = context.fd_roles;
  request.slot = context.slot;
  request.extra_fds = static_cast<std::uint16_t>(plan.targets.size());
  request.step_fds = plan.before.fds();
  if (o.monotonic_offset() || o.boottime_offset()) {
    request.flags |= static_cast<std::uint32_t>(wire::spawn_flags::timens_offsets);
    request.monotonic = wire_offset(o.monotonic_offset());
    request.boottime = wire_offset(o.boottime_offset());
  }
  const auto [policy, grace_ms] = wire_policy(o.orphan());
  request.orphan = policy;
  request.grace_ms = grace_ms;
  request.argc = plan.argc;
  request.envc = plan.envc;
  request.steps_length = static_cast<std::uint32_t>(plan.before.bytes().size());
  request.strings_length = static_cast<std::uint32_t>(plan.strings.size());
  request.host = context.host;

  const bool fits = fits_in_frame(plan);
  if (!fits) request.fd_roles |= static_cast<std::uint32_t>(wire::fd_role::body);
  request.header.fds = static_cast<std::uint8_t>(static_cast<unsigned>(__builtin_popcount(request.fd_roles)) +
                                                 plan.targets.size() + plan.before.fds());

  static_assert(sizeof request == wire::padded(sizeof request)); // what follows is padded from its end
  spawn_message message;
  byte_vector& frame = message.frame;
  frame.reserve(sizeof request + wire::padded(plan.targets.size() * sizeof(std::uint32_t)) +
                plan.before.bytes().size() + wire::padded(plan.strings.size()));
  frame.resize(sizeof request);
  append(frame, std::as_bytes(std::span(plan.targets)));
  pad(frame);
  append(frame, plan.before.bytes());
  append(frame, std::span<const std::byte>(plan.strings));
  pad(frame);
  if (!fits) {
    message.body.assign(frame.begin() + sizeof request, frame.end());
    frame.resize(sizeof request);
  }
  request.header.length = static_cast<std::uint32_t>(frame.size());
  std::memcpy(frame.data(), &request, sizeof request);
  return message;
}

byte_vector encode_steps(wire::frame_type type, std::uint64_t id, const step_list& steps)
{
  byte_vector frame;
  wire::frame_header header{};
  header.length = static_cast<std::uint32_t>(sizeof header + steps.bytes().size());
  header.version = wire::version;
  header.fds = steps.fds();
  header.type = type;
  header.id = id;
  append(frame, header);
  append(frame, steps.bytes());
  return frame;
}

byte_vector encode_orphan(std::uint64_t id, pid_t pid, orphan_policy policy)
{
  wire::orphan_request request{};
  request.header = {sizeof request, wire::version, 0, wire::frame_type::orphan, id};
  request.pid = static_cast<std::uint32_t>(pid);
  std::tie(request.orphan, request.grace_ms) = wire_policy(policy);
  byte_vector frame;
  append(frame, request);
  return frame;
}

} // namespace linx::detail
