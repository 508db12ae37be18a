#include "netfilter/commit_assembler.hpp"

#include <linux/netfilter/nf_tables.h>

namespace linx::netfilter::detail {

void commit_assembler::restart(std::uint32_t generation) noexcept
{
  known_ = generation;
  events_.clear();
  bytes_ = 0;
}

void commit_assembler::learn(const std::vector<set>& all)
{
  key_types_.clear();
  for (const auto& s : all) key_types_.insert_or_assign(set_name(s.family(), s.table(), s.name()), s.type());
}

commit_assembler::outcome commit_assembler::add(const netlink::message_view& m)
{
  if (const auto end = decode_generation(m)) {
    std::vector<event> events = std::move(events_);
    events_.clear();
    bytes_ = 0;
    // serial number arithmetic: the generation wraps
    if (static_cast<std::int32_t>(end->generation - known_) <= 0) return outcome::nothing;
    if (end->generation != following(known_)) return outcome::lost;
    known_ = end->generation;
    complete_ = commit::change(end->generation, end->pid, end->program, std::move(events));
    return outcome::commit;
  }
  auto one = decode_event(m);
  if (!one) return outcome::nothing;
  bytes_ += m.body().size();
  if (bytes_ > limit_) {
    events_.clear();
    bytes_ = 0;
    return outcome::lost;
  }
  remember(*one);
  describe(*one);
  append(std::move(*one));
  return outcome::nothing;
}

void commit_assembler::remember(const event& e)
{
  const auto* s = std::get_if<set>(&e.on());
  if (!s) return;
  set_name name(s->family(), s->table(), s->name());
  if (e.what() == operation::remove)
    key_types_.erase(name);
  else
    key_types_.insert_or_assign(std::move(name), s->type());
}

void commit_assembler::describe(event& e) const
{
  auto* list = std::get_if<elements>(&e.on());
  if (!list) return;
  const auto found = key_types_.find(set_name(list->family(), list->table(), list->set()));
  if (found != key_types_.end()) list->type(found->second);
}

void commit_assembler::append(event e)
{
  // The kernel sends each element by itself, and both ends of an interval: one event for all that a set
  // gained or lost in a row.
  auto* list = std::get_if<elements>(&e.on());
  if (list && !events_.empty() && events_.back().what() == e.what()) {
    auto* before = std::get_if<elements>(&events_.back().on());
    if (before && before->family() == list->family() && before->table() == list->table() &&
        before->set() == list->set()) {
      for (const auto& one : list->list()) before->add(one);
      return;
    }
  }
  events_.push_back(std::move(e));
}

} // namespace linx::netfilter::detail
