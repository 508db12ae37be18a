#include "process/thread_status.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

namespace linx::detail {

namespace {

// What a kernel may be without is not among them: CONFIG_SECCOMP, and the number of filters is Linux 5.9.
constexpr std::string_view needed[] = {"Umask",  "Pid",    "Uid",    "Gid",    "Groups",
                                       "CapInh", "CapPrm", "CapBnd", "CapAmb", "NoNewPrivs"};
constexpr std::string_view optional[] = {"Seccomp", "Seccomp_filters"};

std::string_view without_blanks(std::string_view text) noexcept
{
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text;
}

/// The number at the beginning of `text`, which goes on behind it.
template <class Number>
bool take_number(std::string_view& text, Number& number, int base = 10)
{
  text = without_blanks(text);
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number, base);
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  return read.ec == std::errc() && (text.empty() || text.front() == ' ' || text.front() == '\t');
}

template <class Number>
bool only_number(std::string_view text, Number& number, int base = 10)
{
  return take_number(text, number, base) && without_blanks(text).empty();
}

/// Real, effective and saved id; the one of the file system follows.
bool take_ids(std::string_view text, std::uint32_t& real, std::uint32_t& effective, std::uint32_t& saved)
{
  return take_number(text, real) && take_number(text, effective) && take_number(text, saved);
}

bool take_groups(std::string_view text, std::uint64_t& hash)
{
  std::vector<std::uint32_t> groups;
  for (text = without_blanks(text); !text.empty(); text = without_blanks(text)) {
    std::uint32_t group = 0;
    if (!take_number(text, group)) return false;
    groups.push_back(group);
  }
  hash = wire::groups_hash(groups.data(), groups.size());
  return true;
}

} // namespace

bool thread_status::take(std::string_view text)
{
  changed_ = !says_the_same(text);
  if (!changed_) return true;
  // Whole or not at all, also where memory fails: half of it would be taken for all when the text comes
  // again.
  thread_status next;
  const bool known = next.parse(text);
  if (!known) next.forget();
  *this = std::move(next);
  return known;
}

void thread_status::forget() noexcept
{
  told_.clear();
  lines_ = {};
  credentials_ = {};
  thread_ = 0;
}

bool thread_status::says_the_same(std::string_view text) const noexcept
{
  const std::string_view last(last_);
  return !told_.empty() && std::ranges::all_of(told_, [&](const extent& line) {
    return line.offset <= text.size() &&
           text.substr(line.offset, line.size) == last.substr(line.offset, line.size);
  });
}

bool thread_status::parse(std::string_view text)
{
  last_.assign(text);
  std::size_t found = 0;
  for (std::size_t offset = 0; offset < text.size();) {
    const auto line = text.substr(offset, text.find('\n', offset) - offset);
    const auto name = line.substr(0, line.find(':'));
    const bool counts = std::ranges::find(needed, name) != std::end(needed);
    const bool is_known = counts || std::ranges::find(optional, name) != std::end(optional);
    if (is_known && name.size() < line.size()) {
      if (!parse_line(name, line.substr(name.size() + 1))) return false;
      told_.push_back({offset, line.size() + 1});
      found += counts;
    }
    offset += line.size() + 1;
  }
  return found == std::size(needed);
}

bool thread_status::parse_line(std::string_view name, std::string_view value)
{
  wire::credentials& c = credentials_;
  if (name == "Umask") return only_number(value, lines_.umask, 8) && lines_.umask <= 0777;
  if (name == "Pid") return only_number(value, thread_);
  if (name == "Uid") return take_ids(value, c.ruid, c.euid, c.suid);
  if (name == "Gid") return take_ids(value, c.rgid, c.egid, c.sgid);
  if (name == "Groups") return take_groups(value, c.groups);
  if (name == "CapInh") return only_number(value, lines_.inheritable, 16);
  if (name == "CapPrm") return only_number(value, c.permitted, 16);
  if (name == "CapBnd") return only_number(value, lines_.bounding, 16);
  if (name == "CapAmb") return only_number(value, lines_.ambient, 16);
  if (name == "NoNewPrivs") return only_number(value, c.no_new_privs);
  if (name == "Seccomp") return only_number(value, c.seccomp);
  return only_number(value, c.seccomp_filters);
}

} // namespace linx::detail
