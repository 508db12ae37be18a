#include "files.hpp"

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

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
  {
    std::ofstream file(fresh, std::ios::binary | std::ios::trunc);
    file << content << std::flush;
    if (!file) return failed(fresh);
  }
  if (std::rename(fresh.c_str(), name.c_str()) == 0) return linx::success();
  const auto why = failed(name);
  ::unlink(fresh.c_str());
  return why;
}

} // namespace ip_tool
