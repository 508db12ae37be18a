#include <linx/netfilter/chain.hpp>

#include "netfilter/quote.hpp"

#include <linux/netfilter.h>

#include <array>
#include <span>
#include <utility>

namespace linx::netfilter {

namespace {

using numbered = std::pair<hook, std::uint32_t>;

// linux/netfilter.h (enum nf_inet_hooks, enum nf_dev_hooks), linux/netfilter_arp.h, linux/netfilter_bridge.h
constexpr std::array<numbered, 6> ip_hooks{{{hook::prerouting, NF_INET_PRE_ROUTING},
                                            {hook::input, NF_INET_LOCAL_IN},
                                            {hook::forward, NF_INET_FORWARD},
                                            {hook::output, NF_INET_LOCAL_OUT},
                                            {hook::postrouting, NF_INET_POST_ROUTING},
                                            {hook::ingress, NF_INET_POST_ROUTING + 1}}};
constexpr std::array<numbered, 2> arp_hooks{{{hook::input, 0}, {hook::output, 1}}};
constexpr std::array<numbered, 2> device_hooks{{{hook::ingress, 0}, {hook::egress, 1}}};

std::span<const numbered> hooks_of(family f) noexcept
{
  switch (f) {
  case family::inet:
    return ip_hooks;
  case family::ip:
  case family::ip6:
  case family::bridge:
    return std::span(ip_hooks).first<5>(); // ingress is of inet alone (kernel 5.10)
  case family::arp:
    return arp_hooks;
  case family::netdev:
    return device_hooks;
  case family::unspec:
    break;
  }
  return {};
}

} // namespace

chain& chain::base(chain_type type, netfilter::hook at, std::int32_t priority)
{
  type_ = to_string(type);
  priority_ = priority;
  hook_number_.reset();
  for (const auto& [known, number] : hooks_of(family_))
    if (known == at) hook_number_ = number;
  return *this;
}

chain& chain::base(std::string type, std::uint32_t hook_number, std::int32_t priority)
{
  type_ = std::move(type);
  hook_number_ = hook_number;
  priority_ = priority;
  return *this;
}

chain& chain::policy(netfilter::policy verdict) noexcept
{
  policy_ = verdict;
  return *this;
}

chain& chain::device(std::string interface)
{
  devices_.push_back(std::move(interface));
  return *this;
}

chain& chain::comment(std::string text)
{
  comment_ = std::move(text);
  return *this;
}

chain& chain::handle(std::uint64_t number) noexcept
{
  handle_ = number;
  return *this;
}

std::optional<netfilter::hook> chain::hook() const noexcept
{
  if (hook_number_)
    for (const auto& [known, number] : hooks_of(family_))
      if (number == *hook_number_) return known;
  return std::nullopt;
}

std::string_view to_string(hook h) noexcept
{
  switch (h) {
  case hook::prerouting:
    return "prerouting";
  case hook::input:
    return "input";
  case hook::forward:
    return "forward";
  case hook::output:
    return "output";
  case hook::postrouting:
    return "postrouting";
  case hook::ingress:
    return "ingress";
  case hook::egress:
    return "egress";
  }
  return "unknown";
}

std::string_view to_string(chain_type t) noexcept
{
  switch (t) {
  case chain_type::filter:
    return "filter";
  case chain_type::nat:
    return "nat";
  case chain_type::route:
    return "route";
  }
  return "unknown";
}

std::string_view to_string(policy p) noexcept
{
  return p == policy::drop ? "drop" : p == policy::accept ? "accept" : "unknown";
}

std::string to_string(const chain& c)
{
  std::string text = "chain ";
  text.append(to_string(c.family()))
      .append(" ")
      .append(detail::word(c.table()))
      .append(" ")
      .append(detail::word(c.name()));
  if (!c.is_base() && c.comment().empty()) return text;
  text += " {";
  if (c.is_base()) {
    const auto at = c.hook();
    text.append(" type ").append(detail::word(c.type())).append(" hook ");
    text.append(at                ? std::string(to_string(*at))
                : c.hook_number() ? std::to_string(*c.hook_number())
                                  : "unknown");
    if (c.devices().size() == 1) {
      text.append(" device ").append(detail::quoted(c.devices().front()));
    } else if (!c.devices().empty()) {
      text += " devices = {";
      for (const auto& device : c.devices())
        text.append(&device == &c.devices().front() ? " " : ", ").append(detail::quoted(device));
      text += " }";
    }
    text.append(" priority ").append(std::to_string(c.priority())).append(";");
    if (c.policy()) text.append(" policy ").append(to_string(*c.policy())).append(";");
  }
  if (!c.comment().empty()) text.append(" comment ").append(detail::quoted(c.comment())).append(";");
  return text += " }";
}

} // namespace linx::netfilter
