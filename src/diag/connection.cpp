#include <linx/diag/connection.hpp>

#include "core/source.hpp"
#include "diag/encode.hpp"
#include "netlink/typed_dump.hpp"

#include <linx/io/unique_fd.hpp>

#include <linux/netlink.h>

namespace linx::diag {

namespace {

// The parts of a query, one after the other: one for each family.
class inet_source final : public linx::detail::source<inet_socket> {
public:
  using source::source;

  void add(stream<inet_socket> part) { parts_.push_back(std::move(part)); }
  void fail(error why) { failure_ = std::move(why); }

private:
  task<std::optional<inet_socket>> read() override
  {
    for (;;) {
      if (is_closed()) co_return errc::closed;
      if (failure_) co_return *failure_;
      if (at_ == parts_.size()) co_return std::optional<inet_socket>();
      LINX_TRY(auto one, co_await parts_[at_].next());
      if (one) co_return std::move(one);
      ++at_;
    }
  }

  void on_close() noexcept override
  {
    for (auto& part : parts_) part.cancel();
  }

  std::vector<stream<inet_socket>> parts_;
  std::optional<error> failure_;
  std::size_t at_ = 0;
};

task<inet_socket> fetch(netlink::connection transport, netlink::message_builder request)
{
  LINX_TRY(auto reply, co_await transport.request(std::move(request)));
  auto found = inet_socket::decode(reply);
  if (!found) co_return error(errc::protocol, stage::decode).with_object("a socket");
  co_return std::move(*found);
}

} // namespace

result<connection> connection::open(executor ex)
{
  BOOST_OUTCOME_TRY(auto transport, netlink::connection::open(std::move(ex), NETLINK_SOCK_DIAG));
  return connection(std::move(transport));
}

result<connection> connection::open(executor ex, const ns::handle& net)
{
  BOOST_OUTCOME_TRY(auto transport, netlink::connection::open(std::move(ex), NETLINK_SOCK_DIAG, net));
  return connection(std::move(transport));
}

result<connection> connection::adopt(executor ex, io::unique_fd socket)
{
  BOOST_OUTCOME_TRY(auto transport, netlink::connection::adopt(std::move(ex), std::move(socket)));
  return connection(std::move(transport));
}

stream<inet_socket> connection::sockets(inet_query query) const
{
  // On any thread, and the context of the connection may be about to go.
  const auto source =
      netlink::detail::connection_access::state(transport_)->with_home([](const executor& home) {
        return linx::detail::make_state<inet_source>(home);
      });
  for (const auto family : {net::family::v4, net::family::v6}) {
    if (query.family() && *query.family() != family) continue;
    auto request = encode_list(query, family);
    if (!request) {
      source->fail(std::move(request).error());
      break;
    }
    source->add(netlink::detail::typed_dump<inet_socket>(transport_, std::move(request).value(),
                                                         netlink::dump_options(), &inet_socket::decode));
  }
  return stream<inet_socket>(std::move(source));
}

stream<unix_socket> connection::sockets(unix_query query) const
{
  return netlink::detail::typed_dump<unix_socket>(transport_, encode_list(query), netlink::dump_options(),
                                                  &unix_socket::decode);
}

task<inet_socket> connection::get(protocol p, inet_socket which) const
{
  return fetch(transport_, encode_get(p, which));
}

task<> connection::destroy(protocol p, inet_socket which) const
{
  return transport_.submit(encode_destroy(p, which));
}

} // namespace linx::diag
