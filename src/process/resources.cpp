#include <linx/process/resources.hpp>

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace linx {

namespace {

// As prlimit(1) names them; the index is RLIMIT_* of asm-generic/resource.h.
constexpr std::string_view limit_names[] = {"cpu",      "fsize",  "data",    "stack", "core",  "rss",
                                            "nproc",    "nofile", "memlock", "as",    "locks", "sigpending",
                                            "msgqueue", "nice",   "rtprio",  "rttime"};
static_assert(RLIMIT_CPU == 0 && RLIMIT_NOFILE == 7 && RLIMIT_RTTIME == 15);

std::optional<std::uint64_t> read_number(std::string_view text)
{
  if (text == "unlimited" || text == "infinity") return resource_limit::unlimited;
  std::uint64_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto [at, failed] = std::from_chars(text.data(), end, value);
  return !text.empty() && failed == std::errc() && at == end ? std::optional(value) : std::nullopt;
}

std::string words(std::uint64_t value)
{
  return value == resource_limit::unlimited ? "unlimited" : std::to_string(value);
}

/// NOFILE and RLIMIT_NOFILE are nofile.
std::string plain_name(std::string_view given)
{
  std::string name(given);
  // Not by the locale, which may know another small letter for I.
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  constexpr std::string_view prefix = "rlimit_";
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

error bad_limit(std::string_view text)
{
  return error::argument(
      "limit '" + std::string(text) +
      "'; a name of prlimit(1) in any case, soft, and hard where it differs: nofile=1024:4096");
}

bool has(const cpu_set& set, unsigned cpu) noexcept
{
  return cpu / 64 < set.mask().size() && (set.mask()[cpu / 64] >> (cpu % 64) & 1u) != 0;
}

} // namespace

result<resource_limit> resource_limit::parse(std::string_view text)
{
  const auto equals = text.find('=');
  if (equals == text.npos) return bad_limit(text);
  const auto* const name = std::ranges::find(limit_names, plain_name(text.substr(0, equals)));
  if (name == std::end(limit_names)) return bad_limit(text);
  const auto values = text.substr(equals + 1);
  const auto colon = values.find(':');
  const auto soft = read_number(values.substr(0, colon));
  const auto hard = colon == values.npos ? soft : read_number(values.substr(colon + 1));
  if (!soft || !hard) return bad_limit(text);
  return resource_limit(static_cast<int>(name - std::begin(limit_names)), *soft, *hard);
}

std::string to_string(const resource_limit& l)
{
  const auto n = static_cast<std::size_t>(l.resource());
  std::string text = n < std::size(limit_names) ? std::string(limit_names[n]) : std::to_string(l.resource());
  text += '=' + words(l.soft());
  if (l.hard() != l.soft()) text += ':' + words(l.hard());
  return text;
}

cpu_set& cpu_set::add(unsigned cpu)
{
  if (cpu >= most) {
    valid_ = false;
    return *this;
  }
  if (cpu / 64 >= words_.size()) words_.resize(cpu / 64 + 1);
  words_[cpu / 64] |= std::uint64_t(1) << (cpu % 64);
  return *this;
}

result<cpu_set> cpu_set::parse(std::string_view text)
{
  cpu_set set;
  const auto bad = error::argument("CPUs '" + std::string(text) + "'; numbers and ranges below " +
                                   std::to_string(most) + ": 0-3,8");
  for (auto rest = text;;) {
    const auto comma = rest.find(',');
    const auto part = rest.substr(0, comma);
    const auto dash = part.find('-');
    const auto first = read_number(part.substr(0, dash));
    const auto last = dash == part.npos ? first : read_number(part.substr(dash + 1));
    if (!first || !last || *first > *last || *last >= most) return bad;
    for (auto cpu = *first; cpu <= *last; ++cpu) set.add(static_cast<unsigned>(cpu));
    if (comma == rest.npos) return set;
    rest.remove_prefix(comma + 1);
  }
}

std::string to_string(const cpu_set& set)
{
  std::string text;
  const auto end = static_cast<unsigned>(set.mask().size() * 64);
  for (unsigned first = 0; first < end; ++first) {
    if (!has(set, first)) continue;
    unsigned last = first;
    while (has(set, last + 1)) ++last;
    if (!text.empty()) text += ',';
    text += std::to_string(first);
    if (last != first) text += '-' + std::to_string(last);
    first = last;
  }
  return text;
}

resources& resources::limit(resource_limit which) &
{
  std::erase_if(limits_, [&](const resource_limit& l) { return l.resource() == which.resource(); });
  limits_.push_back(which);
  return *this;
}

resources& resources::nice(int value) & noexcept
{
  nice_ = value;
  return *this;
}

resources& resources::schedule(int policy, int priority) & noexcept
{
  policy_ = policy;
  priority_ = priority;
  return *this;
}

resources& resources::affinity(cpu_set cpus) &
{
  affinity_ = std::move(cpus);
  return *this;
}

resources& resources::oom_score_adj(int value) & noexcept
{
  oom_score_adj_ = value;
  return *this;
}

resources& resources::cgroup(int directory) & noexcept
{
  cgroup_ = directory;
  return *this;
}

result<> resources::validate() const
{
  for (const auto& l : limits_) {
    if (l.resource() < 0 || static_cast<std::size_t>(l.resource()) >= std::size(limit_names))
      return error::argument("resource " + std::to_string(l.resource()) + "; RLIMIT_* of sys/resource.h");
    if (l.soft() > l.hard()) return error::argument("limit " + to_string(l) + "; soft exceeds hard");
  }
  if (nice_ && (*nice_ < -20 || *nice_ > 19))
    return error::argument("nice value " + std::to_string(*nice_) + "; -20 to 19");
  if (oom_score_adj_ && (*oom_score_adj_ < -1000 || *oom_score_adj_ > 1000))
    return error::argument("oom_score_adj " + std::to_string(*oom_score_adj_) + "; -1000 to 1000");
  if (affinity_ && !affinity_->valid())
    return error::argument("a CPU that Linux cannot have; numbers are below " +
                           std::to_string(cpu_set::most));
  if (affinity_ && affinity_->empty()) return error::argument("an empty set of CPUs to run on");
  if (policy_) {
    const bool real_time = *policy_ == SCHED_FIFO || *policy_ == SCHED_RR;
    const bool known =
        real_time || *policy_ == SCHED_OTHER || *policy_ == SCHED_BATCH || *policy_ == SCHED_IDLE;
    if (!known)
      return error::argument("scheduling policy " + std::to_string(*policy_) +
                             "; SCHED_OTHER, SCHED_BATCH, SCHED_IDLE, SCHED_FIFO or SCHED_RR");
    if (real_time ? priority_ < 1 || priority_ > 99 : priority_ != 0)
      return error::argument("priority " + std::to_string(priority_) +
                             "; 1 to 99 for SCHED_FIFO and SCHED_RR, else 0");
  }
  if (cgroup_ < -1) return error::argument("cgroup directory " + std::to_string(cgroup_) + "; a descriptor");
  return success();
}

} // namespace linx
