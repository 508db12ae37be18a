#include <linx/mnl/query.hpp>

#include <cerrno>
#include <cstring>

namespace linx::mnl {

namespace {

class callback {
public:
  callback(mnl_cb_t function, void* data) noexcept : function_(function), data_(data) {}

  // Whether more is wanted.
  result<bool> operator()(const nlmsghdr* message) const
  {
    if (!function_) return true;
    errno = 0;
    const int said = function_(message, data_);
    if (said == MNL_CB_STOP) return false;
    if (said > MNL_CB_STOP) return true;
    return error::from_errno(errno ? errno : EINVAL, stage::decode).with_object("a callback of libmnl");
  }

private:
  mnl_cb_t function_;
  void* data_;
};

task<> dump(netlink::connection connection, netlink::message_builder request, callback tell)
{
  auto blocks = connection.dump_blocks(std::move(request), netlink::dump_options());
  for (;;) {
    LINX_TRY(auto block, co_await blocks.next());
    if (!block) co_return success();
    const auto bytes = block->bytes();
    // Blocks hold whole messages, each aligned: what mnl_nlmsg_next would walk.
    for (std::size_t at = 0; at + sizeof(nlmsghdr) <= bytes.size();) {
      const auto* message = reinterpret_cast<const nlmsghdr*>(bytes.data() + at);
      LINX_TRY(const bool wants_more, tell(message));
      if (!wants_more) co_return success();
      at += netlink::aligned(message->nlmsg_len);
    }
  }
}

task<> ask(netlink::connection connection, netlink::message_builder request, callback tell)
{
  LINX_TRY(const auto reply, co_await connection.request(std::move(request)));
  // In one piece, and aligned as a header is.
  std::vector<nlmsghdr> room(2 + reply.body().size() / sizeof(nlmsghdr));
  room[0] = reply.view().header();
  if (!reply.body().empty()) std::memcpy(&room[1], reply.body().data(), reply.body().size());
  LINX_TRYV(tell(room.data()));
  co_return success();
}

} // namespace

netlink::message_builder copy_request(const nlmsghdr* request)
{
  netlink::message_builder copy(request->nlmsg_type, request->nlmsg_flags);
  copy.append(view(request).body());
  return copy;
}

task<> query(netlink::connection connection, const nlmsghdr* request, mnl_cb_t function, void* data)
{
  const callback tell(function, data);
  auto copy = copy_request(request);
  if ((request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP)
    return dump(std::move(connection), std::move(copy), tell);
  // Without a callback nobody looks at a reply, and not every request has one.
  if (!function) return connection.submit(std::move(copy));
  return ask(std::move(connection), std::move(copy), tell);
}

} // namespace linx::mnl
