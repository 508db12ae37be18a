// Frames under construction: steps and spawn requests, with a host's own credentials.
#pragma once

#include "process/protocol.hpp"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace linx::test::spawner {

namespace wire = linx::wire;

class byte_writer {
public:
  template <class T>
  byte_writer& put(const T& value)
  {
    const auto* begin = reinterpret_cast<const char*>(&value);
    data_.append(begin, sizeof value);
    return *this;
  }
  byte_writer& put_text(std::string_view text)
  {
    data_.append(text);
    return *this;
  }
  byte_writer& pad()
  {
    data_.resize(wire::padded(data_.size()), '\0');
    return *this;
  }
  std::string& data() { return data_; }

private:
  std::string data_;
};

// A list of steps.
class steps {
public:
  steps& add(wire::stage what, std::string_view payload = {}, bool after_marker = false, unsigned fds = 0)
  {
    wire::step_header header{};
    header.what = what;
    header.flags = after_marker ? static_cast<std::uint8_t>(wire::step_flags::after_marker) : 0;
    header.fds = static_cast<std::uint8_t>(fds);
    header.length = static_cast<std::uint32_t>(payload.size());
    out_.put(header).put_text(payload).pad();
    return *this;
  }
  template <class T>
  steps& add_value(wire::stage what, const T& value)
  {
    return add(what, {reinterpret_cast<const char*>(&value), sizeof value});
  }
  const std::string& bytes() { return out_.data(); }

private:
  byte_writer out_;
};

inline std::string step_frame(wire::frame_type type, std::uint64_t id, steps list = {}, unsigned fds = 0)
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

// What this process is, as a host has to say it.
inline wire::credentials own_credentials()
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
  return self;
}

// A spawn request under construction. `arguments` is argv; the program is its first unless `path` says
// otherwise.
struct request {
  explicit request(std::uint64_t number, std::vector<std::string> argv = {"/bin/true"})
      : id(number), arguments(std::move(argv)), path(arguments.front())
  {}

  request& give(wire::fd_role role, int fd)
  {
    roles.emplace_back(role, fd);
    return *this;
  }
  request& extra(int fd, std::uint32_t target)
  {
    extra_fds.push_back(fd);
    targets.push_back(target);
    return *this;
  }
  request& with(wire::spawn_flags flag)
  {
    flags |= static_cast<std::uint32_t>(flag);
    return *this;
  }

  std::string body() const
  {
    byte_writer out;
    for (const std::uint32_t target : targets) out.put(target);
    out.pad().put_text(steps_bytes);
    for (const std::string& text : strings()) out.put_text(text).put('\0');
    return out.pad().data();
  }
  std::vector<std::string> strings() const
  {
    std::vector<std::string> all{path};
    all.insert(all.end(), arguments.begin(), arguments.end());
    all.insert(all.end(), environment.begin(), environment.end());
    return all;
  }

  // The frame; its descriptors in order are in `out_fds`.
  std::string frame(std::vector<int>& out_fds) const
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

  std::uint64_t id;
  std::vector<std::string> arguments;
  std::string path;
  std::vector<std::string> environment{"PATH=/usr/bin:/bin:/usr/sbin:/sbin"};
  std::vector<std::pair<wire::fd_role, int>> roles;
  std::vector<int> extra_fds, step_fds;
  std::vector<std::uint32_t> targets;
  std::string steps_bytes;
  std::uint32_t flags = 0, namespaces = 0, slot = 0;
  wire::orphan_policy orphan = wire::orphan_policy::kill;
  std::uint32_t grace_ms = 0;
  wire::credentials host = own_credentials();
  wire::timens_offset monotonic{}, boottime{};
};

} // namespace linx::test::spawner
