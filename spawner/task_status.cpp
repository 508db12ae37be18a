#include "task_status.hpp"

namespace linx::spawner {

namespace {

constexpr bool is_blank(char c) noexcept
{
  return c == ' ' || c == '\t';
}

constexpr int digit_of(char c, int base) noexcept
{
  if (c >= '0' && c <= '9') return c - '0';
  return base == 16 && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// One line, read from its front.
class line {
public:
  line(const char* begin, const char* end) noexcept : next_(begin), end_(end) {}

  /// Takes the name and its colon, if it is that one.
  template <std::size_t size>
  bool is(const char (&name)[size]) noexcept
  {
    constexpr std::size_t length = size - 1;
    if (static_cast<std::size_t>(end_ - next_) <= length || next_[length] != ':') return false;
    for (std::size_t i = 0; i != length; ++i)
      if (next_[i] != name[i]) return false;
    next_ += size;
    return true;
  }

  bool at_end() noexcept
  {
    while (next_ != end_ && is_blank(*next_)) ++next_;
    return next_ == end_;
  }

  template <class Number>
  bool take(Number& number, int base = 10) noexcept
  {
    if (at_end()) return false;
    number = 0;
    for (; next_ != end_ && !is_blank(*next_); ++next_) {
      const int digit = digit_of(*next_, base);
      if (digit < 0) return false;
      number = static_cast<Number>(number * static_cast<Number>(base) + static_cast<Number>(digit));
    }
    return true;
  }

  /// Real, effective and saved id; that of the file system follows.
  bool take_ids(std::uint32_t& real, std::uint32_t& effective, std::uint32_t& saved) noexcept
  {
    return take(real) && take(effective) && take(saved);
  }

  bool take_groups(std::uint64_t& hash) noexcept
  {
    hash = wire::no_groups_hash;
    while (!at_end()) {
      std::uint32_t group = 0;
      if (!take(group)) return false;
      hash = wire::add_to_groups_hash(hash, group);
    }
    return true;
  }

private:
  const char* next_;
  const char* end_;
};

/// Of the lines that must be there, the bit of this one; 0 for any other; -1 if it is odd.
int read_line(line text, task_status& out) noexcept
{
  wire::credentials& who = out.who;
  if (text.is("Uid")) return text.take_ids(who.ruid, who.euid, who.suid) ? 1 << 0 : -1;
  if (text.is("Gid")) return text.take_ids(who.rgid, who.egid, who.sgid) ? 1 << 1 : -1;
  if (text.is("Groups")) return text.take_groups(who.groups) ? 1 << 2 : -1;
  if (text.is("CapInh")) return text.take(out.inheritable, 16) ? 1 << 3 : -1;
  if (text.is("CapPrm")) return text.take(who.permitted, 16) ? 1 << 4 : -1;
  if (text.is("CapBnd")) return text.take(out.bounding, 16) ? 1 << 5 : -1;
  if (text.is("CapAmb")) return text.take(out.ambient, 16) ? 1 << 6 : -1;
  if (text.is("NoNewPrivs")) return text.take(who.no_new_privs) ? 1 << 7 : -1;
  if (text.is("VmSize")) {
    out.has_memory = true;
    return 0;
  }
  if (text.is("Seccomp")) return text.take(who.seccomp) ? 0 : -1;
  if (text.is("Seccomp_filters")) return text.take(who.seccomp_filters) ? 0 : -1;
  return 0;
}

constexpr int all_lines = 0xff;

/// The next whole line; false at the end.
bool next_line(bytes& rest, line& out) noexcept
{
  const char* const begin = reinterpret_cast<const char*>(rest.data);
  std::size_t size = 0;
  while (size != rest.size && begin[size] != '\n') ++size;
  if (size == rest.size) return false;
  out = line(begin, begin + size);
  rest.take(size + 1);
  return true;
}

} // namespace

bool read_task_status(bytes text, task_status& out) noexcept
{
  out = {};
  int found = 0;
  for (line each(nullptr, nullptr); next_line(text, each);) {
    const int read = read_line(each, out);
    if (read < 0) return false;
    found |= read;
  }
  return found == all_lines && text.size == 0; // cut off: what is missing might count
}

std::uint32_t pid_of_fdinfo(bytes text) noexcept
{
  std::uint32_t pid = 0;
  for (line each(nullptr, nullptr); next_line(text, each);)
    if (each.is("Pid")) return each.take(pid) ? pid : 0;
  return 0;
}

} // namespace linx::spawner
