#include <linx/netfilter/batch.hpp>

#include "netfilter/quote.hpp"

namespace linx::netfilter {

std::string_view to_string(operation o) noexcept
{
  switch (o) {
  case operation::add:
    return "add";
  case operation::create:
    return "create";
  case operation::insert:
    return "insert";
  case operation::remove:
    return "delete";
  case operation::destroy:
    return "destroy";
  case operation::flush:
    return "flush";
  }
  return "unknown";
}

std::string to_string(const command& c)
{
  std::string text(to_string(c.what()));
  text += ' ';
  if (const auto* r = std::get_if<rule>(&c.on())) {
    text.append("rule ").append(to_string(r->family())).append(" ").append(detail::word(r->table()));
    text.append(" ").append(detail::word(r->chain()));
    if (r->handle() != 0) return text.append(" handle ").append(std::to_string(r->handle()));
    if (const auto words = to_string(*r); !words.empty()) text.append(" ").append(words);
    if (!r->comment().empty()) text.append(" comment ").append(detail::quoted(r->comment()));
  } else if (const auto* t = std::get_if<table>(&c.on())) {
    text += to_string(*t);
  } else if (const auto* h = std::get_if<chain>(&c.on())) {
    text += to_string(*h);
  } else if (const auto* s = std::get_if<set>(&c.on())) {
    text += to_string(*s);
  } else if (const auto* e = std::get_if<elements>(&c.on())) {
    // an error is one sentence: not a hundred thousand addresses
    if (e->list().size() <= 16) {
      text += to_string(*e);
    } else {
      text.append("element ").append(to_string(e->family())).append(" ").append(detail::word(e->table()));
      text.append(" ").append(detail::word(e->set())).append(" { ");
      text.append(std::to_string(e->list().size())).append(" elements }");
    }
  } else {
    text += "ruleset";
  }
  return text;
}

batch& batch::push(operation what, command::object on)
{
  commands_.emplace_back(what, std::move(on));
  return *this;
}

batch& batch::add(table t)
{
  return push(operation::add, std::move(t));
}
batch& batch::add(chain c)
{
  return push(operation::add, std::move(c));
}
batch& batch::add(rule r)
{
  return push(operation::add, std::move(r));
}
batch& batch::add(set s)
{
  return push(operation::add, std::move(s));
}
batch& batch::add(elements e)
{
  return push(operation::add, std::move(e));
}

batch& batch::create(table t)
{
  return push(operation::create, std::move(t));
}
batch& batch::create(chain c)
{
  return push(operation::create, std::move(c));
}
batch& batch::create(set s)
{
  return push(operation::create, std::move(s));
}
batch& batch::create(elements e)
{
  return push(operation::create, std::move(e));
}

batch& batch::insert(rule r)
{
  return push(operation::insert, std::move(r));
}

batch& batch::remove(table t)
{
  return push(operation::remove, std::move(t));
}
batch& batch::remove(chain c)
{
  return push(operation::remove, std::move(c));
}
batch& batch::remove(rule r)
{
  return push(operation::remove, std::move(r));
}
batch& batch::remove(set s)
{
  return push(operation::remove, std::move(s));
}
batch& batch::remove(elements e)
{
  return push(operation::remove, std::move(e));
}

batch& batch::destroy(table t)
{
  return push(operation::destroy, std::move(t));
}
batch& batch::destroy(chain c)
{
  return push(operation::destroy, std::move(c));
}
batch& batch::destroy(rule r)
{
  return push(operation::destroy, std::move(r));
}
batch& batch::destroy(set s)
{
  return push(operation::destroy, std::move(s));
}
batch& batch::destroy(elements e)
{
  return push(operation::destroy, std::move(e));
}

batch& batch::flush(table t)
{
  return push(operation::flush, std::move(t));
}
batch& batch::flush(chain c)
{
  return push(operation::flush, std::move(c));
}
batch& batch::flush(set s)
{
  return push(operation::flush, std::move(s));
}

batch& batch::flush_ruleset()
{
  return push(operation::flush, std::monostate());
}

} // namespace linx::netfilter
