#include "exit_file.hpp"

#include "decimal.hpp"
#include "syscall.hpp"

#include <asm/errno.h>
#include <linux/fcntl.h>

namespace linx::spawner {

namespace {

/// Lines `key=value`. The longest that there can be fits.
class record_text {
public:
  record_text() noexcept { append(wire::exit_record_head, sizeof wire::exit_record_head - 1); }

  template <std::size_t size>
  record_text& line(const char (&key)[size], std::int64_t value) noexcept
  {
    append(key, size - 1);
    append("=", 1);
    const decimal text(value);
    append(text.data(), text.size());
    append("\n", 1);
    return *this;
  }
  template <std::size_t size>
  record_text& line(const char (&key)[size], std::uint64_t value) noexcept
  {
    return line(key, static_cast<std::int64_t>(value));
  }
  /// Each with its NUL, as /proc/<pid>/cmdline has them, in hexadecimal digits.
  void hex_line(const char* bytes, std::size_t size) noexcept
  {
    constexpr char digits[] = "0123456789abcdef";
    append("arguments=", 10);
    for (std::size_t i = 0; i != size; ++i) {
      const auto byte = static_cast<unsigned char>(bytes[i]);
      const char both[] = {digits[byte >> 4], digits[byte & 15]};
      append(both, 2);
    }
    append("\n", 1);
  }

  const char* data() const noexcept { return text_; }
  std::size_t size() const noexcept { return size_; }

private:
  void append(const char* from, std::size_t size) noexcept
  {
    if (size > sizeof text_ - size_) size = sizeof text_ - size_;
    __builtin_memcpy(text_ + size_, from, size);
    size_ += size;
  }

  char text_[wire::longest_exit_record];
  std::size_t size_ = 0;
};

record_text text_of(const parked_child& child) noexcept
{
  const wire::exited_record& end = child.end;
  record_text text;
  text.line("pid", std::int64_t{child.pid})
      .line("child_pid", std::int64_t{child.child_pid})
      .line("code", std::int64_t{end.code})
      .line("status", std::int64_t{end.status})
      .line("checkpoint", static_cast<std::int64_t>(child.slot.state))
      .line("stage", static_cast<std::int64_t>(child.slot.where))
      .line("step", std::int64_t{child.slot.step})
      .line("errno", std::int64_t{child.slot.error})
      .line("user_us", end.user_us)
      .line("system_us", end.system_us)
      .line("max_rss_kib", end.max_rss_kib)
      .line("minor_faults", end.minor_faults)
      .line("major_faults", end.major_faults)
      .line("blocks_in", end.blocks_in)
      .line("blocks_out", end.blocks_out)
      .line("voluntary_switches", end.voluntary_switches)
      .line("involuntary_switches", end.involuntary_switches);
  constexpr std::size_t most = 512; // of the arguments
  text.hex_line(child.arguments, child.arguments_length < most ? child.arguments_length : most);
  return text;
}

/// NAME.exit, and what it is called until it is whole.
struct names {
  explicit names(const parked_child& child) noexcept
  {
    __builtin_memcpy(whole, child.name, child.name_length);
    __builtin_memcpy(whole + child.name_length, wire::exit_record_suffix, sizeof wire::exit_record_suffix);
    __builtin_memcpy(part, whole, child.name_length + sizeof wire::exit_record_suffix - 1);
    part[child.name_length + sizeof wire::exit_record_suffix - 1] = '~';
    part[child.name_length + sizeof wire::exit_record_suffix] = '\0';
  }

  char whole[wire::longest_parked_name + 8];
  char part[wire::longest_parked_name + 8];
};

} // namespace

int write_exit_file(int directory, const parked_child& child) noexcept
{
  const names name(child);
  constexpr unsigned flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  sys::call(__NR_unlinkat, directory, name.part, 0); // of a spawner that was killed
  const long file = sys::call(__NR_openat, directory, name.part, flags, 0600);
  if (file < 0) return sys::error_of(file);
  const record_text text = text_of(child);
  const long written = sys::call(__NR_write, file, text.data(), text.size());
  sys::call(__NR_close, file);
  int error = sys::error_of(written);
  if (error == 0 && static_cast<std::size_t>(written) != text.size()) error = ENOSPC;
  if (error == 0)
    error = sys::error_of(sys::call(__NR_renameat, directory, name.part, directory, name.whole));
  if (error != 0) sys::call(__NR_unlinkat, directory, name.part, 0);
  return error;
}

} // namespace linx::spawner
