// A child process that lives until it is told to go.
#pragma once

#include <linx/io/unique_fd.hpp>

#include <csignal>
#include <stdexcept>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace linx::test {

class child {
public:
  // It exits with `code` once leave() is called, or the parent is gone.
  explicit child(int code = 0)
  {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("pipe");
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("fork");
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL); // a test that aborts leaves nobody behind
      ::close(ends[1]);
      char byte;
      (void)!::read(ends[0], &byte, 1);
      ::_exit(code);
    }
    ::close(ends[0]);
    gate_.reset(ends[1]);
  }
  ~child()
  {
    leave();
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
  }
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  pid_t pid() const { return pid_; }
  void leave() { gate_.reset(); }
  int reap()
  {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }

private:
  pid_t pid_ = -1;
  io::unique_fd gate_;
};

} // namespace linx::test
