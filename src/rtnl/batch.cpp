#include <linx/rtnl/batch.hpp>

#include "rtnl/encode_address.hpp"
#include "rtnl/encode_address_label.hpp"
#include "rtnl/encode_neighbour.hpp"
#include "rtnl/encode_nexthop.hpp"
#include "rtnl/encode_route.hpp"
#include "rtnl/encode_rule.hpp"

#include <linux/netlink.h>

namespace linx::rtnl {

namespace {

constexpr std::uint16_t adding = NLM_F_CREATE | NLM_F_EXCL;
constexpr std::uint16_t replacing = NLM_F_CREATE | NLM_F_REPLACE;
constexpr std::uint16_t changing = NLM_F_REPLACE;
constexpr std::uint16_t appending = NLM_F_CREATE | NLM_F_APPEND;

} // namespace

batch& batch::request(result<netlink::message_builder> one)
{
  requests_.push_back(std::move(one));
  return *this;
}

batch& batch::add(const address& a)
{
  return request(encode_new(a, adding));
}
batch& batch::replace(const address& a)
{
  return request(encode_new(a, replacing));
}
batch& batch::remove(const address& a)
{
  return request(encode_remove(a));
}

batch& batch::add(const route& r)
{
  return request(encode_new(r, adding));
}
batch& batch::replace(const route& r)
{
  return request(encode_new(r, replacing));
}
batch& batch::change(const route& r)
{
  return request(encode_new(r, changing));
}
batch& batch::append(const route& r)
{
  return request(encode_new(r, appending));
}
batch& batch::remove(const route& r)
{
  return request(encode_remove(r));
}

batch& batch::add(const nexthop& n)
{
  return request(encode_new(n, adding));
}
batch& batch::replace(const nexthop& n)
{
  return request(encode_new(n, replacing));
}
batch& batch::remove(const nexthop& n)
{
  return request(encode_remove_nexthop(n.id));
}

batch& batch::add(const rule& r)
{
  return request(encode_new(r));
}
batch& batch::remove(const rule& r)
{
  return request(encode_remove(r));
}

batch& batch::add(const neighbour& n)
{
  return request(encode_new(n, adding));
}
batch& batch::replace(const neighbour& n)
{
  return request(encode_new(n, replacing));
}
batch& batch::change(const neighbour& n)
{
  return request(encode_new(n, changing));
}
batch& batch::remove(const neighbour& n)
{
  return request(encode_remove(n));
}

batch& batch::add(const address_label& l)
{
  return request(encode_new(l, adding));
}
batch& batch::replace(const address_label& l)
{
  return request(encode_new(l, replacing));
}
batch& batch::remove(const address_label& l)
{
  return request(encode_remove(l));
}

} // namespace linx::rtnl
