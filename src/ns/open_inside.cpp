#include "ns/open_inside.hpp"

#include "ns/helper_thread.hpp"

#include <cerrno>

#include <sched.h>

namespace linx::ns {

result<io::unique_fd> open_inside(const handle& net, std::string_view what, const std::function<int()>& open)
{
  if (net.kind() != kind::net) {
    return error::argument(std::string(what) + " needs a net namespace, not a " +
                           std::string(to_string(net.kind())) + " namespace");
  }
  io::unique_fd fd;
  stage failed = stage::none;
  int errnum = 0;
  BOOST_OUTCOME_TRYV(on_helper_thread([&] {
    if (::setns(net.fd(), CLONE_NEWNET) != 0) {
      failed = stage::setns_net;
      errnum = errno;
      return;
    }
    fd.reset(open());
    if (!fd) {
      failed = stage::open;
      errnum = errno;
    }
  }));
  if (!fd) return error::from_errno(errnum, failed);
  return fd;
}

} // namespace linx::ns
