#include "process/path_search.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace linx::detail {

namespace {

constexpr std::string_view default_path = "/bin:/usr/bin"; // confstr(3), _CS_PATH

/// 0, or the errno that execve(2) would fail with for this process.
int why_not_executable(const std::string& file) noexcept
{
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0) return errno;
  if (!S_ISREG(found.st_mode)) return EACCES;
  return ::faccessat(AT_FDCWD, file.c_str(), X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

} // namespace

std::string path_of_child(const process_options& o, char** environment)
{
  const auto set = std::ranges::find(o.env(), "PATH", [](const auto& pair) { return pair.first; });
  if (set != o.env().end()) return set->second;
  constexpr std::string_view label = "PATH=";
  for (; environment && *environment && !o.clears_env(); ++environment)
    if (std::string_view(*environment).starts_with(label)) return *environment + label.size();
  return std::string(default_path);
}

result<std::string> find_in_path(const std::string& name, std::string_view path)
{
  int worst = ENOENT;
  for (std::string_view rest = path; !rest.empty();) {
    const auto colon = std::min(rest.find(':'), rest.size());
    const auto directory = rest.substr(0, colon);
    rest.remove_prefix(std::min(colon + 1, rest.size()));
    // The current directory is the host's here and another one there, so a file in it is nobody's wish.
    if (!directory.starts_with('/')) continue;
    std::string file = std::string(directory) + '/' + name;
    const int why = why_not_executable(file);
    if (why == 0) return file;
    if (why != ENOENT && why != ENOTDIR) worst = EACCES;
  }
  return error::from_errno(worst, linx::stage::execve)
      .with_object("'" + name + "' in the path '" + std::string(path) + "'");
}

result<> find_program(process_options& o)
{
  if (!o.search_path_ || o.argv_.empty()) return success();
  const std::string& name = o.argv_.front();
  const bool is_name = !name.empty() && name.find('/') == name.npos && name.find('\0') == name.npos;
  if (!is_name) return success(); // validate() looks at it
  BOOST_OUTCOME_TRY(auto file, find_in_path(name, path_of_child(o, ::environ)));
  if (!o.argv0_) o.argv0_ = name;
  o.argv_.front() = std::move(file);
  return success();
}

} // namespace linx::detail
