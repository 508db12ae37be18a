// A descriptor that is closed twice, or never, is a bug in somebody else's file.
#include <linx/io/unique_fd.hpp>

#include <boost/test/unit_test.hpp>

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(io_unique_fd)

using linx::io::unique_fd;

namespace {

bool is_open(int fd)
{
  return ::fcntl(fd, F_GETFD) >= 0;
}

unique_fd some_descriptor()
{
  return unique_fd(::open("/dev/null", O_RDWR | O_CLOEXEC));
}

} // namespace

BOOST_AUTO_TEST_CASE(closes_what_it_owns)
{
  int number;
  {
    const auto fd = some_descriptor();
    number = fd.get();
    BOOST_TEST(is_open(number));
  }
  BOOST_TEST(!is_open(number));
}

BOOST_AUTO_TEST_CASE(a_move_leaves_nothing_behind)
{
  auto a = some_descriptor();
  const int number = a.get();
  unique_fd b(std::move(a));
  BOOST_TEST(!a);
  BOOST_TEST(b.get() == number);

  auto c = some_descriptor();
  const int replaced = c.get();
  c = std::move(b);
  BOOST_TEST(!is_open(replaced));
  BOOST_TEST(c.get() == number);

  auto& same = c;
  c = std::move(same);
  BOOST_TEST(c.get() == number);
  BOOST_TEST(is_open(number));
}

BOOST_AUTO_TEST_CASE(release_gives_it_away)
{
  auto fd = some_descriptor();
  const int number = fd.release();
  BOOST_TEST(!fd);
  fd.reset();
  BOOST_TEST(is_open(number));
  ::close(number);
}

BOOST_AUTO_TEST_CASE(a_duplicate_is_close_on_exec_and_its_own)
{
  auto fd = some_descriptor();
  auto copy = unique_fd::duplicate(fd.get());
  BOOST_REQUIRE(copy);
  BOOST_TEST(::fcntl(copy.value().get(), F_GETFD) == FD_CLOEXEC);
  fd.reset();
  BOOST_TEST(is_open(copy.value().get()));
}

BOOST_AUTO_TEST_CASE(nothing_to_duplicate_is_an_error_with_a_stage)
{
  const auto copy = unique_fd::duplicate(-1);
  BOOST_REQUIRE(!copy);
  BOOST_TEST(copy.error().errnum() == EBADF);
  BOOST_TEST((copy.error().where() == linx::stage::open));
}

BOOST_AUTO_TEST_SUITE_END()
