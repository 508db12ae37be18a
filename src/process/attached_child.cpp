#include "process/attached_child.hpp"

#include "process/protocol_stage.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstring>
#include <map>
#include <span>
#include <utility>

namespace linx::detail {

namespace {

std::uint32_t flags_of(const std::vector<ns::kind>& kinds)
{
  std::uint32_t flags = 0;
  for (const auto kind : kinds) flags |= static_cast<std::uint32_t>(ns::clone_flag(kind));
  return flags;
}

std::vector<ns::kind> kinds_of(std::uint32_t flags)
{
  std::vector<ns::kind> kinds;
  for (const auto kind : ns::all_kinds)
    if ((flags & static_cast<std::uint32_t>(ns::clone_flag(kind))) != 0) kinds.push_back(kind);
  return kinds;
}

std::vector<std::string> to_arguments(std::string_view text)
{
  std::vector<std::string> argv;
  for (auto end = text.find('\0'); end != text.npos; end = text.find('\0')) {
    argv.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return argv;
}

std::string to_bytes(std::string_view hex)
{
  std::string bytes;
  for (; hex.size() > 1; hex.remove_prefix(2)) {
    unsigned value = 0;
    if (std::from_chars(hex.data(), hex.data() + 2, value, 16).ec != std::errc()) break;
    bytes.push_back(static_cast<char>(value));
  }
  return bytes;
}

void append(byte_vector& out, std::string_view text)
{
  const auto bytes = std::as_bytes(std::span(text));
  out.insert(out.end(), bytes.begin(), bytes.end());
  out.resize(wire::padded(out.size()));
}

error promises_more(const frame_view& frame)
{
  return error(errc::protocol, stage::malformed)
      .with_object("answer of " + std::to_string(frame.bytes.size()) + " bytes that promises more");
}

using lines = std::map<std::string_view, std::string_view>;

lines split(std::string_view text)
{
  lines found;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto equals = line.find('=');
    if (equals != line.npos) found.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return found;
}

/// What is not there is 0.
class numbers {
public:
  explicit numbers(const lines& from) : from_(from) {}

  template <class T>
  T get(std::string_view key) const
  {
    std::uint64_t value = 0;
    const auto found = from_.find(key);
    if (found != from_.end())
      std::from_chars(found->second.data(), found->second.data() + found->second.size(), value);
    return static_cast<T>(value);
  }

private:
  const lines& from_;
};

wire::exited_record to_exited(const numbers& of)
{
  wire::exited_record r{};
  r.code = of.get<std::int32_t>("code");
  r.status = of.get<std::int32_t>("status");
  r.user_us = of.get<std::uint64_t>("user_us");
  r.system_us = of.get<std::uint64_t>("system_us");
  r.max_rss_kib = of.get<std::uint64_t>("max_rss_kib");
  r.minor_faults = of.get<std::uint64_t>("minor_faults");
  r.major_faults = of.get<std::uint64_t>("major_faults");
  r.blocks_in = of.get<std::uint64_t>("blocks_in");
  r.blocks_out = of.get<std::uint64_t>("blocks_out");
  r.voluntary_switches = of.get<std::uint64_t>("voluntary_switches");
  r.involuntary_switches = of.get<std::uint64_t>("involuntary_switches");
  return r;
}

} // namespace

byte_vector encode_park(const park_notice& what, std::string_view name, const std::vector<std::string>& argv)
{
  std::string arguments;
  for (const auto& each : argv) {
    if (arguments.size() + each.size() + 1 > wire::most_parked_arguments) break;
    arguments.append(each.c_str(), each.size() + 1);
  }
  wire::park_request request{};
  request.header = {0, wire::version, static_cast<std::uint8_t>(what.has_init ? 5 : 4),
                    wire::frame_type::park, what.id};
  request.pid = static_cast<std::uint32_t>(what.pid);
  request.child_pid = static_cast<std::uint32_t>(what.child_pid);
  request.namespaces = flags_of(what.namespaces);
  request.entered = flags_of(what.entered);
  if (what.has_init) request.flags |= static_cast<std::uint32_t>(wire::parked_flags::init);
  request.name_length = static_cast<std::uint16_t>(name.size());
  request.arguments_length = static_cast<std::uint16_t>(arguments.size());
  byte_vector frame(sizeof request);
  append(frame, name);
  append(frame, arguments);
  request.header.length = static_cast<std::uint32_t>(frame.size());
  std::memcpy(frame.data(), &request, sizeof request);
  return frame;
}

slot_report to_report(const wire::slot_words& words) noexcept
{
  return {words.state, words.where, words.step, words.error};
}

result<attached_child> read_attached(const frame_view& frame)
{
  BOOST_OUTCOME_TRY(const auto r, read_record<wire::attached_record>(frame));
  auto rest = frame.bytes.subspan(sizeof r);
  const std::size_t arguments = wire::padded(r.arguments_length);
  if (rest.size() < arguments || rest.size() - arguments < r.steps * sizeof(wire::stage))
    return promises_more(frame);
  const bool known_scope = r.scope <= wire::kill_scope::cgroup;
  const auto has = [&](wire::parked_flags flag) { return (r.flags & static_cast<std::uint32_t>(flag)) != 0; };
  attached_child child;
  child.pid = static_cast<pid_t>(r.pid);
  child.child_pid = static_cast<pid_t>(r.child_pid);
  child.spawner = static_cast<pid_t>(r.spawner);
  child.version = std::min(r.header.version, wire::version);
  child.first_step = r.header.id;
  child.has_init = has(wire::parked_flags::init);
  child.outlives = has(wire::parked_flags::outlives);
  child.scope = known_scope ? static_cast<kill_scope>(r.scope) : kill_scope::process;
  child.namespaces = kinds_of(r.namespaces);
  child.entered = kinds_of(r.entered);
  child.argv = to_arguments({reinterpret_cast<const char*>(rest.data()), r.arguments_length});
  rest = rest.subspan(arguments);
  for (std::size_t i = 0; i != r.steps; ++i) {
    wire::stage step;
    std::memcpy(&step, rest.data() + i * sizeof step, sizeof step);
    child.taken.push_back(wire::to_stage(step));
  }
  if (has(wire::parked_flags::left)) child.left = to_report(r.slot);
  return child;
}

result<attached_child> read_exit_record(std::string_view text)
{
  if (!text.starts_with(wire::exit_record_head))
    return error(errc::invalid, stage::decode)
        .with_object("exit record; the first line is " + std::string(wire::exit_record_head, 11));
  const auto found = split(text);
  const numbers of(found);
  attached_child child;
  child.pid = of.get<pid_t>("pid");
  child.child_pid = of.get<pid_t>("child_pid");
  child.left = slot_report{of.get<wire::slot_state>("checkpoint"), of.get<wire::stage>("stage"),
                           of.get<std::uint16_t>("step"), of.get<int>("errno")};
  child.end = to_exit_record(to_exited(of));
  if (const auto argv = found.find("arguments"); argv != found.end())
    child.argv = to_arguments(to_bytes(argv->second));
  if (child.pid <= 0 || child.end->code < CLD_EXITED || child.end->code > CLD_DUMPED)
    return error(errc::invalid, stage::decode).with_object("exit record; no pid, or no end");
  return child;
}

} // namespace linx::detail
