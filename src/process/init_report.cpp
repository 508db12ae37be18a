#include "process/init_report.hpp"

#include "process/protocol_init.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace linx::detail {

static_assert(wire::stop_carrier == SIGTSTP);
static_assert(wire::ended_exited == CLD_EXITED && wire::ended_killed == CLD_KILLED &&
              wire::ended_dumped == CLD_DUMPED);

result<init_pipe> open_init_report()
{
  std::array<int, 2> pair{};
  if (::pipe2(pair.data(), O_CLOEXEC | O_NONBLOCK) != 0)
    return error::from_errno(errno, stage::pipe2).with_object("report of the init");
  init_pipe ends{io::unique_fd(pair[0]), io::unique_fd(pair[1])};
  return ends;
}

exit_record end_of_workload(exit_record init, std::span<const std::byte> report) noexcept
{
  wire::take_init_report(init.code, init.status, report.data(), report.size());
  return init;
}

exit_record end_of_workload(exit_record init, int pipe) noexcept
{
  std::array<std::byte, sizeof(wire::init_report) + 1> bytes;
  const auto n = ::read(pipe, bytes.data(), bytes.size());
  return end_of_workload(std::move(init), std::span(bytes).first(n > 0 ? static_cast<std::size_t>(n) : 0));
}

siginfo_t carrier_of_stop() noexcept
{
  siginfo_t info{};
  info.si_signo = wire::stop_carrier;
  info.si_code = SI_QUEUE;
  info.si_value.sival_int = SIGSTOP;
  return info;
}

} // namespace linx::detail
