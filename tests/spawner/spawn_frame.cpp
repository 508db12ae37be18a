#include "spawner/spawn_frame.hpp"

#include <fstream>

namespace linx::test::spawner {

std::string step_frame(wire::frame_type type, std::uint64_t id, steps list, unsigned fds)
{
  byte_writer out;
  wire::frame_header header{};
  header.length = static_cast<std::uint32_t>(sizeof header + list.bytes().size());
  header.version = wire::version;
  header.fds = static_cast<std::uint8_t>(fds);
  header.type = type;
  header.id = id;
  return out.put(header).put_text(list.bytes()).data();
}

wire::credentials own_credentials()
{
  wire::credentials self{};
  ::getresuid(&self.ruid, &self.euid, &self.suid);
  ::getresgid(&self.rgid, &self.egid, &self.sgid);
  std::vector<gid_t> groups(65536);
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  self.groups = wire::groups_hash(groups.data(), static_cast<std::size_t>(count));
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  ::syscall(SYS_capget, &header, data);
  self.permitted = (std::uint64_t{data[1].permitted} << 32) | data[0].permitted;
  self.no_new_privs = ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
  self.seccomp = static_cast<std::uint8_t>(::prctl(PR_GET_SECCOMP));
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("Seccomp_filters:"))
      self.seccomp_filters = static_cast<std::uint32_t>(std::stoul(line.substr(sizeof "Seccomp_filters:")));
  return self;
}

request& request::give(wire::fd_role role, int fd)
{
  roles.emplace_back(role, fd);
  return *this;
}

request& request::extra(int fd, std::uint32_t target)
{
  extra_fds.push_back(fd);
  targets.push_back(target);
  return *this;
}

request& request::with(wire::spawn_flags flag)
{
  flags |= static_cast<std::uint32_t>(flag);
  return *this;
}

std::string request::body() const
{
  byte_writer out;
  for (const std::uint32_t target : targets) out.put(target);
  out.pad().put_text(steps_bytes);
  for (const std::string& text : strings()) out.put_text(text).put('\0');
  return out.pad().data();
}

std::vector<std::string> request::strings() const
{
  std::vector<std::string> all{path};
  all.insert(all.end(), arguments.begin(), arguments.end());
  all.insert(all.end(), environment.begin(), environment.end());
  return all;
}

std::string request::frame(std::vector<int>& out_fds) const
{
  wire::spawn_request head{};
  std::vector<std::pair<wire::fd_role, int>> ordered = roles;
  std::sort(ordered.begin(), ordered.end());
  for (const auto& [role, fd] : ordered) {
    head.fd_roles |= static_cast<std::uint32_t>(role);
    out_fds.push_back(fd);
  }
  out_fds.insert(out_fds.end(), extra_fds.begin(), extra_fds.end());
  out_fds.insert(out_fds.end(), step_fds.begin(), step_fds.end());
  const bool in_file = (head.fd_roles & static_cast<std::uint32_t>(wire::fd_role::body)) != 0;
  const std::string rest = in_file ? std::string() : body();
  std::size_t strings_length = 0;
  for (const std::string& text : strings()) strings_length += text.size() + 1;

  head.header.length = static_cast<std::uint32_t>(sizeof head + rest.size());
  head.header.version = wire::version;
  head.header.fds = static_cast<std::uint8_t>(roles.size() + extra_fds.size() + step_fds.size());
  head.header.type = wire::frame_type::spawn;
  head.header.id = id;
  head.flags = flags;
  head.namespaces = namespaces;
  head.slot = slot;
  head.extra_fds = static_cast<std::uint16_t>(extra_fds.size());
  head.step_fds = static_cast<std::uint16_t>(step_fds.size());
  head.orphan = orphan;
  head.scope = scope;
  head.grace_ms = grace_ms;
  head.argc = static_cast<std::uint32_t>(arguments.size());
  head.envc = static_cast<std::uint32_t>(environment.size());
  head.steps_length = static_cast<std::uint32_t>(steps_bytes.size());
  head.strings_length = static_cast<std::uint32_t>(strings_length);
  head.host = host;
  head.monotonic = monotonic;
  head.boottime = boottime;
  return byte_writer().put(head).put_text(rest).data();
}

} // namespace linx::test::spawner
