// Sockets as sock_diag(7) tells of them.
#include "fuzz/input.hpp"

#include <linx/diag/inet_socket.hpp>
#include <linx/diag/memory.hpp>
#include <linx/diag/tcp_statistics.hpp>
#include <linx/diag/unix_socket.hpp>

using namespace linx;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
  const test::fuzz_message message(test::fuzz_input(data, size));
  const auto m = message.view();
  if (const auto s = diag::inet_socket::decode(m)) (void)to_string(*s);
  if (const auto s = diag::unix_socket::decode(m)) (void)to_string(*s);
  (void)diag::tcp_statistics::decode(m.body());
  (void)diag::memory::decode(m.body());
  return 0;
}
