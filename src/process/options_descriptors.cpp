// The options about descriptors: standard streams, a terminal, extra numbers.

#include <linx/process/options.hpp>

#include <algorithm>
#include <sys/un.h>

namespace linx {

namespace {

constexpr std::size_t longest_socket_path = sizeof(sockaddr_un::sun_path) - 1;
constexpr std::size_t longest_listen_name = 255; // sd_listen_fds(3), as systemd's FDNAME_MAX
constexpr int first_extra = 3;
constexpr int past_any_number = 1 << 30; // far above fs.nr_open

result<> check_stream(const stdio& source, int number)
{
  const auto where = [number] { return " as standard stream " + std::to_string(number); };
  switch (source.what()) {
  case stdio::kind::descriptor:
    if (source.fd() < 0) return error::argument("descriptor " + std::to_string(source.fd()) + where());
    break;
  case stdio::kind::file:
  case stdio::kind::connect_unix:
    if (source.path().empty()) return error::argument("an empty path" + where());
    // An abstract name may hold any byte (unix(7)).
    if (source.path().find('\0') != std::string::npos &&
        (source.what() == stdio::kind::file || source.path().front() != '@'))
      return error::argument("path '" + source.path().substr(0, source.path().find('\0')) + "'" + where() +
                             " holds a NUL byte");
    if (source.what() == stdio::kind::connect_unix && source.path().size() > longest_socket_path)
      return error::argument("socket path of " + std::to_string(source.path().size()) + " bytes" + where() +
                             "; unix(7) takes " + std::to_string(longest_socket_path));
    break;
  default:
    break;
  }
  return success();
}

result<> check_listen_name(const std::string& name)
{
  const auto printable = [](char c) { return c >= ' ' && c <= '~' && c != ':'; };
  if (name.size() <= longest_listen_name && std::ranges::all_of(name, printable)) return success();
  return error::argument("listen_descriptor '" + name +
                         "'; a name is at most 255 printable ASCII characters without ':'");
}

result<> check_same_as(const std::array<stdio, 3>& streams, int number)
{
  const int other = streams[static_cast<std::size_t>(number)].other();
  const std::string what =
      "standard stream " + std::to_string(number) + " the same as " + std::to_string(other) + "; ";
  if (other < 0 || other > 2) return error::argument(what + "the standard streams are 0, 1 and 2");
  if (other == number) return error::argument(what + "name another one");
  if (streams[static_cast<std::size_t>(other)].what() == stdio::kind::same_as)
    return error::argument(what + "that one is the same as another itself: name the one that has a source");
  return success();
}

bool sets_variable(const process_options& o, std::string_view name)
{
  return std::ranges::any_of(o.env(), [&](const auto& pair) { return pair.first == name; });
}

} // namespace

process_options& process_options::standard_streams(stdio all)
{
  stdio_.fill(all);
  return *this;
}

process_options& process_options::standard_input(stdio source)
{
  stdio_[0] = std::move(source);
  return *this;
}

process_options& process_options::standard_output(stdio source)
{
  stdio_[1] = std::move(source);
  return *this;
}

process_options& process_options::standard_error(stdio source)
{
  stdio_[2] = std::move(source);
  return *this;
}

process_options& process_options::terminal(io::window_size size)
{
  terminal_ = size;
  return *this;
}

process_options& process_options::descriptor(int number, int fd)
{
  descriptors_.emplace_back(number, fd);
  return *this;
}

process_options& process_options::listen_descriptor(int fd, std::string name)
{
  listen_.emplace_back(std::move(name), fd);
  return *this;
}

result<> process_options::check_descriptors() const
{
  for (int number = 0; number != 3; ++number) {
    const auto& source = stdio_[static_cast<std::size_t>(number)];
    BOOST_OUTCOME_TRYV(check_stream(source, number));
    if (source.what() == stdio::kind::same_as) {
      BOOST_OUTCOME_TRYV(check_same_as(stdio_, number));
    }
    if (terminal_ && source.what() != stdio::kind::inherit)
      return error::argument("a terminal and a source of its own for standard stream " +
                             std::to_string(number) + "; a terminal is all three");
  }
  std::vector<int> numbers;
  for (const auto& [name, fd] : listen_) {
    BOOST_OUTCOME_TRYV(check_listen_name(name));
    numbers.push_back(first_extra + static_cast<int>(numbers.size()));
    if (fd < 0)
      return error::argument("listen_descriptor '" + name + "' of descriptor " + std::to_string(fd));
  }
  for (const auto& [number, fd] : descriptors_) {
    numbers.push_back(number);
    if (number < first_extra || number >= past_any_number)
      return error::argument("descriptor at number " + std::to_string(number) +
                             "; 3 and higher, 0 to 2 are the standard streams");
    if (fd < 0)
      return error::argument("descriptor " + std::to_string(fd) + " at number " + std::to_string(number));
  }
  std::ranges::sort(numbers);
  if (const auto twice = std::ranges::adjacent_find(numbers); twice != numbers.end())
    return error::argument("two descriptors at number " + std::to_string(*twice));
  if (!listen_.empty()) {
    for (const char* variable : {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"})
      if (sets_variable(*this, variable))
        return error::argument(std::string(variable) + " is set by listen_descriptor() already");
  }
  return success();
}

} // namespace linx
