/// What changed in the ruleset, and who changed it.
#pragma once

#include <linx/netfilter/batch.hpp>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace linx::netfilter {

/// A stateful object or a flowtable, which linx has no type for yet: known by its message, table and name.
class LINX_API other_object {
public:
  other_object() = default;
  other_object(std::string kind, netfilter::family of, std::string table, std::string name)
      : family_(of), kind_(std::move(kind)), table_(std::move(table)), name_(std::move(name))
  {}

  /// "counter", "flowtable"; "object 42" of a type, "message 99" of a message that linx does not know.
  const std::string& kind() const noexcept { return kind_; }
  netfilter::family family() const noexcept { return family_; }
  const std::string& table() const noexcept { return table_; }
  const std::string& name() const noexcept { return name_; }

private:
  netfilter::family family_ = netfilter::family::unspec;
  std::string kind_;
  std::string table_;
  std::string name_;
};

/// One object that came or went. A chain or set that was changed comes again, with its new properties.
class LINX_API event {
public:
  using object = std::variant<table, chain, rule, set, elements, other_object>;

  event(operation what, object on) : operation_(what), object_(std::move(on)) {}

  /// `operation::add` or `operation::remove`; `insert` of a rule that did not go to the end of its chain.
  operation what() const noexcept { return operation_; }
  const object& on() const noexcept { return object_; }
  object& on() noexcept { return object_; }

private:
  operation operation_;
  object object_;
};

/// One line close to what nft(8) would be told to do the same, with the handle behind it:
/// `add rule inet filter input tcp dport 22 accept # handle 5`.
LINX_API std::string to_string(const event&);

/// What one transaction changed, or what a monitor has to say about its own view.
class LINX_API commit {
public:
  enum class kind : std::uint8_t {
    change, ///< a transaction that the kernel committed
    lost,   ///< changes were dropped, as the receive buffer was full; what was known before is out of date
    resync, ///< the whole ruleset, as a list of additions; replaces what was known before
  };

  static commit change(std::uint32_t generation, std::uint32_t pid, std::string program,
                       std::vector<event> events);
  static commit lost();
  static commit resync(std::uint32_t generation, std::vector<event> events);

  kind what() const noexcept { return kind_; }
  /// The ruleset's generation since this commit; what `push_options::expect_generation` compares with.
  std::uint32_t generation() const noexcept { return generation_; }
  /// Id of the thread that committed, as the initial pid namespace numbers it; for a program with one thread
  /// its pid. 0 of lost and resync.
  std::uint32_t pid() const noexcept { return pid_; }
  /// Name of that thread (comm, at most 15 bytes): "nft". "" of lost and resync.
  const std::string& program() const noexcept { return program_; }
  const std::vector<event>& events() const noexcept { return events_; }

private:
  commit() = default;

  kind kind_ = kind::change;
  std::uint32_t generation_ = 0;
  std::uint32_t pid_ = 0;
  std::string program_;
  std::vector<event> events_;
};

/// One line without the events: `generation 7 by nft (pid 4711), 3 changes`.
LINX_API std::string to_string(const commit&);

} // namespace linx::netfilter
