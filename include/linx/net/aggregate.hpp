/// Sets of addresses as the fewest networks.
#pragma once

#include <linx/net/range.hpp>

#include <algorithm>
#include <vector>

namespace linx::net {

/// The fewest networks that hold exactly the addresses of a range, in order: 10.0.0.1 to 10.0.0.3 is
/// 10.0.0.1/32 and 10.0.0.2/31.
constexpr std::vector<subnet> summarise(const address_range& range)
{
  std::vector<subnet> networks;
  if (range.empty()) return networks;
  for (std::optional<ip> at = range.front(); at && *at <= range.back();) {
    subnet widest(*at, at->bits());
    for (auto wider = widest.supernet(); wider; wider = wider->supernet()) {
      if (wider->address() != *at || wider->last() > range.back()) break;
      widest = *wider;
    }
    networks.push_back(widest);
    const ip end = widest.last();
    at = end.plus(1);
  }
  return networks;
}

/// The fewest networks that hold exactly what `networks` hold together, in order: what lies in another one is
/// dropped, and two halves become the whole. The families may be mixed.
constexpr std::vector<subnet> aggregate(std::vector<subnet> networks)
{
  std::sort(networks.begin(), networks.end());
  std::vector<subnet> fewest;
  for (const auto& network : networks) {
    if (!fewest.empty() && fewest.back().contains(network)) continue;
    fewest.push_back(network);
    // sorted, so that the lower half stands right before the upper one
    while (fewest.size() > 1) {
      const subnet lower = fewest[fewest.size() - 2], upper = fewest.back();
      const auto whole = lower.supernet();
      if (!whole || lower.prefix() != upper.prefix() || whole != upper.supernet()) break;
      fewest.pop_back();
      fewest.back() = *whole;
    }
  }
  return fewest;
}

/// What is left of `network` without `taken`: the fewest networks, in order.
constexpr std::vector<subnet> difference(const subnet& network, const subnet& taken)
{
  std::vector<subnet> left;
  if (!network.overlaps(taken)) left.push_back(network);
  if (!network.contains(taken)) return left;
  for (subnet around = network; around != taken;) {
    const subnet lower(around.address(), around.prefix() + 1u);
    const subnet upper(around.last(), around.prefix() + 1u);
    const bool in_lower = lower.contains(taken);
    left.push_back(in_lower ? upper : lower);
    around = in_lower ? lower : upper;
  }
  std::sort(left.begin(), left.end());
  return left;
}

/// What is left of all `networks` without all that is `taken`: the fewest networks, in order.
constexpr std::vector<subnet> difference(std::vector<subnet> networks, const std::vector<subnet>& taken)
{
  for (const auto& hole : taken) {
    std::vector<subnet> left;
    for (const auto& network : networks) {
      const auto parts = difference(network, hole);
      left.insert(left.end(), parts.begin(), parts.end());
    }
    networks = std::move(left);
  }
  return aggregate(std::move(networks));
}

/// The smallest network that holds both; nullopt for two families.
constexpr std::optional<subnet> common(const subnet& a, const subnet& b) noexcept
{
  if (a.family() != b.family()) return std::nullopt;
  for (std::optional<subnet> around = a; around; around = around->supernet())
    if (around->contains(b)) return around;
  return std::nullopt;
}

} // namespace linx::net
