#include <linx/ns/socket.hpp>

#include "ns/open_inside.hpp"

#include <sys/socket.h>

namespace linx::ns {

result<io::unique_fd> open_socket(const handle& net, int domain, int type, int protocol)
{
  return open_inside(net, "a socket", [=] { return ::socket(domain, type | SOCK_CLOEXEC, protocol); });
}

} // namespace linx::ns
