#include "process/encode.hpp"

#include <algorithm>
#include <bit>
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

void append_string(byte_vector& out, const std::string& s)
{
  append(out, std::as_bytes(std::span(s.c_str(), s.size() + 1)));
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

std::size_t targets_size(const spawn_plan& plan) noexcept
{
  return wire::padded(plan.targets.size() * sizeof(std::uint32_t));
}

bool fits_in_frame(const spawn_plan& plan) noexcept
{
  return sizeof(wire::spawn_request) + targets_size(plan) + plan.steps.bytes().size() +
             wire::padded(plan.strings.size()) <=
         wire::max_spawn;
}

static_assert(static_cast<int>(wire::kill_scope::tree) == static_cast<int>(kill_scope::tree) &&
              static_cast<int>(wire::kill_scope::cgroup) == static_cast<int>(kill_scope::cgroup));

/// With process 1 of a pid namespace the kernel ends all that is in it (pid_namespaces(7)).
kill_scope effective_scope(const process_options& o) noexcept
{
  const auto scope = o.kill_scope().value_or(kill_scope::process);
  return o.unshares(ns::kind::pid) && scope != kill_scope::cgroup ? kill_scope::process : scope;
}

/// The request but for what encode_spawn() adds.
void fill_request(spawn_plan& plan, const process_options& o, const host_facts& host) noexcept
{
  wire::spawn_request& request = plan.request;
  request.header.version = wire::version;
  request.header.type = wire::frame_type::spawn;
  if (plan.auto_proceed) request.flags |= static_cast<std::uint32_t>(wire::spawn_flags::auto_proceed);
  if (!o.listen_descriptors().empty())
    request.flags |= static_cast<std::uint32_t>(wire::spawn_flags::listen_pid);
  if (drops_groups_on_entering(o, host))
    request.flags |= static_cast<std::uint32_t>(wire::spawn_flags::drop_groups);
  if (o.has_init()) request.flags |= static_cast<std::uint32_t>(wire::spawn_flags::init);
  if (o.kills_rest()) request.flags |= static_cast<std::uint32_t>(wire::spawn_flags::kill_rest);
  if (o.monotonic_offset() || o.boottime_offset()) {
    request.flags |= static_cast<std::uint32_t>(wire::spawn_flags::timens_offsets);
    request.monotonic = wire_offset(o.monotonic_offset());
    request.boottime = wire_offset(o.boottime_offset());
  }
  for (const auto kind : o.namespaces())
    request.namespaces |= static_cast<std::uint32_t>(ns::clone_flag(kind));
  if (o.resources().cgroup() >= 0) request.fd_roles |= static_cast<std::uint32_t>(wire::fd_role::cgroup);
  if (o.has_init()) request.fd_roles |= static_cast<std::uint32_t>(wire::fd_role::report);
  if (!fits_in_frame(plan)) request.fd_roles |= static_cast<std::uint32_t>(wire::fd_role::body);
  request.extra_fds = static_cast<std::uint16_t>(plan.targets.size());
  request.step_fds = static_cast<std::uint16_t>(plan.steps.fds());
  const auto [policy, grace_ms] = wire_policy(o.orphan());
  request.orphan = policy;
  request.scope = static_cast<wire::kill_scope>(plan.scope);
  request.grace_ms = grace_ms;
  request.steps_length = static_cast<std::uint32_t>(plan.steps.bytes().size());
  request.strings_length = static_cast<std::uint32_t>(plan.strings.size());
}

bool has_simple_steps(const spawn_plan& plan) noexcept
{
  return std::ranges::all_of(plan.steps.stages(), [](wire::stage s) { return wire::is_simple(s); });
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
  plan.request.envc += 2;
}

/// As it is: one block on the stack (environ(7)) until somebody changes it.
void add_whole(spawn_plan& plan, char** variables)
{
  while (*variables) {
    const char* const begin = *variables;
    const char* end = begin;
    do {
      end += std::strlen(end) + 1;
      ++plan.request.envc;
    } while (*++variables == end);
    append(plan.strings, std::as_bytes(std::span(begin, end)));
  }
}

void add_what_stays(spawn_plan& plan, const process_options& o, char** variables)
{
  const bool listens = !o.listen_descriptors().empty();
  for (; *variables; ++variables) {
    const std::string_view key = key_of(*variables);
    if (listens && is_listen_variable(key)) continue;
    if (std::ranges::any_of(o.env(), [&](const auto& pair) { return pair.first == key; })) continue;
    append(plan.strings, std::as_bytes(std::span(*variables, std::strlen(*variables) + 1)));
    ++plan.request.envc;
  }
}

void add_environment(spawn_plan& plan, const process_options& o, char** inherited)
{
  const bool listens = !o.listen_descriptors().empty();
  if (!o.clears_env() && inherited) {
    if (o.env().empty() && !listens)
      add_whole(plan, inherited);
    else
      add_what_stays(plan, o, inherited);
  }
  for (const auto& [key, value] : o.env()) append_string(plan.strings, key + '=' + value);
  plan.request.envc += static_cast<std::uint32_t>(o.env().size());
  if (listens) add_listen_variables(plan, o);
}

/// 3, 4, ... for socket activation (SD_LISTEN_FDS_START), then the chosen ones.
void add_targets(spawn_plan& plan, const process_options& o)
{
  for (std::uint32_t i = 0; i != o.listen_descriptors().size(); ++i) plan.targets.push_back(3 + i);
  for (const auto& [number, fd] : o.descriptors()) plan.targets.push_back(static_cast<std::uint32_t>(number));
}

void add_strings(spawn_plan& plan, const process_options& o, char** inherited)
{
  plan.strings.reserve(usual_strings);
  append_string(plan.strings, o.argv().front());
  append_string(plan.strings, o.argv0() ? *o.argv0() : o.argv().front());
  for (std::size_t i = 1; i < o.argv().size(); ++i) append_string(plan.strings, o.argv()[i]);
  plan.request.argc = static_cast<std::uint32_t>(o.argv().size());
  add_environment(plan, o, inherited);
}

template <class Record>
std::array<std::byte, sizeof(Record)> bytes_of(const Record& record) noexcept
{
  return std::bit_cast<std::array<std::byte, sizeof(Record)>>(record);
}

auto encode_end(wire::frame_type what, std::uint64_t id) noexcept
{
  wire::kill_request request{};
  request.header = {sizeof request, wire::version, 0, what, id};
  return bytes_of(request);
}

} // namespace

spawn_plan plan_spawn(const process_options& o, const host_facts& host, char** environment)
{
  spawn_plan plan;
  const bool host_works = !o.uid_map().empty() || !o.gid_map().empty() || o.denies_setgroups();
  plan.auto_proceed = o.proceeds_by_itself() && !host_works;
  plan.host_proceeds = o.proceeds_by_itself() && host_works;

  plan.scope = effective_scope(o);
  add_option_steps(plan.steps, o, host);
  add_targets(plan, o);
  add_strings(plan, o, environment);
  fill_request(plan, o, host);
  plan.may_share_memory = wire::is_simple(plan.request) && has_simple_steps(plan);
  plan.may_introduce_itself = wire::may_introduce_itself(plan.request);
  return plan;
}

bool takes_a_spawner(const process_options& o) noexcept
{
  return o.is_parkable() || wire::takes_a_spawner(static_cast<wire::kill_scope>(effective_scope(o)));
}

checkpoint_maker choose_maker(const spawn_plan& plan, bool enters, bool crowded) noexcept
{
  if (enters) return checkpoint_maker::host;
  if (plan.may_share_memory && !crowded) return checkpoint_maker::nobody;
  return plan.may_introduce_itself ? checkpoint_maker::child : checkpoint_maker::host;
}

spawn_message encode_spawn(const spawn_plan& plan, const spawn_context& context)
{
  auto request = plan.request;
  request.header.id = context.id;
  if (plan.maker == checkpoint_maker::child)
    request.flags |= static_cast<std::uint32_t>(wire::spawn_flags::introduce);
  request.fd_roles |= context.fd_roles;
  request.slot = context.slot;
  request.host = context.host;
  request.thread = context.thread;
  request.header.fds = static_cast<std::uint8_t>(static_cast<unsigned>(__builtin_popcount(request.fd_roles)) +
                                                 plan.targets.size() + plan.steps.fds());

  static_assert(sizeof request == wire::padded(sizeof request)); // what follows is padded from its end
  spawn_message message;
  byte_vector& frame = message.frame;
  frame.reserve(sizeof request + wire::padded(plan.targets.size() * sizeof(std::uint32_t)) +
                plan.steps.bytes().size() + wire::padded(plan.strings.size()));
  frame.resize(sizeof request);
  append(frame, std::as_bytes(std::span(plan.targets)));
  pad(frame);
  append(frame, plan.steps.bytes());
  append(frame, std::span<const std::byte>(plan.strings));
  pad(frame);
  if ((request.fd_roles & static_cast<std::uint32_t>(wire::fd_role::body)) != 0) {
    message.body.assign(frame.begin() + sizeof request, frame.end());
    frame.resize(sizeof request);
  }
  request.header.length = static_cast<std::uint32_t>(frame.size());
  std::memcpy(frame.data(), &request, sizeof request);
  return message;
}

byte_vector encode_steps(wire::frame_type type, std::uint64_t id, const step_list& steps,
                         std::uint8_t version)
{
  byte_vector frame;
  wire::frame_header header{};
  header.length = static_cast<std::uint32_t>(sizeof header + steps.bytes().size());
  header.version = version;
  header.fds = steps.fds();
  header.type = type;
  header.id = id;
  append(frame, header);
  append(frame, steps.bytes());
  return frame;
}

std::array<std::byte, sizeof(wire::kill_request)> encode_kill(std::uint64_t id) noexcept
{
  return encode_end(wire::frame_type::kill, id);
}

std::array<std::byte, sizeof(wire::kill_request)> encode_kill_rest(std::uint64_t id) noexcept
{
  return encode_end(wire::frame_type::kill_rest, id);
}

std::array<std::byte, sizeof(wire::orphan_request)> encode_orphan(std::uint64_t id, pid_t pid,
                                                                  orphan_policy policy) noexcept
{
  wire::orphan_request request{};
  request.header = {sizeof request, wire::version, 0, wire::frame_type::orphan, id};
  request.pid = static_cast<std::uint32_t>(pid);
  std::tie(request.orphan, request.grace_ms) = wire_policy(policy);
  return bytes_of(request);
}

} // namespace linx::detail
