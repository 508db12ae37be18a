#include <linx/diag/condition.hpp>

#include <linx/netlink/attribute.hpp>

#include <cstring>
#include <variant>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <sys/socket.h>

namespace linx::diag {

namespace {

using code = std::vector<std::byte>;

constexpr std::size_t step = sizeof(inet_diag_bc_op);
// Offsets are 16 bits long, and "no" of the first instruction points 4 bytes behind the end.
constexpr std::size_t longest = 65535 - step - sizeof(nlattr) - 3;

void append(code& out, const void* bytes, std::size_t size)
{
  const auto* first = static_cast<const std::byte*>(bytes);
  out.insert(out.end(), first, first + size);
}

// One test: where it holds, the next instruction follows; where not, the program ends by a jump over its end.
code test(unsigned char op, std::span<const std::byte> argument)
{
  const std::size_t length = step + argument.size();
  const inet_diag_bc_op head{op, static_cast<unsigned char>(length),
                             static_cast<unsigned short>(length + step)};
  code out;
  out.reserve(length);
  append(out, &head, sizeof head);
  append(out, argument.data(), argument.size());
  return out;
}

code port_test(unsigned char op, std::uint16_t port)
{
  const inet_diag_bc_op argument{0, 0, port};
  return test(op, std::as_bytes(std::span(&argument, 1)));
}

code jump(std::size_t distance)
{
  const inet_diag_bc_op head{INET_DIAG_BC_JMP, step, static_cast<unsigned short>(distance)};
  code out;
  append(out, &head, sizeof head);
  return out;
}

// `more` bytes will follow: jumps over the end of the program go over the new end.
void lead_over(code& program, std::size_t more)
{
  for (std::size_t at = 0; at < program.size();) {
    inet_diag_bc_op op;
    std::memcpy(&op, program.data() + at, sizeof op);
    if (op.no == program.size() - at + step) {
      op.no = static_cast<unsigned short>(op.no + more);
      std::memcpy(program.data() + at, &op, sizeof op);
    }
    at += op.yes;
  }
}

} // namespace

class condition::node {
public:
  enum class kind : std::uint8_t { leaf, both, either, not_ };

  explicit node(code leaf) noexcept : what(kind::leaf), tests(std::move(leaf)) {}
  node(kind k, std::shared_ptr<const node> first, std::shared_ptr<const node> second) noexcept
      : what(k), a(std::move(first)), b(std::move(second))
  {}

  kind what;
  code tests;
  std::shared_ptr<const node> a, b;
};

namespace {

using node = condition::node;

result<code> compiled(const node& n)
{
  if (n.what == node::kind::leaf) return n.tests;
  BOOST_OUTCOME_TRY(code a, compiled(*n.a));
  code b;
  if (n.b) {
    BOOST_OUTCOME_TRY(b, compiled(*n.b));
  }
  if (a.size() + b.size() + step > longest)
    return error::argument("a condition on sockets of more than " + std::to_string(longest) + " bytes");
  switch (n.what) {
  case node::kind::both:
    lead_over(a, b.size());
    break;
  case node::kind::either:
    // a failed test jumps over the jump, to b
    append(a, jump(b.size() + step).data(), step);
    break;
  case node::kind::not_:
    // a failed test jumps over the jump, to the end; success meets the jump over the end
    append(a, jump(2 * step).data(), step);
    break;
  case node::kind::leaf:
    break;
  }
  append(a, b.data(), b.size());
  return a;
}

condition leaf(code tests)
{
  return condition(std::make_shared<node>(std::move(tests)));
}

condition host_test(unsigned char op, const net::subnet& network)
{
  inet_diag_hostcond head{};
  head.family = network.family() == net::family::v4 ? AF_INET : AF_INET6;
  head.prefix_len = static_cast<unsigned char>(network.prefix());
  head.port = -1; // any
  code argument;
  append(argument, &head, sizeof head);
  append(argument, network.address().bytes().data(), network.address().bytes().size());
  return leaf(test(op, argument));
}

condition range_test(unsigned char at_least, unsigned char at_most, std::uint16_t first, std::uint16_t last)
{
  return leaf(port_test(at_least, first)) && leaf(port_test(at_most, last));
}

} // namespace

condition operator&&(condition a, condition b)
{
  return condition(std::make_shared<node>(node::kind::both, std::move(a.root_), std::move(b.root_)));
}

condition operator||(condition a, condition b)
{
  return condition(std::make_shared<node>(node::kind::either, std::move(a.root_), std::move(b.root_)));
}

condition operator!(condition a)
{
  return condition(std::make_shared<node>(node::kind::not_, std::move(a.root_), nullptr));
}

result<std::vector<std::byte>> condition::compile() const
{
  return compiled(*root_);
}

condition source_port(std::uint16_t port)
{
  return leaf(port_test(INET_DIAG_BC_S_EQ, port));
}

condition destination_port(std::uint16_t port)
{
  return leaf(port_test(INET_DIAG_BC_D_EQ, port));
}

condition source_ports(std::uint16_t first, std::uint16_t last)
{
  return range_test(INET_DIAG_BC_S_GE, INET_DIAG_BC_S_LE, first, last);
}

condition destination_ports(std::uint16_t first, std::uint16_t last)
{
  return range_test(INET_DIAG_BC_D_GE, INET_DIAG_BC_D_LE, first, last);
}

condition source(const net::subnet& network)
{
  return host_test(INET_DIAG_BC_S_COND, network);
}

condition destination(const net::subnet& network)
{
  return host_test(INET_DIAG_BC_D_COND, network);
}

condition bound_to(std::uint32_t link_index)
{
  return leaf(test(INET_DIAG_BC_DEV_COND, std::as_bytes(std::span(&link_index, 1))));
}

condition marked(std::uint32_t mark, std::uint32_t mask)
{
  const inet_diag_markcond argument{mark, mask};
  return leaf(test(INET_DIAG_BC_MARK_COND, std::as_bytes(std::span(&argument, 1))));
}

condition automatic_port()
{
  return leaf(test(INET_DIAG_BC_AUTO, {}));
}

} // namespace linx::diag
