#include "files.hpp"

#include <linx/io/unique_fd.hpp>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

namespace ip_tool {

namespace {

linx::error failed(const std::string& name)
{
  return linx::error::from_errno(errno != 0 ? errno : EIO, linx::stage::open).with_object(name);
}

linx::result<std::string> whole(std::istream& input, const std::string& name)
{
  std::string all(std::istreambuf_iterator<char>(input), {});
  if (input.bad()) return failed(name);
  return all;
}

} // namespace

linx::result<std::string> read_file(const std::string& name)
{
  if (name == "-") return whole(std::cin, name);
  errno = 0;
  std::ifstream file(name, std::ios::binary);
  if (!file) return failed(name);
  return whole(file, name);
}

linx::result<std::optional<std::string>> read_file_if_any(const std::string& name)
{
  auto content = read_file(name);
  if (content) return std::optional(std::move(content).value());
  if (content.error().errnum() == ENOENT) return std::optional<std::string>();
  return std::move(content).error();
}

linx::result<> write_file(const std::string& name, const std::string& content)
{
  const std::string fresh = name + ".new";
  errno = 0;
  const linx::io::unique_fd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!file) return failed(fresh);
  for (std::string_view left = content; !left.empty();) {
    const auto wrote = ::write(file.get(), left.data(), left.size());
    if (wrote < 0) return failed(fresh);
    left.remove_prefix(static_cast<std::size_t>(wrote));
  }
  // the name is the old file's or the new one's, whole, whatever happens
  if (::fsync(file.get()) == 0 && std::rename(fresh.c_str(), name.c_str()) == 0) return linx::success();
  const auto why = failed(name);
  ::unlink(fresh.c_str());
  return why;
}

} // namespace ip_tool
