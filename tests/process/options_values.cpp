// What process_options accepts, and that each mistake is named with its value and its remedy before any
// syscall.

#include <linx/process/exit_status.hpp>
#include <linx/process/options.hpp>

#include <boost/test/unit_test.hpp>

#include <type_traits>

BOOST_AUTO_TEST_SUITE(process_options_values)

using namespace linx;
using namespace std::chrono_literals;

namespace {

void check_refused(const process_options& options, const std::string& said)
{
  const auto how = options.validate();
  BOOST_REQUIRE(!how);
  BOOST_TEST((how.error().where() == stage::argument));
  const auto message = how.error().message();
  BOOST_TEST(message.find(said) != std::string::npos, "'" << message << "' does not say '" << said << "'");
}

process_options good()
{
  return process_options("/bin/true");
}

} // namespace

// g++ 12.2 miscompiles aggregates next to co_await.
static_assert(!std::is_aggregate_v<process_options>);
static_assert(!std::is_aggregate_v<id_map>);
static_assert(!std::is_aggregate_v<stdio>);
static_assert(!std::is_aggregate_v<orphan_policy>);
static_assert(!std::is_aggregate_v<exit_status>);

BOOST_AUTO_TEST_CASE(a_complete_set_is_accepted)
{
  linx::process_options options("/bin/sh");
  options.arg("-c").arg("").argv0("").env("A", "").clear_env().cwd("relative/is/fine").unshare("all");
  options.uid_map(id_map::root(1000))
      .gid_map(id_map::root(1000))
      .deny_setgroups()
      .hostname(std::string(64, 'h'));
  options.no_new_privs().standard_streams(stdio::devnull()).auto_proceed().orphan(orphan_policy::kill(0ms));
  BOOST_TEST(options.validate().has_value());
  BOOST_TEST(options.namespaces().size() == 8u);
}

BOOST_AUTO_TEST_CASE(argv_must_name_a_program)
{
  check_refused(linx::process_options(std::vector<std::string>()), "argv is empty");
  check_refused(linx::process_options(""), "not absolute");
  check_refused(linx::process_options("bin/true"), "'bin/true'");
  check_refused(linx::process_options("true"), "$PATH");
  BOOST_TEST(linx::process_options("true").search_path().validate().has_value());
  check_refused(linx::process_options("bin/true").search_path(), "not absolute");
  check_refused(linx::process_options("").search_path(), "not absolute");
  check_refused(linx::process_options(std::string("a\0b", 3)).search_path(), "NUL");
}

BOOST_AUTO_TEST_CASE(a_stream_is_the_same_as_another)
{
  BOOST_TEST(good().standard_error(stdio::same_as(1)).validate().has_value());
  check_refused(good().standard_error(stdio::same_as(2)), "name another one");
  check_refused(good().standard_error(stdio::same_as(3)), "0, 1 and 2");
  check_refused(good().standard_error(stdio::same_as(-1)), "0, 1 and 2");
  check_refused(good().standard_output(stdio::same_as(2)).standard_error(stdio::same_as(1)), "itself");
  check_refused(good().standard_output(stdio::same_as(0)).terminal({24, 80}), "a terminal");
}

BOOST_AUTO_TEST_CASE(a_nul_would_cut_a_string)
{
  const std::string cut("a\0b", 3);
  check_refused(good().arg(cut), "NUL");
  check_refused(good().argv0(cut), "NUL");
  check_refused(good().env(cut, ""), "NUL");
  check_refused(good().env("A", cut), "NUL");
  check_refused(good().cwd(cut), "NUL");
  check_refused(good().unshare("uts").hostname(cut), "NUL");
  check_refused(linx::process_options("/bin/" + cut), "NUL");
}

BOOST_AUTO_TEST_CASE(a_variable_needs_a_name)
{
  check_refused(good().env("", "x"), "variable name ''");
  check_refused(good().env("A=B", "x"), "'A=B'");
}

BOOST_AUTO_TEST_CASE(namespaces_are_known_by_name)
{
  check_refused(good().unshare("net,bogus"), "'bogus'");
  check_refused(good().unshare(""), "''");
  check_refused(good().unshare("net,"), "unknown");
  BOOST_TEST(good().unshare("mount,mnt").validate().has_value());
  BOOST_TEST(good().unshare("mnt").unshares(ns::kind::mount));
  BOOST_TEST(!good().unshare("mnt").unshares(ns::kind::net));
}

BOOST_AUTO_TEST_CASE(what_needs_a_namespace_says_so)
{
  check_refused(good().uid_map(id_map::root(0)), "user namespace");
  check_refused(good().deny_setgroups(), "user namespace");
  check_refused(good().hostname("a"), "uts namespace");
  check_refused(good().unshare("uts").hostname(""), "1 to 64");
  check_refused(good().unshare("uts").hostname(std::string(65, 'h')), "1 to 64");
}

BOOST_AUTO_TEST_CASE(descriptors_and_times_are_in_range)
{
  check_refused(good().standard_input(stdio::descriptor(-1)), "-1");
  check_refused(good().orphan(orphan_policy::kill(-1ms)), "-1 ms");
  check_refused(good().cwd(""), "cwd is empty");
}

BOOST_AUTO_TEST_CASE(a_variable_set_twice_has_the_last_value)
{
  const auto options = good().env("A", "1").env("A", "2");
  BOOST_TEST(options.env().size() == 1u);
  BOOST_TEST(options.env().front().second == "2");
}

BOOST_AUTO_TEST_SUITE_END()
