#include <linx/core/spawn.hpp>
#include <linx/core/with_timeout.hpp>
#include <linx/process/process.hpp>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <iostream>

#include <unistd.h>

linx::task<linx::exit_status> hello()
{
  linx::process_options options("/bin/sh");
  options.arg("-c").arg("echo \"uid $(id -u) on $(uname -n)\"");
  options.unshare("user,net,uts").uid_map(linx::id_map::root(geteuid())).hostname("inside");
  LINX_TRY(auto child, co_await linx::process::spawn(std::move(options)));
  LINX_TRY(const pid_t pid, co_await child.ready());
  std::cout << "pid " << pid << " is parked: links, rules and limits go here" << std::endl;
  LINX_TRYV(co_await child.proceed());
  auto waiting = child.wait();
  co_return co_await linx::with_timeout(std::move(waiting), std::chrono::seconds(5));
}

int main()
{
  boost::asio::io_context io;
  int code = 1;
  linx::spawn(io, hello(), [&](linx::result<linx::exit_status> ended) {
    if (ended)
      code = ended.assume_value().success() ? 0 : 1;
    else
      std::cerr << ended.assume_error().message() << '\n';
  });
  io.run();
  return code;
}
