#include "command.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include <sys/stat.h>
#include <unistd.h>

namespace run_tool {

linx::result<std::string> find_command(const std::string& name)
{
  std::error_code ignored;
  if (name.find('/') != name.npos) {
    std::error_code no_directory;
    const auto path = std::filesystem::absolute(name, no_directory);
    if (!no_directory) return path.string();
    return linx::error::from_errno(no_directory.value(), linx::stage::execve)
        .with_object("'" + name + "' from the working directory, which is gone");
  }
  const char* const path = std::getenv("PATH");
  std::istringstream directories(path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin");
  int failed = ENOENT;
  for (std::string each; !name.empty() && std::getline(directories, each, ':');) {
    const std::string file = std::filesystem::absolute(each.empty() ? "." : each, ignored) / name;
    struct stat found {};
    if (::stat(file.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) continue;
    if (::access(file.c_str(), X_OK) == 0) return file;
    failed = EACCES;
  }
  return linx::error::from_errno(failed, linx::stage::execve)
      .with_object(failed == ENOENT ? "'" + name + "' is in no directory of $PATH"
                                    : "'" + name + "' in $PATH");
}

} // namespace run_tool
