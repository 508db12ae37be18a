// A program by its name: in whose PATH it is looked up, what counts as found, and what the child becomes.

#include "process/path_search.hpp"
#include "process/stdio_support.hpp"

#include <array>
#include <fstream>
#include <sys/stat.h>

BOOST_AUTO_TEST_SUITE(process_path_search_kernel)

using namespace linx;
using namespace linx::test;

namespace {

void write_script(const std::string& path, const std::string& says, mode_t mode = 0755)
{
  std::ofstream(path) << "#!/bin/sh\necho " << says << " $0\n";
  BOOST_REQUIRE(::chmod(path.c_str(), mode) == 0);
}

error failure_of_search(process_options options)
{
  const auto spawned = test::run(process::spawn(std::move(options.search_path())));
  BOOST_REQUIRE_MESSAGE(!spawned, "it was found");
  BOOST_TEST_MESSAGE(spawned.error().message());
  return spawned.error();
}

std::string output_of(process_options options)
{
  const auto end = test::run(run_to_end(std::move(options.search_path())));
  BOOST_REQUIRE_MESSAGE(end, why(end));
  return end.value().output;
}

} // namespace

// The environment that the child gets decides, not the host's.
BOOST_AUTO_TEST_CASE(whose_path)
{
  std::string path = "PATH=/inherited", other = "PATHS=/no";
  std::array<char*, 3> environment{other.data(), path.data(), nullptr};
  const auto options = process_options("x");
  BOOST_TEST(linx::detail::path_of_child(options, environment.data()) == "/inherited");
  BOOST_TEST(linx::detail::path_of_child(process_options(options).env("PATH", "/own"), environment.data()) ==
             "/own");
  BOOST_TEST(linx::detail::path_of_child(process_options(options).env("PATH", ""), environment.data()) == "");
  BOOST_TEST(linx::detail::path_of_child(process_options(options).clear_env(), environment.data()) ==
             "/bin:/usr/bin");
  BOOST_TEST(linx::detail::path_of_child(options, nullptr) == "/bin:/usr/bin");
}

// The first that may be executed: not a directory, not a file without the permission.
BOOST_AUTO_TEST_CASE(the_first_executable_file)
{
  const scratch a, b, c;
  BOOST_REQUIRE(::mkdir((a / "tool").c_str(), 0755) == 0);
  write_script(b / "tool", "second", 0644);
  write_script(c / "tool", "third");
  const std::string path = "/nonexistent:relative::" + (a / ":") + (b / ":") + c / "";
  BOOST_TEST(output_of(process_options("tool").env("PATH", path)) == "third " + (c / "/tool") + '\n');
  const auto e = failure_of_search(process_options("tool").env("PATH", (a / ":") + b / ""));
  BOOST_TEST((e.where() == stage::execve));
  BOOST_TEST(e.errnum() == EACCES);
}

// A directory of the PATH that is not absolute is nobody's wish.
BOOST_AUTO_TEST_CASE(the_working_directory_is_not_searched)
{
  const scratch here;
  write_script(here / "tool", "never");
  BOOST_REQUIRE(::chdir((here / "").c_str()) == 0);
  for (const char* path : {"", ":", ".", "./", ":.:"}) {
    const auto e = failure_of_search(process_options("tool").env("PATH", path));
    BOOST_TEST(e.errnum() == ENOENT, path);
  }
  BOOST_REQUIRE(::chdir("/") == 0);
}

// Neither starts anything, and the sentence says where it was looked for.
BOOST_AUTO_TEST_CASE(what_is_not_found)
{
  const auto e = failure_of_search(process_options("no-such-tool").env("PATH", "/bin:/sbin"));
  BOOST_TEST((e.where() == stage::execve));
  BOOST_TEST(e.errnum() == ENOENT);
  BOOST_TEST(e.object() == "'no-such-tool' in the path '/bin:/sbin'");
}

// argv[0] is the name, as a shell has it, unless another one was asked for; a path is taken as it is.
BOOST_AUTO_TEST_CASE(the_name_is_argv_0)
{
  const auto report = [](process_options options) {
    return output_of(std::move(options.arg("-c").arg("tr '\\0' ' ' </proc/$$/cmdline | cut -d ' ' -f 1")));
  };
  BOOST_TEST(report(process_options("sh")) == "sh\n");
  BOOST_TEST(report(process_options("sh").argv0("shell")) == "shell\n");
  BOOST_TEST(report(process_options("/bin/sh")) == "/bin/sh\n");
}

BOOST_AUTO_TEST_SUITE_END()
