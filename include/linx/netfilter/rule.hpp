/// A rule of nf_tables.
#pragma once

#include <linx/netfilter/chain.hpp>
#include <linx/netfilter/statement.hpp>

namespace linx::netfilter {

/// What happens to a packet: words from left to right, each of which may end the rule.
///
///     rule(input).add(tcp_dport(22), counter(), accept()).comment("ssh");
class LINX_API rule {
public:
  rule() = default;
  explicit rule(const chain& in) : rule(in.family(), in.table(), in.name()) {}
  rule(netfilter::family of, std::string table, std::string chain)
      : family_(of), table_(std::move(table)), chain_(std::move(chain))
  {}

  /// Appends words, each with what it depends on in this rule's family.
  template <class... Statements>
  rule& add(const statement& first, const Statements&... rest)
  {
    append(first);
    (append(rest), ...);
    return *this;
  }
  /// Appends one expression as it is.
  rule& add(expression single);
  /// At most 127 bytes, for people; nft lists it behind the rule.
  rule& comment(std::string text);
  rule& handle(std::uint64_t number) noexcept;
  /// Handle of the rule that this one comes behind (`batch::add`) or before (`batch::insert`); 0: the chain's
  /// end or beginning.
  rule& position(std::uint64_t handle) noexcept;

  netfilter::family family() const noexcept { return family_; }
  const std::string& table() const noexcept { return table_; }
  const std::string& chain() const noexcept { return chain_; }
  const std::vector<expression>& expressions() const noexcept { return expressions_; }
  const std::string& comment() const noexcept { return comment_; }
  /// The kernel's number for it, 0 in a value that did not come from the kernel.
  std::uint64_t handle() const noexcept { return handle_; }
  std::uint64_t position() const noexcept { return position_; }
  /// Why this rule cannot be pushed, "" if nothing is known against it.
  const std::string& fault() const noexcept { return fault_; }

private:
  void append(const statement&);
  void require(expr::meta_key key, data value);

  netfilter::family family_ = netfilter::family::unspec;
  std::uint64_t handle_ = 0;
  std::uint64_t position_ = 0;
  std::string table_;
  std::string chain_;
  std::string comment_;
  std::string fault_;
  std::vector<expression> expressions_;
};

/// The words of a rule as nft(8) writes them: `tcp dport 22 counter packets 0 bytes 0 accept`. An expression
/// that linx has no words for is written as `[name hex]`.
LINX_API std::string to_string(const rule&);

/// The words of a list of expressions in a table of this family.
LINX_API std::string to_string(const std::vector<expression>&, family);

} // namespace linx::netfilter
