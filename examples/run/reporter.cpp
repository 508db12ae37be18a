#include "reporter.hpp"

#include <nlohmann/json.hpp>

#include <unistd.h>

namespace run_tool {

namespace {

constexpr const char* name(linx::process_event::kind what)
{
  using enum linx::process_event::kind;
  switch (what) {
  case ready:
    return "ready";
  case running:
    return "running";
  case exited:
    return "exited";
  case signaled:
    return "signaled";
  case aborted:
    return "aborted";
  case failed:
    break;
  }
  return "failed";
}

} // namespace

void reporter::say(const linx::process_event& event) const
{
  using nlohmann::ordered_json;
  if (fd_ < 0) return;
  const auto since = std::chrono::steady_clock::now() - start_;
  ordered_json line = {{"event", name(event.what())},
                       {"pid", event.host_pid()},
                       {"us", std::chrono::duration_cast<std::chrono::microseconds>(since).count()}};
  if (event.terminal() && event.outcome()) {
    const linx::exit_status status = event.outcome().value();
    if (status.code() >= 0) line["code"] = status.code();
    if (status.signal() != 0) {
      line["signal"] = status.signal();
      line["core"] = status.core_dumped();
    }
  } else if (event.terminal()) {
    const linx::error& error = event.outcome().error();
    line["errno"] = error.errnum();
    line["stage"] = linx::to_string(error.where());
    line["message"] = error.message();
  }
  const std::string text = line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
  // Who asked for the lines and reads them no more misses them; the command goes on.
  (void)!::write(fd_, text.data(), text.size());
}

} // namespace run_tool
