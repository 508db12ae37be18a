// The workload knows nothing of linx: it is an ordinary POSIX program, so what it reports is what the kernel
// shows to any program in its place.
#include "workload.hpp"

#include <nlohmann/json.hpp>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace headline {

namespace {

using nlohmann::ordered_json;

void report(const ordered_json& line)
{
  std::printf("%s\n", line.dump(-1, ' ', false, ordered_json::error_handler_t::replace).c_str());
  std::fflush(stdout);
}

/// Every IPv4 address of this network namespace, as `name address`.
ordered_json addresses()
{
  ordered_json list = ordered_json::array();
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return list;
  for (const ifaddrs* each = all; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET) continue;
    sockaddr_in in{};
    std::memcpy(&in, each->ifa_addr, sizeof in);
    std::array<char, INET_ADDRSTRLEN> text{};
    inet_ntop(AF_INET, &in.sin_addr, text.data(), text.size());
    list.push_back(std::string(each->ifa_name) + " " + text.data());
  }
  freeifaddrs(all);
  return list;
}

ordered_json identity()
{
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return {{"event", "inside"},       {"uid", getuid()},
          {"gid", getgid()},         {"pid", getpid()},
          {"hostname", name.data()}, {"no_new_privs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1},
          {"addresses", addresses()}};
}

int listen_on(std::uint16_t port)
{
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_port = htons(port);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0 || listen(fd, 8) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

int call_host(const workload_plan& plan)
{
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in host{};
  host.sin_family = AF_INET;
  host.sin_port = htons(plan.host_port);
  inet_pton(AF_INET, plan.host_address.c_str(), &host.sin_addr);
  if (fd < 0 || connect(fd, reinterpret_cast<const sockaddr*>(&host), sizeof host) != 0) {
    report({{"event", "unreached"}, {"host", plan.host_address}, {"why", std::strerror(errno)}});
    if (fd >= 0) close(fd);
    return -1;
  }
  report({{"event", "reached"}, {"host", plan.host_address}, {"port", plan.host_port}});
  return fd;
}

void answer(int listener)
{
  const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) return;
  static constexpr std::string_view words = "hello from inside\n";
  (void)!write(fd, words.data(), words.size());
  close(fd);
}

} // namespace

int run_workload(const workload_plan& plan)
{
  const int open = listen_on(plan.open_port);
  const int blocked = listen_on(plan.blocked_port);
  report(identity());
  if (open < 0 || blocked < 0) {
    report({{"event", "unable"}, {"why", std::strerror(errno)}});
    return 1;
  }
  const int host = call_host(plan);
  if (host < 0) return 1;

  bool leaked = false;
  for (;;) {
    std::array<pollfd, 3> fds{{{host, POLLIN, 0}, {open, POLLIN, 0}, {blocked, POLLIN, 0}}};
    if (poll(fds.data(), fds.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return 1;
    }
    if (fds[1].revents != 0) answer(open);
    if (fds[2].revents != 0) {
      answer(blocked);
      leaked = true;
    }
    if (fds[0].revents != 0) break;
  }
  report({{"event", "done"}, {"blocked_port_reached", leaked}});
  return leaked ? 2 : 0;
}

} // namespace headline
