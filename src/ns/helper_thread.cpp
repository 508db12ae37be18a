#include "ns/helper_thread.hpp"

#include <csignal>
#include <system_error>
#include <thread>

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

result<> on_helper_thread(const std::function<void()>& work)
{
  try {
    std::thread helper;
    {
      const no_signals blocked;
      helper = std::thread([&work]() noexcept { work(); });
    }
    helper.join();
  } catch (const std::system_error& e) { // no thread to be had: EAGAIN
    return error::from_errno(e.code().value(), stage::clone).with_object("a helper thread");
  }
  return success();
}

} // namespace linx::ns
