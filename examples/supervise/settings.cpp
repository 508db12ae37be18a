#include "settings.hpp"

#include "../command_line.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <fcntl.h>
#include <fstream>
#include <initializer_list>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <sstream>
#include <unistd.h>
#include <utility>
#include <vector>

namespace supervise_tool {

const char* const usage =
    "usage: linx-supervise [options] NAME=COMMAND ...\n"
    "       linx-supervise [options] --file FILE\n"
    "\n"
    "Starts each COMMAND (by /bin/sh -c) in order, starts it again when it ends, and shows how they are: a "
    "table\n"
    "on a terminal, lines otherwise. Kill any of them and watch it come back. Begin a COMMAND with exec: "
    "what "
    "a shell\n"
    "has started is neither watched nor stopped with it.\n"
    "\n"
    "  --strategy NAME        who is started again with the one that ended: one_for_one (it alone, the "
    "default),\n"
    "                         one_for_all, rest_for_one (it and those after it)\n"
    "  --restart WHEN         permanent (always, the default), transient (unless it exited with 0), "
    "temporary\n"
    "                         (never)\n"
    "  --max-restarts N       more within the window are the end of all; default 3\n"
    "  --window SECONDS       default 5\n"
    "  --backoff SECONDS      pause before a restart, longer each time; default none\n"
    "  --grace SECONDS        from SIGTERM to SIGKILL when a command is stopped; default 5\n"
    "  --log DIR              what NAME writes is appended to DIR/NAME.log; else it goes to this terminal "
    "with\n"
    "                         --lines, and nowhere with the table\n"
    "  --lines                lines on a terminal, too\n"
    "  --file FILE            JSON; what it says comes before what the options say, wherever they stand:\n"
    "     {\"strategy\": \"rest_for_one\", \"max_restarts\": 5, \"window\": 10, \"backoff\": 0.2, "
    "\"children\": [\n"
    "        {\"id\": \"database\", \"command\": \"exec postgres -D data\", \"grace\": 30},\n"
    "        {\"id\": \"web\", \"command\": [\"/usr/sbin/httpd\", \"-D\"], \"restart\": \"transient\", "
    "\"cwd\": \"/srv\",\n"
    "         \"env\": {\"PORT\": \"80\"}, \"parallel\": true}]}\n"
    "\n"
    "Ctrl-C (SIGINT, SIGTERM or SIGHUP) stops all in reverse order, a second one kills them.\n"
    "\n"
    "exit status: 0 stopped, or all have ended and none is to be started again; 1 one ended too often;\n"
    "125 linx-supervise failed\n";

namespace {

using json = nlohmann::json;
using command_line::number;
using command_line::text;
using command_line::wrong;

constexpr text flags[] = {"--lines"};
constexpr text valued[] = {"--strategy", "--restart", "--max-restarts", "--window",
                           "--backoff",  "--grace",   "--log",          "--file"};

/// Up to some 30 years; what is less than a millisecond counts as one.
linx::result<std::chrono::milliseconds> milliseconds(text what, text given, double seconds)
{
  if (!(seconds >= 0 && seconds < 1e9))
    return wrong(what, given, "seconds are expected, from 0 and below 1,000,000,000");
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(seconds * 1000)));
}

linx::result<linx::restart_strategy> strategy(text value)
{
  if (value == "one_for_one") return linx::restart_strategy::one_for_one;
  if (value == "one_for_all") return linx::restart_strategy::one_for_all;
  if (value == "rest_for_one") return linx::restart_strategy::rest_for_one;
  return wrong("strategy", value, "one_for_one, one_for_all or rest_for_one is expected");
}

linx::result<linx::restart_policy> policy(text value)
{
  if (value == "permanent") return linx::restart_policy::permanent;
  if (value == "transient") return linx::restart_policy::transient;
  if (value == "temporary") return linx::restart_policy::temporary;
  return wrong("restart", value, "permanent, transient or temporary is expected");
}

/// One command, before it is known what holds for all.
struct child {
  std::string id;
  std::vector<std::string> argv;
  std::vector<std::pair<std::string, std::string>> env;
  std::optional<std::string> cwd;
  std::optional<linx::restart_policy> restart;
  std::optional<std::chrono::milliseconds> grace;
  bool parallel = false;
};

std::vector<std::string> by_shell(std::string line)
{
  return {"/bin/sh", "-c", std::move(line)};
}

/// What is read, and how it becomes options.
class reader {
public:
  linx::result<> take(text option, text value);
  linx::result<> add(text name_and_command);
  linx::result<settings> finish(bool lines);

private:
  linx::result<> read_file(const std::string& path);
  linx::result<> read(const json& all);
  linx::result<child> read_child(const json& one);

  std::vector<child> children_;
  linx::restart_strategy strategy_ = linx::restart_strategy::one_for_one;
  linx::restart_policy policy_ = linx::restart_policy::permanent;
  unsigned max_restarts_ = 3;
  std::chrono::milliseconds window_{5000}, backoff_{0}, grace_{5000};
  std::string log_;
};

linx::result<> reader::take(text option, text value)
{
  const auto seconds = [&]() -> linx::result<std::chrono::milliseconds> {
    BOOST_OUTCOME_TRY(const double read, number<double>(option, value));
    return milliseconds(option, value, read);
  };
  if (option == "--strategy") {
    BOOST_OUTCOME_TRY(strategy_, strategy(value));
  } else if (option == "--restart") {
    BOOST_OUTCOME_TRY(policy_, policy(value));
  } else if (option == "--max-restarts") {
    BOOST_OUTCOME_TRY(max_restarts_, number<unsigned>(option, value));
  } else if (option == "--window") {
    BOOST_OUTCOME_TRY(window_, seconds());
  } else if (option == "--backoff") {
    BOOST_OUTCOME_TRY(backoff_, seconds());
  } else if (option == "--grace") {
    BOOST_OUTCOME_TRY(grace_, seconds());
  } else if (option == "--log") {
    if (value.empty()) return wrong(option, value, "a directory is expected");
    log_ = value;
    if (::access((log_ + "/.").c_str(), W_OK | X_OK) != 0)
      return linx::error::from_errno(errno, linx::stage::open).with_object("--log '" + log_ + "'");
  } else if (option == "--file") {
    BOOST_OUTCOME_TRYV(read_file(std::string(value)));
  } else {
    return linx::error::argument("unknown option " + std::string(option));
  }
  return linx::success();
}

linx::result<> reader::add(text name_and_command)
{
  const std::size_t equals = name_and_command.find('=');
  if (equals == name_and_command.npos || equals == 0 || equals + 1 == name_and_command.size())
    return wrong("command", name_and_command, "NAME=COMMAND is expected");
  child one;
  one.id = name_and_command.substr(0, equals);
  one.argv = by_shell(std::string(name_and_command.substr(equals + 1)));
  children_.push_back(std::move(one));
  return linx::success();
}

linx::result<> reader::read_file(const std::string& path)
{
  errno = 0;
  std::ifstream file(path);
  std::ostringstream all;
  if (file) all << file.rdbuf();
  if (!file || !all)
    return linx::error::from_errno(errno != 0 ? errno : EIO, linx::stage::open)
        .with_object("--file '" + path + "'");
  try {
    return read(json::parse(all.str()));
  } catch (const json::exception& e) {
    // "[json.exception.type_error.302] " is for programs.
    const text what = e.what();
    return linx::error::argument(path + ": " + std::string(what.substr(what.find(' ') + 1)));
  }
}

/// A key that is not known is a mistake, and not a setting without effect.
linx::result<> only(const json& object, text what, std::initializer_list<text> keys)
{
  if (!object.is_object()) return wrong(what, object.dump(), "an object is expected: {...}");
  for (const auto& [key, value] : object.items())
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      return linx::error::argument("unknown key '" + key + "'");
  return linx::success();
}

/// What the value of a key has to be, in words.
template <class Value>
linx::result<Value> value_of(const json& object, text key, text expected)
{
  try {
    return object.at(std::string(key)).get<Value>();
  } catch (const json::type_error&) {
    return wrong(key, object.at(std::string(key)).dump(), expected);
  }
}

linx::result<> take_seconds(std::chrono::milliseconds& into, const json& object, text key)
{
  if (!object.contains(std::string(key))) return linx::success();
  BOOST_OUTCOME_TRY(const double seconds, value_of<double>(object, key, "seconds are expected"));
  BOOST_OUTCOME_TRY(into, milliseconds(key, object.at(std::string(key)).dump(), seconds));
  return linx::success();
}

linx::result<> reader::read(const json& all)
{
  BOOST_OUTCOME_TRYV(only(all, "the file", {"strategy", "max_restarts", "window", "backoff", "children"}));
  if (all.contains("strategy")) {
    BOOST_OUTCOME_TRY(const auto name, value_of<std::string>(all, "strategy", "a name is expected"));
    BOOST_OUTCOME_TRY(strategy_, strategy(name));
  }
  BOOST_OUTCOME_TRYV(take_seconds(window_, all, "window"));
  BOOST_OUTCOME_TRYV(take_seconds(backoff_, all, "backoff"));
  if (all.contains("max_restarts")) {
    const json& count = all.at("max_restarts");
    if (!count.is_number_unsigned() ||
        count.get<std::uint64_t>() > std::numeric_limits<decltype(max_restarts_)>::max())
      return wrong("max_restarts", count.dump(), "a whole number is expected, 0 or more");
    max_restarts_ = count.get<unsigned>();
  }
  if (!all.contains("children")) return linx::success();
  const json& children = all.at("children");
  if (!children.is_array()) return wrong("children", children.dump(), "a list is expected: [...]");
  for (const auto& one : children) {
    BOOST_OUTCOME_TRY(auto read, read_child(one));
    children_.push_back(std::move(read));
  }
  return linx::success();
}

linx::result<child> reader::read_child(const json& one)
{
  BOOST_OUTCOME_TRYV(only(one, "a child", {"id", "command", "restart", "grace", "cwd", "env", "parallel"}));
  for (const char* const needed : {"id", "command"})
    if (!one.contains(needed)) return wrong("a child", one.dump(), std::string(needed) + " is missing");
  child read;
  BOOST_OUTCOME_TRY(read.id, value_of<std::string>(one, "id", "a name is expected"));
  constexpr text command_expected = "a line for the shell, or a list of words, is expected";
  if (one.at("command").is_string()) {
    if (const auto line = one.at("command").get<std::string>(); !line.empty()) read.argv = by_shell(line);
  } else {
    BOOST_OUTCOME_TRY(read.argv, value_of<std::vector<std::string>>(one, "command", command_expected));
  }
  if (read.argv.empty()) return wrong("command of", read.id, command_expected);
  if (one.contains("restart")) {
    BOOST_OUTCOME_TRY(const auto name, value_of<std::string>(one, "restart", "a name is expected"));
    BOOST_OUTCOME_TRY(read.restart, policy(name));
  }
  if (one.contains("grace")) {
    BOOST_OUTCOME_TRYV(take_seconds(read.grace.emplace(), one, "grace"));
  }
  if (one.contains("cwd")) {
    BOOST_OUTCOME_TRY(read.cwd, value_of<std::string>(one, "cwd", "a directory is expected"));
  }
  if (one.contains("parallel")) {
    BOOST_OUTCOME_TRY(read.parallel, value_of<bool>(one, "parallel", "true or false is expected"));
  }
  if (one.contains("env")) {
    using variables = std::map<std::string, std::string>;
    BOOST_OUTCOME_TRY(const auto env, value_of<variables>(one, "env", "an object of strings is expected"));
    read.env.assign(env.begin(), env.end());
  }
  return read;
}

linx::result<settings> reader::finish(bool lines)
{
  if (children_.empty()) return linx::error::argument("no command is given");
  settings all;
  all.live = !lines && ::isatty(STDOUT_FILENO) == 1;
  all.options.strategy(strategy_).max_restarts(max_restarts_, window_);
  all.options.backoff(linx::restart_backoff(backoff_));
  for (auto& one : children_) {
    linx::process_options options(std::move(one.argv));
    if (one.cwd) options.cwd(*one.cwd);
    for (auto& [key, value] : one.env) options.env(key, value);
    // A group of its own: Ctrl-C is for linx-supervise, which stops them in their order.
    options.process_group().standard_input(linx::stdio::devnull());
    if (!log_.empty()) {
      if (one.id.find('/') != one.id.npos) return wrong("name", one.id, "with --log it holds no '/'");
      const auto log = linx::stdio::file(log_ + '/' + one.id + ".log", O_WRONLY | O_CREAT | O_APPEND);
      options.standard_output(log).standard_error(log);
    } else if (all.live) {
      options.standard_output(linx::stdio::devnull()).standard_error(linx::stdio::devnull());
    }
    const auto grace = one.grace.value_or(grace_);
    options.orphan(linx::orphan_policy::kill(grace)); // if linx-supervise itself is killed
    linx::child_spec spec(std::move(one.id), std::move(options));
    spec.restart(one.restart.value_or(policy_)).parallel(one.parallel);
    spec.shutdown(linx::shutdown_policy::grace(grace));
    all.options.add(std::move(spec));
  }
  BOOST_OUTCOME_TRYV(all.options.validate());
  return all;
}

} // namespace

linx::result<settings> read_settings(int argc, char** argv)
{
  using command_line::operands;
  BOOST_OUTCOME_TRY(const auto given,
                    command_line::read(std::span(argv, static_cast<std::size_t>(argc)).subspan(1), flags,
                                       valued, operands::anywhere));
  if (command_line::asks_for_help(given)) {
    settings help;
    help.help = true;
    return help;
  }
  reader words;
  bool lines = false;
  for (const auto& [option, value] : given) {
    if (option == "--lines") {
      lines = true;
    } else if (!option.empty() && option != "--file") {
      BOOST_OUTCOME_TRYV(words.take(option, value));
    }
  }
  // What a file says comes before the options, wherever they stand.
  for (const auto& [option, value] : given) {
    if (option.empty()) {
      BOOST_OUTCOME_TRYV(words.add(value));
    } else if (option == "--file") {
      BOOST_OUTCOME_TRYV(words.take(option, value));
    }
  }
  return words.finish(lines);
}

} // namespace supervise_tool
