#include <linx/netfilter/event.hpp>

#include "netfilter/quote.hpp"

namespace linx::netfilter {

namespace {

std::string text_of(const rule& r)
{
  std::string text = "rule ";
  text.append(to_string(r.family()))
      .append(" ")
      .append(detail::word(r.table()))
      .append(" ")
      .append(detail::word(r.chain()));
  if (const auto words = to_string(r); !words.empty()) text.append(" ").append(words);
  if (!r.comment().empty()) text.append(" comment ").append(detail::quoted(r.comment()));
  return text;
}

std::string text_of(const other_object& o)
{
  std::string text = o.kind();
  text.append(" ").append(to_string(o.family())).append(" ").append(detail::word(o.table())).append(" ");
  return text.append(detail::word(o.name()));
}

template <class T>
std::string text_of(const T& object)
{
  return to_string(object);
}

std::uint64_t handle_of(const event::object& o) noexcept
{
  if (const auto* t = std::get_if<table>(&o)) return t->handle();
  if (const auto* c = std::get_if<chain>(&o)) return c->handle();
  if (const auto* r = std::get_if<rule>(&o)) return r->handle();
  if (const auto* s = std::get_if<set>(&o)) return s->handle();
  return 0;
}

} // namespace

std::string to_string(const event& e)
{
  std::string text(to_string(e.what()));
  text.append(" ").append(std::visit([](const auto& object) { return text_of(object); }, e.on()));
  if (const auto handle = handle_of(e.on())) text.append(" # handle ").append(std::to_string(handle));
  return text;
}

commit commit::change(std::uint32_t generation, std::uint32_t pid, std::string program,
                      std::vector<event> events)
{
  commit c;
  c.generation_ = generation;
  c.pid_ = pid;
  c.program_ = std::move(program);
  c.events_ = std::move(events);
  return c;
}

commit commit::lost()
{
  commit c;
  c.kind_ = kind::lost;
  return c;
}

commit commit::resync(std::uint32_t generation, std::vector<event> events)
{
  commit c;
  c.kind_ = kind::resync;
  c.generation_ = generation;
  c.events_ = std::move(events);
  return c;
}

std::string to_string(const commit& c)
{
  std::string text;
  switch (c.what()) {
  case commit::kind::lost:
    return "changes were lost";
  case commit::kind::resync:
    text = "the ruleset at generation " + std::to_string(c.generation());
    break;
  case commit::kind::change:
    text = "generation " + std::to_string(c.generation()) + " by " + detail::word(c.program()) + " (pid " +
           std::to_string(c.pid()) + ")";
    break;
  }
  text.append(", ").append(std::to_string(c.events().size()));
  return text.append(c.what() == commit::kind::resync ? (c.events().size() == 1 ? " object" : " objects")
                                                      : (c.events().size() == 1 ? " change" : " changes"));
}

} // namespace linx::netfilter
