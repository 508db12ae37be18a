#include "spawner/datagram.hpp"

namespace linx::test::spawner {

pair make_checkpoint()
{
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) fail_errno("socketpair");
  return {descriptor(ends[0]), descriptor(ends[1])};
}

pair make_pipe()
{
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail_errno("pipe2");
  return {descriptor(ends[0]), descriptor(ends[1])};
}

bool wait_readable(int fd, int timeout_ms)
{
  pollfd set{fd, POLLIN, 0};
  int ready = 0;
  while ((ready = ::poll(&set, 1, timeout_ms)) < 0 && errno == EINTR) {
  }
  return ready > 0;
}

std::string read_all(int fd)
{
  std::string text;
  char buffer[4096];
  while (wait_readable(fd)) {
    const ssize_t size = ::read(fd, buffer, sizeof buffer);
    if (size <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(size));
  }
  throw std::runtime_error("no end of file, read so far: " + text);
}

std::string read_file(const std::string& path)
{
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  const descriptor file(fd);
  return read_all(fd);
}

int send_datagram(int socket, const void* data, std::size_t size, const std::vector<int>& fds)
{
  iovec part{const_cast<void*>(data), size};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * wire::max_fds)];
  if (!fds.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
    std::memset(control, 0, sizeof control);
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
    std::memcpy(CMSG_DATA(header), fds.data(), sizeof(int) * fds.size());
  }
  return ::sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? errno : 0;
}

std::vector<record> receive_datagram(int socket)
{
  if (!wait_readable(socket)) throw std::runtime_error("no answer within the deadline");
  std::vector<std::uint64_t> buffer(wire::max_datagram / 8);
  iovec part{buffer.data(), wire::max_datagram};
  msghdr message{};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * wire::max_fds)];
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  std::vector<record> records;
  if (size <= 0) {
    records.emplace_back();
    return records;
  }
  std::deque<descriptor> fds;
  if (cmsghdr* const header = CMSG_FIRSTHDR(&message)) {
    for (std::size_t i = 0; i != (header->cmsg_len - CMSG_LEN(0)) / sizeof(int); ++i) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
      fds.emplace_back(fd);
    }
  }
  for (std::size_t offset = 0; offset < static_cast<std::size_t>(size);) {
    const auto& header = *reinterpret_cast<const wire::frame_header*>(buffer.data() + offset / 8);
    if (header.length < sizeof header || header.length % 8 != 0) throw std::runtime_error("bad frame length");
    record& next = records.emplace_back();
    next.words.assign(buffer.begin() + static_cast<long>(offset / 8),
                      buffer.begin() + static_cast<long>((offset + header.length) / 8));
    for (unsigned i = 0; i != header.fds; ++i) {
      if (fds.empty()) throw std::runtime_error("a frame claims descriptors that did not come");
      next.fds.push_back(std::move(fds.front()));
      fds.pop_front();
    }
    offset += header.length;
  }
  return records;
}

record receive_one(int socket)
{
  std::vector<record> records = receive_datagram(socket);
  if (records.size() != 1) throw std::runtime_error("more than one frame on a checkpoint socket");
  return std::move(records.front());
}

} // namespace linx::test::spawner
