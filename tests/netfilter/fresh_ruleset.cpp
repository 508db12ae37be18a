#include "netfilter/fresh_ruleset.hpp"

namespace linx::test {

fresh_ruleset::fresh_ruleset() : refused_(enter_fresh_network())
{
  if (!refused_ && !has_program("nft")) refused_ = "nft is not installed";
  if (refused_) return;
  auto opened = netlink::connection::open(context.get_executor(), NETLINK_NETFILTER);
  if (opened) {
    connection_ = std::move(opened).value();
    // some kernels have no nf_tables at all
    if (auto asked = run(context, netfilter::generation(*connection_)); !asked)
      refused_ = asked.error().message();
  } else {
    refused_ = opened.error().message();
  }
}

bool fresh_ruleset::usable() const
{
  if (refused_) BOOST_TEST_MESSAGE("skipped: " << *refused_);
  return !refused_;
}

result<> fresh_ruleset::push(netfilter::batch changes, netfilter::push_options options)
{
  return run(context, netfilter::push(*connection_, std::move(changes), options));
}

} // namespace linx::test
