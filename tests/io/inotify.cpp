// The reader of inotify's buffers takes nothing for granted: a short read must not become a wild pointer.
#include <linx/io/inotify.hpp>

#include <boost/test/unit_test.hpp>

#include <cstring>
#include <vector>

BOOST_AUTO_TEST_SUITE(io_inotify)

using namespace linx::io;

namespace {

using bytes = std::vector<std::byte>;

void append(bytes& out, int watch, std::uint32_t mask, std::uint32_t cookie, std::string_view name,
            std::size_t padded)
{
  ::inotify_event header{};
  header.wd = watch;
  header.mask = mask;
  header.cookie = cookie;
  header.len = static_cast<std::uint32_t>(padded);
  const auto at = out.size();
  out.resize(at + sizeof header + padded);
  std::memcpy(out.data() + at, &header, sizeof header);
  std::memcpy(out.data() + at + sizeof header, name.data(), name.size());
}

} // namespace

BOOST_AUTO_TEST_CASE(walks_events_with_and_without_names)
{
  bytes buffer;
  append(buffer, 1, IN_CREATE, 0, "file", 16);
  append(buffer, 2, IN_DELETE_SELF, 0, "", 0);
  append(buffer, -1, IN_Q_OVERFLOW, 0, "", 0);
  append(buffer, 3, IN_MOVED_FROM, 7, "sixteen-bytes-xx", 16); // no NUL left: the length alone ends it
  inotify_reader reader(buffer);

  auto event = reader.next();
  BOOST_REQUIRE((event && event.value()));
  BOOST_TEST(event.value()->watch() == 1);
  BOOST_TEST(event.value()->has(IN_CREATE));
  BOOST_TEST(event.value()->name() == "file");

  event = reader.next();
  BOOST_REQUIRE((event && event.value()));
  BOOST_TEST(event.value()->name() == "");

  event = reader.next();
  BOOST_REQUIRE((event && event.value()));
  BOOST_TEST(event.value()->is_overflow());
  BOOST_TEST(event.value()->watch() == -1);

  event = reader.next();
  BOOST_REQUIRE((event && event.value()));
  BOOST_TEST(event.value()->name() == "sixteen-bytes-xx");
  BOOST_TEST(event.value()->cookie() == 7u);

  event = reader.next();
  BOOST_REQUIRE(event);
  BOOST_TEST(!event.value());
}

// Every prefix of a valid buffer, each in storage of its own size so that the sanitizer sees one byte too
// many.
BOOST_AUTO_TEST_CASE(each_truncated_buffer_is_an_error_and_then_the_end)
{
  bytes whole;
  append(whole, 1, IN_CREATE, 0, "name", 16);
  const auto one = whole.size();
  append(whole, 2, IN_CREATE, 0, "other", 16);
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const bytes prefix(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    inotify_reader reader(prefix);
    std::size_t events = 0;
    bool truncated = false;
    for (;;) {
      const auto event = reader.next();
      if (!event) {
        BOOST_TEST((event.error() == linx::errc::truncated));
        BOOST_TEST((event.error().where() == linx::stage::decode));
        truncated = true;
        continue;
      }
      if (!event.value()) break;
      ++events;
    }
    BOOST_TEST(events == size / one);
    BOOST_TEST(truncated == (size % one != 0));
  }
}

BOOST_AUTO_TEST_CASE(a_length_beyond_everything_is_refused)
{
  bytes buffer;
  append(buffer, 1, IN_CREATE, 0, "", 0);
  const std::uint32_t huge = 0xffffffff;
  std::memcpy(buffer.data() + offsetof(::inotify_event, len), &huge, sizeof huge);
  inotify_reader reader(buffer);
  BOOST_TEST(!reader.next());
}

BOOST_AUTO_TEST_SUITE_END()
