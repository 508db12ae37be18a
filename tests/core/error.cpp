// The words of an error are its user interface: each part is asserted where a person would read it.
#include <linx/core/error.hpp>
#include <linx/core/result.hpp>

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <memory>
#include <set>
#include <string>

BOOST_AUTO_TEST_SUITE(core_error)

using linx::errc;
using linx::error;
using linx::stage;

static_assert(sizeof(error) <= 48);
static_assert(sizeof(linx::result<int>) <= 56);
static_assert(std::is_nothrow_move_constructible_v<error>);
static_assert(std::is_nothrow_copy_constructible_v<error>);
static_assert(!std::is_aggregate_v<error>);
static_assert(std::is_default_constructible_v<linx::result<std::unique_ptr<int>>>);

// An enumerator in generic_category would print "Argument list too long" for not_ready.
BOOST_AUTO_TEST_CASE(errc_has_a_category_of_its_own)
{
  const linx::error_code code = errc::not_ready;
  BOOST_TEST(&code.category() == &linx::linx_category());
  BOOST_TEST(code.message() == "not ready");
  BOOST_TEST(code.category().name() == "linx");
  BOOST_TEST(error(errc::cancelled).errnum() == 0);
  BOOST_TEST(error(errc::cancelled).message() == "cancelled");
}

BOOST_AUTO_TEST_CASE(every_errc_has_words)
{
  std::set<std::string> seen;
  for (int value = static_cast<int>(errc::cancelled); value <= static_cast<int>(errc::restart_limit);
       ++value) {
    const linx::error_code code(value, linx::linx_category());
    BOOST_TEST(code.message() != "unknown linx error");
    BOOST_TEST(seen.insert(code.message()).second);
  }
  const linx::error_code beyond(4711, linx::linx_category());
  BOOST_TEST(beyond.message() == "unknown linx error");
}

BOOST_AUTO_TEST_CASE(every_stage_has_a_name)
{
  std::set<std::string_view> seen;
  for (int value = 0; value <= static_cast<int>(stage::execve); ++value) {
    const auto name = to_string(static_cast<stage>(value));
    BOOST_TEST(name != "unknown");
    BOOST_TEST(seen.insert(name).second);
  }
  BOOST_TEST(to_string(stage::setns_net) == "setns_net");
  BOOST_TEST(to_string(static_cast<stage>(255)) == "unknown");
}

BOOST_AUTO_TEST_CASE(message_is_one_sentence)
{
  auto failed = error::from_errno(ENOENT, stage::execve).with_object("/bin/nope");
  BOOST_TEST(
      failed.message() ==
      "execve: no such file or directory (ENOENT): /bin/nope; the path is looked up in the child's root, "
      "and so is the interpreter the file names");
  BOOST_TEST(failed.errnum() == ENOENT);
  BOOST_TEST(failed.object() == "/bin/nope");
  BOOST_TEST((failed.where() == stage::execve));
}

BOOST_AUTO_TEST_CASE(message_gives_the_kernels_own_words_and_the_place)
{
  auto failed = error::from_errno(EINVAL, stage::kernel)
                    .with_object("eth0")
                    .with_kernel_text("mtu less than device minimum")
                    .with_offset(44, "IFLA_MTU");
  BOOST_TEST(failed.message() ==
             "kernel: invalid argument (EINVAL): eth0: mtu less than device minimum, at IFLA_MTU @ byte 44");
  BOOST_TEST(failed.kernel_text() == "mtu less than device minimum");
  BOOST_TEST(failed.attribute() == "IFLA_MTU");
  BOOST_TEST(failed.offset() == 44u);
  BOOST_TEST(error::from_errno(EINVAL, stage::kernel).with_offset(16).message() ==
             "kernel: invalid argument (EINVAL), at byte 16");
}

// A caller's mistake must not read like a refusal of the kernel.
BOOST_AUTO_TEST_CASE(argument_is_told_apart)
{
  const auto mistake = error::argument("mtu 12 is below 68");
  BOOST_TEST((mistake.where() == stage::argument));
  BOOST_TEST((mistake == errc::invalid));
  BOOST_TEST(mistake.message() == "argument: invalid value: mtu 12 is below 68");
}

BOOST_AUTO_TEST_CASE(errnos_that_are_hard_to_say)
{
  // The kernel's internal ENOTSUPP does leak through netlink; libc calls it unknown.
  BOOST_TEST(error::from_errno(524, stage::kernel).message() == "kernel: operation not supported (ENOTSUPP)");
  BOOST_TEST(error::from_errno(4711, stage::kernel).message() == "kernel: unknown error (errno 4711)");
  // An acronym keeps its capitals.
  BOOST_TEST(error::from_errno(EDOTDOT, stage::none).message() == "RFS specific error (EDOTDOT)");
}

BOOST_AUTO_TEST_CASE(copies_do_not_see_later_additions)
{
  const auto plain = error::from_errno(EPERM, stage::commit).with_object("filter");
  auto copy = plain;
  copy = std::move(copy).with_kernel_text("table is owned").with_stage(stage::kernel);
  BOOST_TEST(plain.kernel_text() == "");
  BOOST_TEST((plain.where() == stage::commit));
  BOOST_TEST(copy.object() == "filter");
  BOOST_TEST(copy.kernel_text() == "table is owned");
}

// Nothing of an error without text may allocate or point anywhere.
BOOST_AUTO_TEST_CASE(accessors_of_a_bare_error_are_empty)
{
  const error bare(errc::closed);
  BOOST_TEST(bare.object() == "");
  BOOST_TEST(bare.kernel_text() == "");
  BOOST_TEST(bare.attribute() == "");
  BOOST_TEST(bare.offset() == 0u);
}

BOOST_AUTO_TEST_CASE(remedy_depends_on_the_stage)
{
  BOOST_TEST(remedy(error::from_errno(EPERM, stage::kernel)).find("CAP_NET_ADMIN") != std::string_view::npos);
  BOOST_TEST(remedy(error::from_errno(EPERM, stage::clone)).find("user namespace") != std::string_view::npos);
  BOOST_TEST(remedy(error::from_errno(EPERM, stage::setns_net)).find("CAP_SYS_ADMIN") !=
             std::string_view::npos);
  BOOST_TEST(remedy(error::from_errno(EINVAL, stage::setns_user)) !=
             remedy(error::from_errno(EINVAL, stage::setns_net)));
  BOOST_TEST(remedy(error::from_errno(ESRCH, stage::open_ns_pid)) == "the process has ended");
  BOOST_TEST(remedy(error::from_errno(EMFILE, stage::pipe2)).find("RLIMIT_NOFILE") != std::string_view::npos);
  BOOST_TEST(remedy(error(errc::conflict)).find("pull") != std::string_view::npos);
  BOOST_TEST(remedy(error::from_errno(EIO, stage::receive)) == "");
  BOOST_TEST(remedy(error(errc::cancelled)) == "");
  // The numbers of one category say nothing about another: EPERM is 1, and so is errc::cancelled.
  BOOST_TEST(remedy(error(linx::error_code(EPERM, boost::system::generic_category()), stage::kernel)) == "");
}

// All of (stage, errno): whatever the kernel answers, the remedy must be a plain phrase that ends the
// sentence.
BOOST_AUTO_TEST_CASE(remedies_fit_into_the_sentence)
{
  unsigned known = 0;
  for (int s = 0; s <= static_cast<int>(stage::execve); ++s) {
    for (int errnum = 1; errnum <= 133; ++errnum) {
      const auto text = remedy(error::from_errno(errnum, static_cast<stage>(s)));
      if (text.empty()) continue;
      ++known;
      BOOST_TEST(text.back() != '.');
      BOOST_TEST(text.size() < 120u);
    }
  }
  BOOST_TEST(known > 100u);
}

BOOST_AUTO_TEST_CASE(default_result_is_not_ready)
{
  const linx::result<std::unique_ptr<int>> unset;
  BOOST_REQUIRE(unset.has_error());
  BOOST_TEST((unset.assume_error() == errc::not_ready));
}

BOOST_AUTO_TEST_SUITE_END()
