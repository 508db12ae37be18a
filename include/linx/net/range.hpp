/// The addresses of a network, and the networks in it, one after the other.
#pragma once

#include <linx/net/subnet.hpp>

#include <iterator>

namespace linx::net {

namespace detail {

/// The next one; nothing behind the one that ends with `last`.
constexpr std::optional<ip> behind(const ip& at, const ip& last) noexcept
{
  return at == last ? std::nullopt : at.plus(1);
}
constexpr std::optional<subnet> behind(const subnet& at, const ip& last) noexcept
{
  return at.last() == last ? std::nullopt : at.next();
}

/// Goes from one address or network to the next, up to the one that ends with `last`.
template <class Value>
class range_iterator {
public:
  using value_type = Value;
  using reference = Value;
  using difference_type = std::ptrdiff_t;
  using iterator_concept = std::forward_iterator_tag;
  using iterator_category = std::input_iterator_tag;

  /// The end.
  constexpr range_iterator() noexcept = default;
  constexpr range_iterator(const Value& at, const ip& last) noexcept : at_(at), last_(last) {}

  constexpr Value operator*() const noexcept { return *at_; }
  constexpr range_iterator& operator++() noexcept
  {
    at_ = behind(*at_, last_);
    return *this;
  }
  constexpr range_iterator operator++(int) noexcept
  {
    auto before = *this;
    ++*this;
    return before;
  }
  friend constexpr bool operator==(const range_iterator& a, const range_iterator& b) noexcept
  {
    return a.at_ == b.at_;
  }
  friend constexpr bool operator==(const range_iterator& a, std::default_sentinel_t) noexcept
  {
    return !a.at_;
  }

private:
  std::optional<Value> at_;
  ip last_;
};

} // namespace detail

/// Addresses of one family from `first` to `last`, both included. A value of two addresses, however many lie
/// between them:
///
///     for (const ip& address : hosts("10.0.0.0/24"_subnet)) ...
class address_range {
public:
  using iterator = detail::range_iterator<ip>;

  /// No addresses.
  constexpr address_range() noexcept = default;
  /// None either where `last` is before `first`, or of the other family.
  constexpr address_range(const ip& first, const ip& last) noexcept
  {
    if (first.family() != last.family() || last < first) return;
    first_ = first;
    last_ = last;
    empty_ = false;
  }

  constexpr iterator begin() const noexcept { return empty_ ? iterator() : iterator(first_, last_); }
  constexpr std::default_sentinel_t end() const noexcept { return {}; }

  constexpr bool empty() const noexcept { return empty_; }
  /// Of a range that is not empty.
  constexpr const ip& front() const noexcept { return first_; }
  constexpr const ip& back() const noexcept { return last_; }
  /// How many there are; nullopt for 2^64 and more.
  constexpr std::optional<std::uint64_t> size() const noexcept
  {
    if (empty_) return 0;
    const auto between = distance(first_, last_);
    if (!between || *between + 1 == 0) return std::nullopt;
    return *between + 1;
  }
  constexpr bool contains(const ip& address) const noexcept
  {
    return !empty_ && address.family() == first_.family() && first_ <= address && address <= last_;
  }

  friend constexpr bool operator==(const address_range&, const address_range&) noexcept = default;

private:
  ip first_;
  ip last_;
  bool empty_ = true;
};

/// All addresses of a network.
constexpr address_range addresses(const subnet& network) noexcept
{
  return {network.address(), network.last()};
}

/// Those that a host can have: without the first and the broadcast address of an IPv4 network shorter than
/// /31, and without the subnet-router anycast address, the first, of an IPv6 network shorter than /127 (RFC
/// 4291 2.6.1, RFC 6164).
constexpr address_range hosts(const subnet& network) noexcept
{
  if (network.address().bits() - network.prefix() < 2) return addresses(network);
  const ip last = network.last();
  const auto highest = network.family() == family::v4 ? last.minus(1) : last;
  return {*network.address().plus(1), *highest};
}

/// The networks of one size inside another, in order.
class subnet_range {
public:
  using iterator = detail::range_iterator<subnet>;

  constexpr subnet_range(const subnet& whole, unsigned prefix) noexcept : whole_(whole), prefix_(prefix) {}

  constexpr iterator begin() const noexcept
  {
    if (prefix_ < whole_.prefix() || prefix_ > whole_.address().bits()) return {};
    return iterator(subnet(whole_.address(), prefix_), whole_.last());
  }
  constexpr std::default_sentinel_t end() const noexcept { return {}; }

private:
  subnet whole_;
  unsigned prefix_;
};

/// 10.0.0.0/25 and 10.0.0.128/25 of 10.0.0.0/24 and 25; none for a prefix shorter than the network's own.
constexpr subnet_range subnets(const subnet& network, unsigned prefix) noexcept
{
  return {network, prefix};
}

} // namespace linx::net
