#include "ns/open_inside.hpp"

#include <cerrno>
#include <csignal>
#include <system_error>
#include <thread>

#include <sched.h>

namespace linx::ns {

namespace {

// Blocks every signal for the helper thread: it inherits the mask, and a handler of the consumer's must not
// run inside the other namespace.
class no_signals {
public:
  no_signals() noexcept
  {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &former_);
  }
  ~no_signals() { ::pthread_sigmask(SIG_SETMASK, &former_, nullptr); }
  no_signals(const no_signals&) = delete;
  no_signals& operator=(const no_signals&) = delete;

private:
  sigset_t former_;
};

} // namespace

result<io::unique_fd> open_inside(const handle& net, std::string_view what, const std::function<int()>& open)
{
  if (net.kind() != kind::net) {
    return error::argument(std::string(what) + " needs a net namespace, not a " +
                           std::string(to_string(net.kind())) + " namespace");
  }
  io::unique_fd fd;
  stage failed = stage::none;
  int errnum = 0;
  const auto in_namespace = [&]() noexcept {
    // The namespace belongs to the thread and goes with it.
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
  };
  try {
    std::thread helper;
    {
      const no_signals blocked;
      helper = std::thread(in_namespace);
    }
    helper.join();
  } catch (const std::system_error& e) { // no thread to be had: EAGAIN
    return error::from_errno(e.code().value(), stage::clone);
  }
  if (!fd) return error::from_errno(errnum, failed);
  return fd;
}

} // namespace linx::ns
