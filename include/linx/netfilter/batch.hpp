/// A list of changes that nf_tables makes all at once or not at all.
#pragma once

#include <linx/netfilter/rule.hpp>
#include <linx/netfilter/set.hpp>

#include <variant>

namespace linx::netfilter {

/// What a command does; the words of nft(8).
enum class operation : std::uint8_t {
  add,     ///< makes it if it is not there; a rule goes to the end of its chain
  create,  ///< makes it, EEXIST if it is there
  insert,  ///< a rule goes to the beginning of its chain
  remove,  ///< ENOENT if it is not there
  destroy, ///< removes it if it is there (kernel 6.3)
  flush,   ///< empties it: rules of a table or chain, elements of a set
};

/// "add", "delete": as nft(8) writes it.
LINX_API std::string_view to_string(operation) noexcept;

/// One change.
class LINX_API command {
public:
  using object = std::variant<std::monostate, table, chain, rule, set, elements>;

  command(operation what, object on) : operation_(what), object_(std::move(on)) {}

  operation what() const noexcept { return operation_; }
  /// monostate: the whole ruleset.
  const object& on() const noexcept { return object_; }

private:
  operation operation_;
  object object_;
};

/// As nft(8) writes it: `add rule inet filter input tcp dport 22 accept`.
LINX_API std::string to_string(const command&);

/// Changes in the order in which the kernel makes them. A later command may use what an earlier one makes.
class LINX_API batch {
public:
  batch& add(table);
  batch& add(chain);
  batch& add(rule);
  batch& add(set);
  batch& add(elements);

  batch& create(table);
  batch& create(chain);
  batch& create(set);
  batch& create(elements);

  /// At the beginning of its chain, or before the rule of `rule::position`.
  batch& insert(rule);

  batch& remove(table);
  batch& remove(chain);
  /// By its handle, which the kernel gave it: a rule that was pulled.
  batch& remove(rule);
  batch& remove(set);
  batch& remove(elements);

  batch& destroy(table);
  batch& destroy(chain);
  /// By its handle.
  batch& destroy(rule);
  batch& destroy(set);
  batch& destroy(elements);

  /// Removes the rules of all chains of the table.
  batch& flush(table);
  /// Removes the rules of the chain.
  batch& flush(chain);
  /// Removes the elements of the set.
  batch& flush(set);
  /// Removes every table that this network namespace shows, of all families.
  batch& flush_ruleset();

  const std::vector<command>& commands() const noexcept { return commands_; }
  bool empty() const noexcept { return commands_.empty(); }

private:
  batch& push(operation, command::object);

  std::vector<command> commands_;
};

} // namespace linx::netfilter
