#include "reporter.hpp"

#include "../command_line.hpp"

#include <nlohmann/json.hpp>

#include <cerrno>

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

linx::task<> reporter::say(linx::process_event event)
{
  using nlohmann::ordered_json;
  if (!out_) co_return linx::success();
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
  auto writing = out_->write(text);
  const auto written = co_await std::move(writing);
  if (written) co_return linx::success();
  if (written.error() == linx::errc::cancelled) co_return linx::errc::cancelled;
  out_.reset();
  if (written.error().errnum() != EPIPE)
    command_line::complain("linx-run", linx::error(written.error()).with_object("--events; no more of them"));
  co_return linx::success();
}

} // namespace run_tool
