// Changes as the kernel reports them.
#include "harness/value.hpp"

#include <linx/io/inotify.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <stdlib.h>

BOOST_AUTO_TEST_SUITE(io_inotify_kernel)

using namespace linx::io;
using linx::error_code;
namespace asio = boost::asio;

namespace {

class directory {
public:
  directory()
  {
    std::string pattern = (std::filesystem::temp_directory_path() / "linx-inotify-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~directory() { std::filesystem::remove_all(path_); }
  std::string path(const std::string& name = {}) const { return name.empty() ? path_ : path_ + "/" + name; }
  void create(const std::string& name) const { std::ofstream(path(name)) << "x"; }

private:
  std::string path_;
};

inotify opened(asio::io_context& context)
{
  return linx::test::value_of(inotify::open(context.get_executor()));
}

// Runs one read to its end and returns "<watch>:<name>" of each event with one of these bits.
std::vector<std::string> read_names(asio::io_context& context, inotify& object, std::uint32_t bits)
{
  alignas(::inotify_event) std::array<std::byte, 4096> buffer;
  std::vector<std::string> names;
  object.async_read_some(asio::buffer(buffer), [&](error_code ec, std::size_t size) {
    BOOST_TEST(!ec);
    inotify_reader reader(std::span<const std::byte>(buffer).first(size));
    while (const auto event = reader.next().value()) {
      if (event->has(bits))
        names.push_back(std::to_string(event->watch()) + ":" + std::string(event->name()));
    }
  });
  context.restart();
  context.run();
  return names;
}

} // namespace

BOOST_AUTO_TEST_CASE(reports_what_happens_in_a_directory)
{
  asio::io_context context;
  const directory dir;
  auto object = opened(context);
  const auto watch = object.add_watch(dir.path(), IN_CREATE | IN_DELETE);
  BOOST_REQUIRE(watch);
  dir.create("first");
  dir.create("second");
  const auto prefix = std::to_string(watch.value()) + ":";
  const std::vector<std::string> expected{prefix + "first", prefix + "second"};
  BOOST_TEST(read_names(context, object, IN_CREATE) == expected, boost::test_tools::per_element());

  std::filesystem::remove(dir.path("first"));
  const std::vector<std::string> gone{prefix + "first"};
  BOOST_TEST(read_names(context, object, IN_DELETE) == gone, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(waits_until_something_happens)
{
  asio::io_context context;
  const directory dir;
  auto object = opened(context);
  BOOST_REQUIRE(object.add_watch(dir.path(), IN_CREATE));
  std::array<std::byte, 4096> buffer;
  std::size_t got = 0;
  object.async_read_some(asio::buffer(buffer), [&](error_code, std::size_t size) { got = size; });
  context.poll();
  BOOST_TEST(got == 0u);
  dir.create("file");
  context.restart();
  context.run();
  BOOST_TEST(got >= sizeof(::inotify_event));
}

// A directory that is renamed, or hidden by a mount, is still the one that was opened.
BOOST_AUTO_TEST_CASE(watches_an_open_directory_whatever_its_path_becomes)
{
  asio::io_context context;
  const directory dir;
  std::filesystem::create_directory(dir.path("before"));
  const unique_fd fd(::open(dir.path("before").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  BOOST_REQUIRE(!!fd);
  std::filesystem::rename(dir.path("before"), dir.path("after"));
  auto object = opened(context);
  const auto watch = object.add_watch(fd.get(), IN_CREATE);
  BOOST_REQUIRE(watch);
  dir.create("after/file");
  BOOST_TEST(read_names(context, object, IN_CREATE).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_removed_watch_says_that_it_is_gone)
{
  asio::io_context context;
  const directory dir;
  auto object = opened(context);
  const auto watch = object.add_watch(dir.path(), IN_CREATE);
  BOOST_REQUIRE(watch);
  BOOST_REQUIRE(object.remove_watch(watch.value()));
  BOOST_TEST(read_names(context, object, IN_IGNORED).size() == 1u);
  const auto twice = object.remove_watch(watch.value());
  BOOST_REQUIRE(!twice);
  BOOST_TEST(twice.error().errnum() == EINVAL);
}

BOOST_AUTO_TEST_CASE(a_cancelled_read_loses_no_event)
{
  asio::io_context context;
  const directory dir;
  auto object = opened(context);
  BOOST_REQUIRE(object.add_watch(dir.path(), IN_CREATE));
  std::array<std::byte, 4096> buffer;
  asio::cancellation_signal signal;
  error_code outcome;
  object.async_read_some(
      asio::buffer(buffer),
      asio::bind_cancellation_slot(signal.slot(), [&](error_code ec, std::size_t) { outcome = ec; }));
  context.poll();
  dir.create("file");
  signal.emit(asio::cancellation_type::partial);
  context.restart();
  context.run();
  BOOST_TEST(outcome == asio::error::operation_aborted);
  BOOST_TEST(read_names(context, object, IN_CREATE).size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_watched_is_named)
{
  asio::io_context context;
  auto object = opened(context);
  const auto missing = object.add_watch("/no/such/thing", IN_CREATE);
  BOOST_REQUIRE(!missing);
  BOOST_TEST(missing.error().errnum() == ENOENT);
  BOOST_TEST(missing.error().object() == "/no/such/thing");

  const auto cut = object.add_watch(std::string("/tmp\0/x", 7), IN_CREATE);
  BOOST_REQUIRE(!cut);
  BOOST_TEST((cut.error().where() == linx::stage::argument));
}

BOOST_AUTO_TEST_SUITE_END()
