#include "settings.hpp"

#include "command.hpp"
#include "terminal.hpp"

#include <charconv>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace run_tool {

const char* const usage =
    "usage: linx-run [options] -- COMMAND [ARG ...]\n"
    "\n"
    "  --ns LIST              fresh namespaces: net,mount,pid,uts,ipc,user,cgroup,time or all\n"
    "  --enter PID            in the namespaces of that process; with --ns only in these of them\n"
    "  --init                 process 1 of the fresh pid namespace is an init, the command its child\n"
    "  --map-root             root inside is the caller outside; makes a user namespace\n"
    "  --uid-map I:O:N        N ids from I on inside are those from O on outside; repeatable\n"
    "  --gid-map I:O:N\n"
    "  --hostname NAME        in a fresh uts namespace\n"
    "  --cwd DIR              --env K=V (repeatable)              --clear-env\n"
    "  --stdio HOW            inherit, devnull or pty\n"
    "  --rlimit NAME=SOFT[:HARD]   repeatable; names as prlimit(1) has them\n"
    "  --nice N               --cpus LIST (0-3,8)                 --oom-score-adj N\n"
    "  --uid N                --gid N                             --groups N,N (\"\" for none)\n"
    "  --no-new-privs\n"
    "  --time-offset monotonic=SECONDS|boottime=SECONDS   in a fresh time namespace\n"
    "  --timeout SECONDS      then SIGKILL, and the exit status is 124\n"
    "  --events FD            JSON lines: ready, running, then exited, signaled, aborted or failed\n"
    "  --abort                stop at the checkpoint: proves that the set-up works and runs nothing\n"
    "\n"
    "A COMMAND without '/' is looked up in $PATH. SIGINT, SIGTERM, SIGHUP and SIGQUIT are passed on to it; "
    "the\n"
    "first process of a pid namespace gets only those that it handles, and with --init the command all.\n"
    "\n"
    "exit status: the command's; 128+N if signal N ended it; 124 timeout; 125 linx-run failed;\n"
    "126 the command cannot be executed; 127 it was not found\n";

namespace {

using text = std::string_view;

linx::error wrong(text option, text value, text expected)
{
  return linx::error::argument(std::string(option) + " " + std::string(value) + ": " + std::string(expected));
}

template <class Number>
linx::result<Number> number(text option, text value)
{
  Number parsed{};
  const char* const end = value.data() + value.size();
  const auto [stopped, failed] = std::from_chars(value.data(), end, parsed);
  if (failed != std::errc() || stopped != end) return wrong(option, value, "a number is expected");
  return parsed;
}

/// Seconds with a fraction, below about 30 years.
linx::result<std::chrono::milliseconds> seconds(text option, text value)
{
  BOOST_OUTCOME_TRY(const double read, number<double>(option, value));
  if (!(read > -1e9 && read < 1e9)) return wrong(option, value, "seconds are expected");
  return std::chrono::milliseconds(static_cast<std::int64_t>(read * 1000));
}

std::vector<text> split(text all, char separator)
{
  std::vector<text> parts;
  for (std::size_t at = 0; at <= all.size() && !all.empty();) {
    const std::size_t end = std::min(all.find(separator, at), all.size());
    parts.push_back(all.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

/// Reads options one by one, and hands over what they say together.
class reader {
public:
  explicit reader(settings& into) : into_(into) {}

  /// True if it takes no value.
  static bool is_flag(text option)
  {
    return option == "--init" || option == "--map-root" || option == "--clear-env" ||
           option == "--no-new-privs" || option == "--abort";
  }

  linx::result<> take(text option, text value);
  linx::result<> finish();

private:
  linx::result<bool> take_identity(text option, text value);
  linx::result<bool> take_resource(text option, text value);
  linx::result<bool> take_place(text option, text value);
  linx::result<bool> take_course(text option, text value);
  linx::result<> map(linx::id_map& into, text option, text value);
  linx::result<> standard_streams(text option, text value);
  linx::result<> time_offset(text option, text value);

  settings& into_;
  linx::credentials who_;
  linx::resources what_;
  linx::id_map uids_, gids_;
  std::string namespaces_;
  std::optional<pid_t> enter_;
  bool map_root_ = false;
};

linx::result<> reader::take(text option, text value)
{
  for (const auto part :
       {&reader::take_identity, &reader::take_resource, &reader::take_place, &reader::take_course}) {
    BOOST_OUTCOME_TRY(const bool taken, (this->*part)(option, value));
    if (taken) return linx::success();
  }
  return linx::error::argument("unknown option " + std::string(option));
}

linx::result<bool> reader::take_identity(text option, text value)
{
  if (option == "--uid") {
    BOOST_OUTCOME_TRY(const auto id, number<uid_t>(option, value));
    who_.uid(id);
  } else if (option == "--gid") {
    BOOST_OUTCOME_TRY(const auto id, number<gid_t>(option, value));
    who_.gid(id);
  } else if (option == "--groups") {
    std::vector<gid_t> all;
    for (const text each : split(value, ',')) {
      BOOST_OUTCOME_TRY(const auto id, number<gid_t>(option, each));
      all.push_back(id);
    }
    who_.groups(std::move(all));
  } else if (option == "--uid-map") {
    BOOST_OUTCOME_TRYV(map(uids_, option, value));
  } else if (option == "--gid-map") {
    BOOST_OUTCOME_TRYV(map(gids_, option, value));
  } else if (option == "--map-root") {
    map_root_ = true;
  } else if (option == "--no-new-privs") {
    into_.options.no_new_privs();
  } else {
    return false;
  }
  return true;
}

linx::result<bool> reader::take_resource(text option, text value)
{
  if (option == "--rlimit") {
    BOOST_OUTCOME_TRY(const auto limit, linx::resource_limit::parse(value));
    what_.limit(limit);
  } else if (option == "--nice") {
    BOOST_OUTCOME_TRY(const int nice, number<int>(option, value));
    what_.nice(nice);
  } else if (option == "--cpus") {
    BOOST_OUTCOME_TRY(auto cpus, linx::cpu_set::parse(value));
    what_.affinity(std::move(cpus));
  } else if (option == "--oom-score-adj") {
    BOOST_OUTCOME_TRY(const int score, number<int>(option, value));
    what_.oom_score_adj(score);
  } else {
    return false;
  }
  return true;
}

linx::result<bool> reader::take_place(text option, text value)
{
  auto& options = into_.options;
  if (option == "--ns") {
    namespaces_ += (namespaces_.empty() ? "" : ",") + std::string(value);
  } else if (option == "--init") {
    options.init();
  } else if (option == "--enter") {
    BOOST_OUTCOME_TRY(enter_, number<pid_t>(option, value));
  } else if (option == "--hostname") {
    options.hostname(std::string(value));
  } else if (option == "--cwd") {
    options.cwd(std::string(value));
  } else if (option == "--env") {
    const std::size_t equals = value.find('=');
    if (equals == value.npos) return wrong(option, value, "K=V is expected");
    options.env(std::string(value.substr(0, equals)), std::string(value.substr(equals + 1)));
  } else if (option == "--clear-env") {
    options.clear_env();
  } else if (option == "--stdio") {
    BOOST_OUTCOME_TRYV(standard_streams(option, value));
  } else if (option == "--time-offset") {
    BOOST_OUTCOME_TRYV(time_offset(option, value));
  } else {
    return false;
  }
  return true;
}

linx::result<bool> reader::take_course(text option, text value)
{
  if (option == "--timeout") {
    BOOST_OUTCOME_TRY(const auto limit, seconds(option, value));
    if (limit.count() <= 0) return wrong(option, value, "more than 0 seconds are expected");
    into_.timeout = limit;
  } else if (option == "--events") {
    BOOST_OUTCOME_TRY(into_.events, number<int>(option, value));
    if (::fcntl(into_.events, F_GETFD) < 0) return wrong(option, value, "no such descriptor is open");
  } else if (option == "--abort") {
    into_.abort = true;
  } else {
    return false;
  }
  return true;
}

linx::result<> reader::map(linx::id_map& into, text option, text value)
{
  const auto parts = split(value, ':');
  if (parts.size() != 3) return wrong(option, value, "INSIDE:OUTSIDE:COUNT is expected");
  BOOST_OUTCOME_TRY(const auto inside, number<std::uint32_t>(option, parts[0]));
  BOOST_OUTCOME_TRY(const auto outside, number<std::uint32_t>(option, parts[1]));
  BOOST_OUTCOME_TRY(const auto count, number<std::uint32_t>(option, parts[2]));
  into.add(inside, outside, count);
  return linx::success();
}

linx::result<> reader::standard_streams(text option, text value)
{
  if (value == "inherit") return linx::success();
  if (value == "devnull") {
    into_.options.standard_streams(linx::stdio::devnull());
  } else if (value == "pty") {
    into_.options.terminal(own_window_size().value_or(linx::io::window_size(24, 80)));
  } else {
    return wrong(option, value, "inherit, devnull or pty is expected");
  }
  return linx::success();
}

linx::result<> reader::time_offset(text option, text value)
{
  const std::size_t equals = std::min(value.find('='), value.size());
  const text clock = value.substr(0, equals);
  if (clock != "monotonic" && clock != "boottime")
    return wrong(option, value, "monotonic=SECONDS or boottime=SECONDS is expected");
  BOOST_OUTCOME_TRY(const auto offset, seconds(option, value.substr(std::min(equals + 1, value.size()))));
  if (clock == "monotonic")
    into_.options.monotonic_offset(offset);
  else
    into_.options.boottime_offset(offset);
  return linx::success();
}

linx::result<> reader::finish()
{
  if (map_root_) {
    if (enter_)
      return linx::error::argument("--map-root makes a user namespace, --enter enters one; leave one out");
    if (!uids_.empty() || !gids_.empty())
      return linx::error::argument("--map-root writes both maps; leave out --uid-map and --gid-map");
    into_.options.unshare(linx::ns::kind::user);
    uids_ = linx::id_map::root(::geteuid());
    gids_ = linx::id_map::root(::getegid());
  }
  if (!uids_.empty()) into_.options.uid_map(std::move(uids_));
  if (!gids_.empty()) into_.options.gid_map(std::move(gids_));
  if (enter_) {
    into_.target = linx::enter_target::pid(*enter_);
    if (!namespaces_.empty()) into_.target->only(namespaces_);
  } else if (!namespaces_.empty()) {
    into_.options.unshare(namespaces_);
  }
  into_.options.credentials(std::move(who_));
  into_.options.resources(std::move(what_));
  return linx::success();
}

} // namespace

linx::result<settings> read_settings(int argc, char** argv)
{
  std::vector<std::pair<text, text>> given;
  int n = 1;
  for (; n < argc && argv[n][0] == '-'; ++n) {
    const text option = argv[n];
    if (option == "--") {
      ++n;
      break;
    }
    const bool is_flag = reader::is_flag(option);
    if (!is_flag && n + 1 >= argc) return linx::error::argument(std::string(option) + ": a value is missing");
    given.emplace_back(option, is_flag ? text() : text(argv[++n]));
  }
  std::vector<std::string> command(argv + std::min(n, argc), argv + argc);
  if (command.empty()) return linx::error::argument("no command is given");
  const std::string name = command.front();
  const auto found = find_command(name);
  if (found) command.front() = found.value();

  settings all{linx::process_options(std::move(command)).argv0(name)};
  reader words(all);
  for (const auto& [option, value] : given) {
    BOOST_OUTCOME_TRYV(words.take(option, value));
  }
  BOOST_OUTCOME_TRYV(words.finish());
  if (!found) return found.error();
  return all;
}

} // namespace run_tool
