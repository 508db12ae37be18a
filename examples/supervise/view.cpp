#include "view.hpp"

#include "../command_line.hpp"

#include <algorithm>
#include <sys/ioctl.h>
#include <unistd.h>

namespace supervise_tool {

namespace {

using std::chrono::steady_clock;

std::string age(steady_clock::duration time)
{
  const auto seconds = std::max<long long>(0, std::chrono::duration_cast<std::chrono::seconds>(time).count());
  if (seconds < 100) return std::to_string(seconds) + " s";
  if (seconds < 100 * 60) return std::to_string(seconds / 60) + " min";
  return std::to_string(seconds / 3600) + " h";
}

std::string outcome(const linx::child_status& child)
{
  if (!child.last_outcome) return "";
  return *child.last_outcome ? to_string(child.last_outcome->value()) : child.last_outcome->error().message();
}

std::string row(const std::string& id, std::size_t width, const std::string& state, const std::string& pid,
                const std::string& restarts, const std::string& since, const std::string& last)
{
  const auto padded = [](const std::string& text, std::size_t to) {
    return text.size() < to ? text + std::string(to - text.size(), ' ') : text;
  };
  return padded(id, width) + "  " + padded(state, 11) + padded(pid, 9) + padded(restarts, 10) +
         padded(since, 9) + last;
}

} // namespace

std::vector<std::string> table(const linx::supervisor_status& status, steady_clock::time_point now)
{
  std::size_t running = 0, width = 4;
  for (const auto& child : status.children) {
    running += child.state == linx::child_state::running;
    width = std::max(width, child.id.size());
  }
  std::vector<std::string> lines;
  lines.push_back("linx-supervise " + std::to_string(::getpid()) + ": " +
                  std::string(to_string(status.state)) + ", " + std::to_string(running) + " of " +
                  std::to_string(status.children.size()) + " run; Ctrl-C stops them");
  lines.push_back(row("NAME", width, "STATE", "PID", "RESTARTS", "SINCE", "LAST END"));
  for (const auto& child : status.children) {
    const bool has_process =
        child.state == linx::child_state::running || child.state == linx::child_state::stopping;
    lines.push_back(row(child.id, width, std::string(to_string(child.state)),
                        has_process ? std::to_string(child.host_pid) : "-", std::to_string(child.restarts),
                        age(now - child.since), outcome(child)));
  }
  return lines;
}

std::string screen::draw(const std::vector<std::string>& lines)
{
  winsize size{};
  const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 && size.ws_row > 1;
  const std::size_t width = known ? size.ws_col - 1u : 79u, height = known ? size.ws_row - 1u : 23u;
  std::string text;
  if (drawn_ != 0) text += "\x1b[" + std::to_string(drawn_) + 'A'; // cursor up
  drawn_ = std::min(lines.size(), height);
  for (std::size_t i = 0; i != drawn_; ++i)
    text += '\r' + command_line::printable(lines[i].substr(0, width)) + "\x1b[K\n";
  text += "\x1b[J"; // what a higher table has left below
  return text;
}

} // namespace supervise_tool
