#include <linx/diag/unix_socket.hpp>

#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>

namespace linx::diag {

namespace {

std::vector<std::uint32_t> read_inodes(std::span<const std::byte> bytes)
{
  std::vector<std::uint32_t> inodes(bytes.size() / sizeof(std::uint32_t));
  if (!inodes.empty()) std::memcpy(inodes.data(), bytes.data(), inodes.size() * sizeof(std::uint32_t));
  return inodes;
}

// A path ends at its NUL, an abstract name begins with one and may hold more.
std::string read_name(std::span<const std::byte> bytes)
{
  const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (all.starts_with('\0')) return std::string(all);
  return std::string(all.substr(0, all.find('\0')));
}

void read_attribute(const netlink::attribute& a, unix_socket& s)
{
  switch (a.type()) {
  case UNIX_DIAG_NAME:
    s.name = read_name(a.payload());
    break;
  case UNIX_DIAG_VFS: {
    const auto file = a.as_struct<unix_diag_vfs>();
    s.file_inode = file.udiag_vfs_ino;
    s.file_device = file.udiag_vfs_dev;
    break;
  }
  case UNIX_DIAG_PEER:
    s.peer = a.as<std::uint32_t>().value_or(0);
    break;
  case UNIX_DIAG_ICONS:
    s.pending = read_inodes(a.payload());
    break;
  case UNIX_DIAG_RQLEN: {
    const auto queues = a.as_struct<unix_diag_rqlen>();
    s.receive_queue = queues.udiag_rqueue;
    s.send_queue = queues.udiag_wqueue;
    break;
  }
  case UNIX_DIAG_MEMINFO:
    s.memory = memory::decode(a.payload());
    break;
  case UNIX_DIAG_SHUTDOWN:
    s.shut_down = a.as<std::uint8_t>();
    break;
  case UNIX_DIAG_UID:
    s.uid = a.as<std::uint32_t>();
    break;
  default:
    break;
  }
}

} // namespace

std::string_view to_string(unix_type t) noexcept
{
  switch (t) {
  case unix_type::stream:
    return "stream";
  case unix_type::datagram:
    return "dgram";
  case unix_type::sequenced_packet:
    return "seqpacket";
  }
  return "unknown";
}

std::optional<unix_socket> unix_socket::decode(const netlink::message_view& m)
{
  if (m.type() != SOCK_DIAG_BY_FAMILY) return std::nullopt;
  const auto head = m.family_header<unix_diag_msg>();
  if (head.udiag_family != AF_UNIX) return std::nullopt;
  unix_socket s;
  s.type = static_cast<unix_type>(head.udiag_type);
  s.state = static_cast<socket_state>(head.udiag_state);
  s.inode = head.udiag_ino;
  s.cookie = head.udiag_cookie[0] | std::uint64_t(head.udiag_cookie[1]) << 32;
  for (const auto a : m.attributes_after<unix_diag_msg>()) read_attribute(a, s);
  return s;
}

std::string to_string(const unix_socket& s)
{
  std::string text(to_string(s.type));
  text += " " + std::string(to_string(s.state)) + " " + std::to_string(s.receive_queue.value_or(0)) + " " +
          std::to_string(s.send_queue.value_or(0)) + " ";
  std::string name = s.name.empty() ? "*" : s.name;
  // a name may hold anything; it must not break the line that it stands in
  if (name.front() == '\0') name.front() = '@';
  for (char& c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = c == '\0' ? '@' : '?';
  text += name + " ino:" + std::to_string(s.inode) + " peer:" + std::to_string(s.peer);
  if (s.uid) text += " uid:" + std::to_string(*s.uid);
  if (s.memory) text += " " + to_string(*s.memory);
  return text;
}

} // namespace linx::diag
