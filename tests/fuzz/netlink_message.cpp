// Any datagram of the kernel: its messages, their attributes, the answers among them with their extended
// acks.
#include "fuzz/input.hpp"

#include "netlink/extended_ack.hpp"

#include <linx/netlink/attribute.hpp>

using namespace linx;

namespace {

std::size_t walk(const netlink::attributes& all, int depth)
{
  std::size_t sum = 0;
  for (const auto& each : all) {
    sum += each.type() + each.payload().size();
    (void)each.as<std::uint32_t>();
    (void)each.as_string();
    if (depth != 0) sum += walk(each.nested(), depth - 1);
  }
  return sum;
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
  const auto datagram = test::fuzz_input(data, size).copy_of_rest();
  for (const netlink::message_view m : netlink::messages(datagram)) {
    (void)walk(m.attributes_after<nlmsghdr>(), 4);
    (void)walk(netlink::attributes(m.body()), 4);
    const auto answer = netlink::detail::read_answer(m);
    (void)netlink::detail::to_error(answer, datagram, nullptr).message();
  }
  return 0;
}
