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

std::string step_frame(wire::frame_type type, std::uint64_t id, steps list = {}, unsigned fds = 0);

// What this process is, as a host has to say it.
wire::credentials own_credentials();

// A spawn request under construction. `arguments` is argv; the program is its first unless `path` says
// otherwise.
struct request {
  explicit request(std::uint64_t number, std::vector<std::string> argv = {"/bin/true"})
      : id(number), arguments(std::move(argv)), path(arguments.front())
  {}

  request& give(wire::fd_role role, int fd);
  request& extra(int fd, std::uint32_t target);
  request& with(wire::spawn_flags flag);

  std::string body() const;
  std::vector<std::string> strings() const;

  // The frame; its descriptors in order are in `out_fds`.
  std::string frame(std::vector<int>& out_fds) const;

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
  wire::kill_scope scope = wire::kill_scope::process;
  std::uint32_t grace_ms = 0;
  wire::credentials host = own_credentials();
  wire::timens_offset monotonic{}, boottime{};
};

} // namespace linx::test::spawner
