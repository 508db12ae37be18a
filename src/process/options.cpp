#include <linx/process/options.hpp>

namespace linx {

namespace {

constexpr std::size_t longest_hostname = 64; // sethostname(2), __NEW_UTS_LEN

bool has_nul(std::string_view s) noexcept
{
  return s.find('\0') != s.npos;
}

result<> check_string(std::string_view s, const char* what)
{
  if (!has_nul(s)) return success();
  return error::argument(std::string(what) + " '" + std::string(s.substr(0, s.find('\0'))) +
                         "' holds a NUL byte; execve(2) would cut it there");
}

result<> check_argv(const process_options& o)
{
  if (o.argv().empty()) return error::argument("argv is empty; the first element is the path of the program");
  const std::string& path = o.argv().front();
  const bool is_name = !path.empty() && path.find('/') == path.npos;
  if (is_name && !o.searches_path())
    return error::argument("argv[0] '" + path + "' is not absolute; search_path() looks it up in $PATH");
  if (!is_name && (path.empty() || path.front() != '/'))
    return error::argument("argv[0] '" + path + "' is not absolute");
  for (const auto& s : o.argv()) {
    BOOST_OUTCOME_TRYV(check_string(s, "argument"));
  }
  if (o.argv0()) {
    BOOST_OUTCOME_TRYV(check_string(*o.argv0(), "argv0"));
  }
  return success();
}

result<> check_env(const process_options& o)
{
  for (const auto& [key, value] : o.env()) {
    BOOST_OUTCOME_TRYV(check_string(key, "variable"));
    BOOST_OUTCOME_TRYV(check_string(value, "variable"));
    if (key.empty() || key.find('=') != key.npos)
      return error::argument("variable name '" + key + "'; a name is not empty and holds no '='");
  }
  return success();
}

result<> check_user_namespace(const process_options& o)
{
  const bool has_map = !o.uid_map().empty() || !o.gid_map().empty() || o.denies_setgroups();
  if (!has_map) return success();
  if (!o.unshares(ns::kind::user))
    return error::argument("an id map needs a user namespace of its own; add unshare(ns::kind::user)");
  if (!o.uid_map().empty()) {
    BOOST_OUTCOME_TRYV(o.uid_map().text());
  }
  if (!o.gid_map().empty()) {
    BOOST_OUTCOME_TRYV(o.gid_map().text());
  }
  return success();
}

result<> check_hostname(const process_options& o)
{
  if (!o.hostname()) return success();
  const std::string& name = *o.hostname();
  BOOST_OUTCOME_TRYV(check_string(name, "hostname"));
  if (name.empty() || name.size() > longest_hostname)
    return error::argument("hostname '" + name + "'; 1 to 64 bytes");
  if (!o.unshares(ns::kind::uts))
    return error::argument("hostname '" + name +
                           "' needs a uts namespace of its own; add unshare(ns::kind::uts)");
  return success();
}

} // namespace

process_options& process_options::arg(std::string value)
{
  argv_.push_back(std::move(value));
  return *this;
}

process_options& process_options::search_path(bool on)
{
  search_path_ = on;
  return *this;
}

process_options& process_options::argv0(std::string value)
{
  argv0_ = std::move(value);
  return *this;
}

process_options& process_options::env(std::string key, std::string value)
{
  for (auto& [k, v] : env_) {
    if (k == key) {
      v = std::move(value);
      return *this;
    }
  }
  env_.emplace_back(std::move(key), std::move(value));
  return *this;
}

process_options& process_options::clear_env()
{
  clear_env_ = true;
  return *this;
}

process_options& process_options::cwd(std::string path)
{
  cwd_ = std::move(path);
  return *this;
}

process_options& process_options::unshare(ns::kind kind)
{
  namespaces_ |= static_cast<std::uint8_t>(1u << static_cast<unsigned>(kind));
  return *this;
}

process_options& process_options::unshare(std::string_view names)
{
  while (true) {
    const auto comma = names.find(',');
    const auto name = names.substr(0, comma);
    if (name == "all") {
      for (const auto kind : ns::all_kinds) unshare(kind);
    } else if (const auto kind = ns::parse_kind(name)) {
      unshare(*kind);
    } else if (unknown_namespace_.empty()) {
      unknown_namespace_ = "namespace '" + std::string(name) +
                           "' is unknown; user, mount, uts, ipc, cgroup, net, time, pid or all";
    }
    if (comma == names.npos) return *this;
    names.remove_prefix(comma + 1);
  }
}

process_options& process_options::uid_map(id_map map)
{
  uid_map_ = std::move(map);
  return *this;
}

process_options& process_options::gid_map(id_map map)
{
  gid_map_ = std::move(map);
  return *this;
}

process_options& process_options::deny_setgroups(bool deny)
{
  deny_setgroups_ = deny;
  return *this;
}

process_options& process_options::hostname(std::string name)
{
  hostname_ = std::move(name);
  return *this;
}

process_options& process_options::no_new_privs(bool on)
{
  no_new_privs_ = on;
  return *this;
}

process_options& process_options::init(bool on)
{
  init_ = on;
  return *this;
}

process_options& process_options::auto_proceed(bool on)
{
  auto_proceed_ = on;
  return *this;
}

process_options& process_options::parkable(bool on)
{
  parkable_ = on;
  return *this;
}

process_options& process_options::orphan(orphan_policy policy)
{
  orphan_ = policy;
  return *this;
}

process_options& process_options::kill_scope(linx::kill_scope scope)
{
  kill_scope_ = scope;
  return *this;
}

process_options& process_options::kill_rest(bool on)
{
  kill_rest_ = on;
  return *this;
}

result<> process_options::check_end() const
{
  const auto grace = orphan_.grace().count();
  if (grace < 0 || grace > 0xffffffff)
    return error::argument("orphan grace of " + std::to_string(grace) + " ms; 0 to 4294967295");
  if (parkable_ && auto_proceed_)
    return error::argument("parkable() with auto_proceed(); a child that does not stop cannot be parked");
  const auto scope = kill_scope_.value_or(linx::kill_scope::process);
  const bool leads_group = process_group_ == 0 || has_own_session();
  if (scope == linx::kill_scope::group && !leads_group)
    return error::argument(
        "kill scope group of a child in the host's group; add process_group() or session()");
  if (scope == linx::kill_scope::session && !has_own_session())
    return error::argument("kill scope session of a child in the host's session; add session()");
  if (scope == linx::kill_scope::cgroup && resources_.cgroup() < 0)
    return error::argument("kill scope cgroup without a cgroup; add resources().cgroup()");
  if (kill_rest_ && scope == linx::kill_scope::process && !unshares(ns::kind::pid))
    return error::argument("kill_rest() with kill scope process, which has no rest; add kill_scope()");
  return success();
}

result<> process_options::validate() const
{
  if (!unknown_namespace_.empty()) return error::argument(unknown_namespace_);
  BOOST_OUTCOME_TRYV(check_argv(*this));
  BOOST_OUTCOME_TRYV(check_env(*this));
  if (cwd_) {
    BOOST_OUTCOME_TRYV(check_string(*cwd_, "cwd"));
    if (cwd_->empty()) return error::argument("cwd is empty; leave it unset to inherit it");
  }
  BOOST_OUTCOME_TRYV(check_user_namespace(*this));
  BOOST_OUTCOME_TRYV(check_hostname(*this));
  if (init_ && !unshares(ns::kind::pid))
    return error::argument("init without a fresh pid namespace; add unshare(ns::kind::pid)");
  BOOST_OUTCOME_TRYV(check_descriptors());
  BOOST_OUTCOME_TRYV(check_attributes());
  return check_end();
}

std::vector<ns::kind> process_options::namespaces() const
{
  std::vector<ns::kind> kinds;
  for (const auto kind : ns::all_kinds)
    if (unshares(kind)) kinds.push_back(kind);
  return kinds;
}

} // namespace linx
