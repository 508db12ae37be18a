#include <linx/rtnl/route_metrics.hpp>

#include <iterator>

#include <linux/rtnetlink.h>

namespace linx::rtnl {

std::string_view to_string(route_metric which) noexcept
{
  // the words of ip-route(8)
  constexpr std::string_view names[] = {
      "",         "lock",    "mtu",      "window",     "rtt",      "rttvar",
      "ssthresh", "cwnd",    "advmss",   "reordering", "hoplimit", "initcwnd",
      "features", "rto_min", "initrwnd", "quickack",   "congctl",  "fastopen_no_cookie"};
  const auto n = static_cast<std::size_t>(which);
  return n < std::size(names) ? names[n] : "";
}

route_metrics route_metrics::decode(const netlink::attributes& all)
{
  route_metrics m;
  for (const auto a : all) {
    if (a.type() == RTAX_CC_ALGO) {
      m.congestion_control_ = a.as_string();
      continue;
    }
    const auto value = a.as<std::uint32_t>();
    if (!value) continue;
    if (a.type() == RTAX_LOCK)
      m.locks_ = *value;
    else if (a.type() > RTAX_LOCK && a.type() < m.values_.size())
      m.set(static_cast<route_metric>(a.type()), *value);
  }
  return m;
}

std::string to_string(const route_metrics& m)
{
  std::string text;
  const auto word = [&text](std::string_view w) {
    if (!text.empty()) text += ' ';
    text += w;
  };
  for (unsigned n = RTAX_MTU; n <= RTAX_FASTOPEN_NO_COOKIE; ++n) {
    const auto which = static_cast<route_metric>(n);
    const auto value = m.get(which);
    if (!value) continue;
    word(to_string(which));
    if (m.is_locked(which)) word("lock");
    word(std::to_string(*value));
  }
  if (!m.congestion_control().empty()) {
    word("congctl");
    word(m.congestion_control());
  }
  return text;
}

} // namespace linx::rtnl
