#include "settings.hpp"

#include "../command_line.hpp"
#include "command.hpp"
#include "terminal.hpp"

#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace run_tool {

const char* const usage =
    "usage: linx-run [options] -- COMMAND [ARG ...]\n"
    "\n"
    "Runs COMMAND in namespaces of its own or of another process, with limits, under another identity.\n"
    "\n"
    "    linx-run --ns all --map-root --hostname box -- sh\n"
    "    linx-run --ns user,pid --map-root --init --timeout 60 -- make check\n"
    "\n"
    "  --ns LIST              fresh namespaces: net,mount,pid,uts,ipc,user,cgroup,time or all\n"
    "  --enter PID            in the namespaces of that process; with --ns only in these of them. In "
    "another\n"
    "                         user namespace the command is its root unless --uid and --gid say otherwise\n"
    "  --init                 process 1 of the fresh pid namespace is an init, the command its child\n"
    "  --map-root             root inside is the caller outside; makes a user namespace\n"
    "  --uid-map I:O:N        N ids from I on inside are those from O on outside; repeatable\n"
    "  --gid-map I:O:N\n"
    "  --hostname NAME        in a fresh uts namespace\n"
    "  --cwd DIR              --env K=V (repeatable)              --clear-env\n"
    "  --stdio HOW            inherit, devnull, or pty: a terminal of its own, connected to this one\n"
    "  --rlimit NAME=SOFT[:HARD]   repeatable; nofile, NOFILE or RLIMIT_NOFILE, and so on\n"
    "  --nice N               --cpus LIST (0-3,8)                 --oom-score-adj N\n"
    "  --uid N                --gid N                             --groups N,N (\"\" for none)\n"
    "  --no-new-privs\n"
    "  --time-offset monotonic=SECONDS|boottime=SECONDS   in a fresh time namespace\n"
    "  --timeout SECONDS      then SIGKILL, and the exit status is 124\n"
    "  --kill-scope SCOPE     what linx-run ends along with the command, after --timeout for example: "
    "process,\n"
    "                         group, session, tree. Unless given tree, which is all that it has started; "
    "with\n"
    "                         --enter process. group and session make the command the leader of one\n"
    "  --reap                 when the command has ended by itself, the rest of its scope is ended as well\n"
    "  --events FD            JSON lines: ready, running, then exited, signaled, aborted or failed\n"
    "  --abort                try all of that, and whether COMMAND can be executed, but run nothing\n"
    "\n"
    "A COMMAND without '/' is looked up in $PATH. SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1 and SIGUSR2 are\n"
    "passed on to it. The kernel shields the first process of a pid namespace from those that it neither\n"
    "handles nor ignores: it gets SIGKILL instead. With --init the command gets all as they are, and a "
    "Ctrl-C\n"
    "that is typed into --stdio pty, too.\n"
    "\n"
    "exit status: the command's; 128+N if signal N ended it; 124 timeout; 125 linx-run failed;\n"
    "126 the command cannot be executed; 127 it was not found\n";

namespace {

using command_line::number;
using command_line::text;
using command_line::wrong;

constexpr text flags[] = {"--init", "--map-root", "--clear-env", "--no-new-privs", "--abort", "--reap"};
constexpr text valued[] = {"--ns",     "--enter",       "--uid-map",       "--gid-map",   "--hostname",
                           "--cwd",    "--env",         "--stdio",         "--rlimit",    "--nice",
                           "--cpus",   "--uid",         "--oom-score-adj", "--gid",       "--groups",
                           "--events", "--time-offset", "--timeout",       "--kill-scope"};

/// Seconds with a fraction, below about 30 years; what is less than a millisecond counts as one.
linx::result<std::chrono::milliseconds> seconds(text option, text value, text part)
{
  BOOST_OUTCOME_TRY(const double read, number<double>(option, value, part));
  if (!(read > -1e9 && read < 1e9)) return wrong(option, value, "seconds below 1,000,000,000 are expected");
  return std::chrono::milliseconds(std::llround(read > 0 ? std::ceil(read * 1000) : read * 1000));
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

  linx::result<> take(text option, text value);
  linx::result<> finish();

private:
  linx::result<bool> take_identity(text option, text value);
  linx::result<bool> take_resource(text option, text value);
  linx::result<bool> take_place(text option, text value);
  linx::result<bool> take_course(text option, text value);
  linx::result<> map(linx::id_map& into, text option, text value);
  linx::result<> time_offset(text option, text value);
  linx::result<> events(text option, text value);
  linx::result<> check_namespaces() const;
  linx::result<> choose_scope();

  settings& into_;
  linx::credentials who_;
  linx::resources what_;
  linx::id_map uids_, gids_;
  std::string namespaces_;
  std::string stdio_ = "inherit";
  std::optional<pid_t> enter_;
  std::optional<linx::kill_scope> scope_;
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
      BOOST_OUTCOME_TRY(const auto id, number<gid_t>(option, value, each));
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
    if (value.empty()) return wrong(option, value, "a list of namespaces is expected");
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
    if (value != "inherit" && value != "devnull" && value != "pty")
      return wrong(option, value, "inherit, devnull or pty is expected");
    stdio_ = value;
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
    BOOST_OUTCOME_TRY(const auto limit, seconds(option, value, value));
    if (limit.count() <= 0) return wrong(option, value, "more than 0 seconds are expected");
    into_.timeout = limit;
  } else if (option == "--events") {
    BOOST_OUTCOME_TRYV(events(option, value));
  } else if (option == "--abort") {
    into_.abort = true;
  } else if (option == "--kill-scope") {
    scope_ = linx::parse_kill_scope(value);
    if (!scope_ || scope_ == linx::kill_scope::cgroup)
      return wrong(option, value, "process, group, session or tree is expected");
  } else if (option == "--reap") {
    into_.options.kill_rest();
  } else {
    return false;
  }
  return true;
}

linx::result<> reader::map(linx::id_map& into, text option, text value)
{
  const auto parts = split(value, ':');
  if (parts.size() != 3) return wrong(option, value, "INSIDE:OUTSIDE:COUNT is expected");
  BOOST_OUTCOME_TRY(const auto inside, number<std::uint32_t>(option, value, parts[0]));
  BOOST_OUTCOME_TRY(const auto outside, number<std::uint32_t>(option, value, parts[1]));
  BOOST_OUTCOME_TRY(const auto count, number<std::uint32_t>(option, value, parts[2]));
  into.add(inside, outside, count);
  return linx::success();
}

linx::result<> reader::events(text option, text value)
{
  BOOST_OUTCOME_TRY(into_.events, number<int>(option, value));
  const int flags = ::fcntl(into_.events, F_GETFL);
  if (flags < 0) return wrong(option, value, "no such descriptor is open");
  if ((flags & O_ACCMODE) == O_RDONLY) return wrong(option, value, "the descriptor is open for reading only");
  return linx::success();
}

linx::result<> reader::time_offset(text option, text value)
{
  const std::size_t equals = std::min(value.find('='), value.size());
  const text clock = value.substr(0, equals);
  if (clock != "monotonic" && clock != "boottime")
    return wrong(option, value, "monotonic=SECONDS or boottime=SECONDS is expected");
  BOOST_OUTCOME_TRY(const auto offset,
                    seconds(option, value, value.substr(std::min(equals + 1, value.size()))));
  if (clock == "monotonic")
    into_.options.monotonic_offset(offset);
  else
    into_.options.boottime_offset(offset);
  return linx::success();
}

/// In the words of the command line, and before the library says it in its own.
linx::result<> reader::check_namespaces() const
{
  const auto& options = into_.options;
  const std::string fresh = enter_ ? ", which --enter does not make" : "";
  const auto needs = [&](bool is_asked, linx::ns::kind kind, const char* option) -> linx::result<> {
    if (!is_asked || options.unshares(kind)) return linx::success();
    const auto name = kind == linx::ns::kind::user ? "--ns user" : "--ns " + std::string(to_string(kind));
    return linx::error::argument(std::string(option) + " needs a fresh namespace: " + name + fresh);
  };
  BOOST_OUTCOME_TRYV(needs(options.has_init(), linx::ns::kind::pid, "--init"));
  BOOST_OUTCOME_TRYV(needs(options.hostname().has_value(), linx::ns::kind::uts, "--hostname"));
  BOOST_OUTCOME_TRYV(needs(!uids_.empty(), linx::ns::kind::user, "--uid-map"));
  BOOST_OUTCOME_TRYV(needs(!gids_.empty(), linx::ns::kind::user, "--gid-map"));
  return needs(options.monotonic_offset() || options.boottime_offset(), linx::ns::kind::time,
               "--time-offset");
}

/// Of a pid namespace that is entered nobody outside gets what has lost its parent: there a tree has to be
/// asked for.
linx::result<> reader::choose_scope()
{
  using linx::kill_scope;
  auto& options = into_.options;
  const auto scope = scope_.value_or(enter_ ? kill_scope::process : kill_scope::tree);
  if (options.kills_rest() && scope == kill_scope::process)
    return linx::error::argument(
        "--reap needs a scope of more than the command: --kill-scope tree, for example");
  if (scope == kill_scope::session) options.session();
  if (scope == kill_scope::group && !options.has_own_session()) options.process_group();
  options.kill_scope(scope);
  return linx::success();
}

linx::result<> reader::finish()
{
  auto& options = into_.options;
  if (map_root_) {
    if (enter_)
      return linx::error::argument("--map-root makes a user namespace, --enter enters one; leave one out");
    if (!uids_.empty() || !gids_.empty())
      return linx::error::argument("--map-root writes both maps; leave out --uid-map and --gid-map");
    options.unshare(linx::ns::kind::user);
    uids_ = linx::id_map::root(::geteuid());
    gids_ = linx::id_map::root(::getegid());
  }
  if (enter_) {
    into_.target = linx::enter_target::pid(*enter_);
    if (!namespaces_.empty()) into_.target->only(namespaces_);
  } else if (!namespaces_.empty()) {
    options.unshare(namespaces_);
  }
  BOOST_OUTCOME_TRYV(check_namespaces());
  if (!uids_.empty()) options.uid_map(std::move(uids_));
  if (!gids_.empty()) options.gid_map(std::move(gids_));
  if (stdio_ == "devnull") options.standard_streams(linx::stdio::devnull());
  if (stdio_ == "pty") options.terminal(own_window_size().value_or(linx::io::window_size(24, 80)));
  BOOST_OUTCOME_TRYV(choose_scope());
  options.credentials(std::move(who_));
  options.resources(std::move(what_));
  return linx::success();
}

} // namespace

linx::result<settings> read_settings(int argc, char** argv)
{
  using command_line::operands;
  BOOST_OUTCOME_TRY(const auto given,
                    command_line::read(std::span(argv, static_cast<std::size_t>(argc)).subspan(1), flags,
                                       valued, operands::end_options));
  settings all{linx::process_options(std::vector<std::string>())};
  if (command_line::asks_for_help(given)) {
    all.help = true;
    return all;
  }
  std::vector<std::string> command;
  for (const auto& each : given)
    if (each.option.empty()) command.emplace_back(each.value);
  if (command.empty()) return linx::error::argument("no command is given");
  const std::string name = command.front();
  auto found = find_command(name);
  if (found)
    command.front() = found.value();
  else
    all.unknown_command = found.error();

  all.options = linx::process_options(std::move(command));
  all.options.argv0(name);
  reader words(all);
  for (const auto& [option, value] : given) {
    if (option.empty()) break;
    BOOST_OUTCOME_TRYV(words.take(option, value));
  }
  BOOST_OUTCOME_TRYV(words.finish());
  return all;
}

} // namespace run_tool
