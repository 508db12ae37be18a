// The verbs for a child at its checkpoint.

#include <linx/process/process.hpp>

#include "core/operation.hpp"
#include "process/session_step.hpp"
#include "process/sysctl_key.hpp"

#include <array>
#include <utility>

namespace linx {

namespace {

using session_ptr = std::shared_ptr<detail::session>;

task<> write_map(session_ptr s, id_map map, bool users)
{
  LINX_TRYV(s->may_configure(users ? "set_uid_map" : "set_gid_map"));
  LINX_TRY(const std::string text, map.text());
  co_return users ? s->write_uid_map(text) : s->write_gid_map(text);
}

task<> name_host(session_ptr s, std::string name)
{
  if (!s->made(ns::kind::uts))
    co_return error::argument("set_hostname '" + name +
                              "'; the child shares the host's name, add unshare(ns::kind::uts)");
  if (name.empty() || name.size() > 64 || name.find('\0') != name.npos)
    co_return error::argument("set_hostname '" + name + "'; 1 to 64 bytes without NUL");
  detail::step_list steps;
  steps.add_text(wire::stage::hostname, name);
  co_return co_await detail::run_plain_step(std::move(s), std::move(steps), "set_hostname '" + name + "'");
}

task<> await_rehearsal(session_ptr s)
{
  const auto& machine = s->machine();
  LINX_TRYV(s->rehearse());
  while (!machine.terminal()) {
    LINX_TRYV(co_await detail::ended(s));
  }
  if (machine.outcome()->has_error()) co_return machine.outcome()->error();
  if (machine.was_rehearsed()) co_return success();
  co_return error(errc::no_process, stage::argument).with_object("rehearse; the process was aborted");
}

bool has_nul(const std::string& text) noexcept
{
  return text.find('\0') != text.npos;
}

task<> mount_inside(session_ptr s, std::array<std::string, 4> texts, unsigned long flags)
{
  const std::string name = "mount '" + texts[1] + "'";
  if (!s->made(ns::kind::mount) && !s->entered(ns::kind::mount))
    co_return error::argument(name + "; the child shares the host's mounts, add unshare(ns::kind::mount)");
  if (texts[1].empty()) co_return error::argument("mount; the target is empty");
  for (const auto& text : texts)
    if (has_nul(text)) co_return error::argument(name + "; a NUL byte in its arguments");
  detail::step_list steps;
  steps.add_mount(texts, flags);
  co_return co_await detail::run_plain_step(std::move(s), std::move(steps), name);
}

task<> change_root(session_ptr s, std::string path)
{
  const std::string name = "pivot_root '" + path + "'";
  if (!s->made(ns::kind::mount))
    co_return error::argument(name + "; a root is that of its mount namespace, add unshare(ns::kind::mount)");
  if (path.empty() || has_nul(path)) co_return error::argument(name + "; a path without NUL bytes");
  detail::step_list steps;
  steps.add_path(wire::stage::pivot_root, path);
  co_return co_await detail::run_plain_step(std::move(s), std::move(steps), name);
}

task<> write_sysctl(session_ptr s, std::string key, std::string value)
{
  LINX_TRY(const std::string path, detail::sysctl_path(key));
  const std::string name = "sysctl " + key + " = '" + value.substr(0, 80) + "'";
  const auto kind = detail::sysctl_namespace(path);
  if (!kind)
    co_return error::argument(name + "; there is one value for the whole machine, set it from the host");
  if (!s->made(*kind) && !s->entered(*kind)) {
    const std::string shared(to_string(*kind));
    co_return error::argument(name + "; the child shares the host's " + shared +
                              " namespace, add unshare(\"" + shared + "\")");
  }
  if (value.empty() || has_nul(value)) co_return error::argument(name + "; a value without NUL bytes");
  detail::step_list steps;
  steps.add_text(wire::stage::sysctl, path + '\0' + value);
  co_return co_await detail::run_plain_step(std::move(s), std::move(steps), name);
}

} // namespace

task<> process::rehearse()
{
  return detail::operation<void>(state_, await_rehearsal(state_));
}

task<> process::set_uid_map(id_map map)
{
  return detail::operation<void>(state_, write_map(state_, std::move(map), true));
}

task<> process::set_gid_map(id_map map)
{
  return detail::operation<void>(state_, write_map(state_, std::move(map), false));
}

task<> process::set_hostname(std::string name)
{
  return detail::operation<void>(state_, name_host(state_, std::move(name)));
}

task<> process::no_new_privs()
{
  detail::step_list steps;
  steps.add(wire::stage::no_new_privs);
  return detail::operation<void>(state_, detail::run_plain_step(state_, std::move(steps), "no_new_privs"));
}

task<io::unique_fd> process::open_socket(int domain, int type, int protocol)
{
  detail::step_list steps;
  steps.add_value(wire::stage::socket, wire::step_socket{domain, type, protocol, 0});
  return detail::operation<io::unique_fd>(state_, detail::run_step(state_, std::move(steps), "open_socket"));
}

task<> process::mount(std::string source, std::string target, std::string type, unsigned long flags,
                      std::string data)
{
  std::array<std::string, 4> texts{std::move(source), std::move(target), std::move(type), std::move(data)};
  return detail::operation<void>(state_, mount_inside(state_, std::move(texts), flags));
}

task<> process::pivot_root(std::string new_root)
{
  return detail::operation<void>(state_, change_root(state_, std::move(new_root)));
}

task<> process::set_sysctl(std::string key, std::string value)
{
  return detail::operation<void>(state_, write_sysctl(state_, std::move(key), std::move(value)));
}

} // namespace linx
