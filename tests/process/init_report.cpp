// What an init says about its workload, believed only where it fits to how the init ended.

#include "process/init_report.hpp"

#include "process/protocol.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>

BOOST_AUTO_TEST_SUITE(process_init_report)

using namespace linx;
using detail::end_of_workload;
using detail::exit_record;

namespace {

exit_record init(int code, int status)
{
  exit_record record;
  record.code = code;
  record.status = status;
  return record;
}

exit_record told(exit_record how, int code, int signal)
{
  const wire::init_report report{code, signal};
  return end_of_workload(how, std::as_bytes(std::span(&report, 1)));
}

} // namespace

// The one case in which it says more than the exit code.
BOOST_AUTO_TEST_CASE(a_killed_workload)
{
  const auto end = told(init(CLD_EXITED, 128 + SIGTERM), CLD_KILLED, SIGTERM);
  BOOST_TEST(end.code == CLD_KILLED);
  BOOST_TEST(end.status == SIGTERM);
  BOOST_TEST(told(init(CLD_EXITED, 128 + SIGSEGV), CLD_DUMPED, SIGSEGV).code == CLD_DUMPED);
}

// No report: an exit code is an exit code, 143 too.
BOOST_AUTO_TEST_CASE(an_exit_code)
{
  for (const int code : {0, 3, 143, 255}) {
    const auto end = end_of_workload(init(CLD_EXITED, code), std::span<const std::byte>());
    BOOST_TEST(end.code == CLD_EXITED);
    BOOST_TEST(end.status == code);
  }
}

// An init that was killed itself, a signal that does not fit, numbers that are none, half a report.
BOOST_AUTO_TEST_CASE(what_does_not_fit_is_not_believed)
{
  BOOST_TEST(told(init(CLD_KILLED, SIGKILL), CLD_KILLED, SIGTERM).status == SIGKILL);
  BOOST_TEST(told(init(CLD_EXITED, 3), CLD_KILLED, SIGTERM).status == 3);
  BOOST_TEST(told(init(CLD_EXITED, 128 + 65), CLD_KILLED, 65).code == CLD_EXITED);
  BOOST_TEST(told(init(CLD_EXITED, 128), CLD_KILLED, 0).code == CLD_EXITED);
  BOOST_TEST(told(init(CLD_EXITED, 128 + SIGTERM), CLD_STOPPED, SIGTERM).code == CLD_EXITED);
  const wire::init_report report{CLD_KILLED, SIGTERM};
  const auto half = std::as_bytes(std::span(&report, 1)).first(4);
  BOOST_TEST(end_of_workload(init(CLD_EXITED, 128 + SIGTERM), half).code == CLD_EXITED);
}

BOOST_AUTO_TEST_SUITE_END()
