// Command lines of options with values, read alike by the programs that have them.
#pragma once

#include <linx/core/result.hpp>

#include <cerrno>
#include <charconv>
#include <exception>
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace command_line {

using text = std::string_view;

inline linx::error wrong(text what, text value, text expected)
{
  return linx::error::argument(std::string(what) + " '" + std::string(value) + "': " + std::string(expected));
}

/// All of `value`, or of a `part` of it, which the error then does not hide.
template <class Number>
linx::result<Number> number(text what, text value, std::optional<text> part = std::nullopt)
{
  const text digits = part.value_or(value);
  Number parsed{};
  const char* const end = digits.data() + digits.size();
  const auto [stopped, failed] = std::from_chars(digits.data(), end, parsed);
  if (failed == std::errc::result_out_of_range) return wrong(what, value, "the number is too large");
  if (failed != std::errc() || stopped != end)
    return wrong(what, value,
                 std::is_floating_point_v<Number> ? "a number is expected"
                 : std::is_unsigned_v<Number>     ? "a number is expected, 0 or more"
                                                  : "a whole number is expected");
  return parsed;
}

/// An option and its value, or an operand as the value of no option.
struct word {
  text option;
  text value;
};

enum class operands { anywhere, end_options };

/// `--name VALUE`, `--name=VALUE` and `--flag`; `--` ends the options. `-h` is `--help`, and that is a flag.
/// Errors: stage `argument` for an option that is not known, or has no value, or has one as a flag.
inline linx::result<std::vector<word>> read(std::span<char* const> words, std::span<const text> flags,
                                            std::span<const text> options, operands where)
{
  const auto known = [](std::span<const text> names, text name) {
    for (const text each : names)
      if (each == name) return true;
    return false;
  };
  std::vector<word> all;
  bool only_operands = false;
  for (std::size_t n = 0; n < words.size(); ++n) {
    const text given = words[n];
    if (only_operands || given.size() < 2 || given[0] != '-') {
      all.push_back({{}, given});
      only_operands |= where == operands::end_options;
      continue;
    }
    if (given == "--") {
      only_operands = true;
      continue;
    }
    const text name = given.substr(0, given.find('='));
    const bool has_value = name.size() < given.size();
    const bool helps = name == "--help" || name == "-h";
    if (helps || known(flags, name)) {
      if (has_value) return wrong("option", given, "it takes no value");
      all.push_back({helps ? text("--help") : name, {}});
    } else if (!known(options, name)) {
      return linx::error::argument("unknown option " + std::string(name));
    } else if (has_value) {
      all.push_back({name, given.substr(name.size() + 1)});
    } else if (n + 1 == words.size() || text(words[n + 1]) == "--") {
      return linx::error::argument(std::string(name) + ": a value is missing");
    } else {
      all.push_back({name, words[++n]});
    }
  }
  return all;
}

inline bool asks_for_help(std::span<const word> words)
{
  for (const word& each : words)
    if (each.option == "--help") return true;
  return false;
}

/// What somebody asked for, on standard output. Errors: stage `send`.
inline linx::result<> print(text what)
{
  errno = 0;
  if (std::cout << what << std::flush) return linx::success();
  return linx::error::from_errno(errno != 0 ? errno : EIO, linx::stage::send).with_object("standard output");
}

/// Without what would break a line, or command a terminal.
inline std::string printable(std::string line)
{
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return line;
}

/// One line on standard error.
inline void complain(text program, const linx::error& error)
{
  const char* const more = error.where() == linx::stage::argument ? "; try --help" : "";
  std::cerr << printable(std::string(program) + ": " + error.message() + more) + '\n';
}

/// What `main` returns: that of `program`, or `status` and a line on standard error for what it throws, as
/// where a descriptor is missing before anything can be returned.
template <class Program>
int guarded(text name, int status, Program program)
{
  try {
    return program();
  } catch (const std::exception& thrown) {
    std::cerr << printable(std::string(name) + ": " + thrown.what()) + '\n';
    return status;
  }
}

/// Puts /dev/null where a standard stream is closed, or the next descriptor that is opened would become it.
inline void fill_standard_streams()
{
  int fd;
  while ((fd = ::open("/dev/null", O_RDWR)) >= 0 && fd <= STDERR_FILENO) continue;
  if (fd > STDERR_FILENO) ::close(fd);
}

} // namespace command_line
