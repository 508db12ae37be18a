#include <linx/netfilter/rule.hpp>

#include "netfilter/print_match.hpp"
#include "netfilter/print_value.hpp"
#include "netfilter/quote.hpp"

#include <linux/netfilter/nf_tables.h>

#include <array>

// From expressions back to words. The machine loads, masks and compares in registers; the writer keeps for
// each register where its content came from, and writes a word when something is done with it.

namespace linx::netfilter {

namespace {

using detail::match_context;
using detail::source;

class writer {
public:
  explicit writer(family f) { context_.family = f; }

  void write(const expression& e)
  {
    std::visit([this](const auto& one) { on(one); }, e);
  }

  std::string text() const
  {
    std::string all;
    for (const auto& w : words_)
      if (!w.empty()) all.append(all.empty() ? "" : " ").append(w);
    return all;
  }

private:
  static constexpr std::size_t registers = 24;
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  source& at(expr::reg r) noexcept { return registers_[r < registers ? r : registers]; }

  void word(std::string w) { words_.push_back(std::move(w)); }

  void on(const expr::payload& p) { load(p.dreg, source::of(p)); }

  void on(const expr::meta& m)
  {
    if (m.sreg == 0)
      load(m.dreg, source::of(m));
    else
      word("meta " + detail::meta_name(m.key) + " set " + constant(m.sreg, source::of(m)));
  }

  void on(const expr::ct& c)
  {
    if (c.sreg == 0)
      load(c.dreg, source::of(c));
    else
      word("ct " + detail::ct_name(c.key) + " set " + constant(c.sreg, source::of(c)));
  }

  void load(expr::reg r, source what)
  {
    what.order = ++loads_;
    at(r) = std::move(what);
    range_start_ = none;
  }

  void on(const expr::bitwise& b)
  {
    source from = at(b.sreg);
    if (from.masked || !b.flip.is_zero())
      from.operations.append(" & ")
          .append(detail::hex(b.mask.bytes()))
          .append(" ^ ")
          .append(detail::hex(b.flip.bytes()));
    else
      from.mask = b.mask;
    from.masked = true;
    at(b.dreg) = std::move(from);
  }

  void on(const expr::immediate& i)
  {
    source from;
    from.kind = source::constant;
    from.value = i.value;
    at(i.dreg) = std::move(from);
  }

  void on(const expr::cmp& c)
  {
    const source& from = at(c.sreg);
    if (range_start_ == words_.size() - 1 && !words_.empty() && c.op == expr::compare::lte &&
        range_register_ == c.sreg) {
      words_.back() = name(from) + " " + range_low_ + "-" + detail::value_text(context_, from, c.value);
      range_start_ = none;
      return;
    }
    remember(from, c);
    const std::size_t here = words_.size();
    word(detail::match_text(context_, from, c.op, c.value));
    hide_dependencies(from);
    note_dependency(from, c, here);
    if (c.op == expr::compare::gte) {
      range_start_ = here;
      range_register_ = c.sreg;
      range_low_ = detail::value_text(context_, from, c.value);
    }
  }

  void on(const expr::range& r)
  {
    const source& from = at(r.sreg);
    word(name(from) + (r.op == expr::compare::neq ? " != " : " ") +
         detail::value_text(context_, from, r.from) + "-" + detail::value_text(context_, from, r.to));
    hide_dependencies(from);
  }

  void on(const expr::lookup& l)
  {
    // a concatenated key is loaded field by field into neighbouring registers
    std::string key = name(at(l.sreg));
    hide_dependencies(at(l.sreg));
    for (std::uint32_t order = at(l.sreg).order + 1; at(l.sreg).order != 0 && order <= loads_; ++order) {
      for (std::size_t r = 0; r < registers; ++r) {
        if (registers_[r].order == order && registers_[r].kind != source::nothing) {
          key.append(" . ").append(name(registers_[r]));
          hide_dependencies(registers_[r]);
        }
      }
    }
    key.append(l.negated ? " != @" : " @").append(detail::word(l.set));
    if (!l.maps) {
      word(std::move(key));
    } else if (l.dreg == expr::verdict_register) {
      word(key.insert(key.rfind(" @"), " vmap"));
    } else {
      source mapped;
      mapped.kind = source::mapped;
      mapped.text = key.insert(key.rfind(" @"), " map");
      at(l.dreg) = std::move(mapped);
    }
  }

  void on(const expr::verdict& v)
  {
    switch (v.code) {
    case expr::verdict_code::drop:
      return word("drop");
    case expr::verdict_code::accept:
      return word("accept");
    case expr::verdict_code::queue:
      return word("queue");
    case expr::verdict_code::continue_:
      return word("continue");
    case expr::verdict_code::break_:
      return word("break");
    case expr::verdict_code::jump:
      return word("jump " + detail::word(v.chain));
    case expr::verdict_code::goto_:
      return word("goto " + detail::word(v.chain));
    case expr::verdict_code::return_:
      return word("return");
    }
    word("[verdict " + std::to_string(static_cast<std::int32_t>(v.code)) + "]");
  }

  void on(const expr::counter& c)
  {
    word("counter packets " + std::to_string(c.packets) + " bytes " + std::to_string(c.bytes));
  }

  void on(const expr::limit& l) { word(detail::limit_text(l)); }
  void on(const expr::log& l) { word(detail::log_text(l)); }
  void on(const expr::reject& r) { word(detail::reject_text(context_, r)); }

  void on(const expr::unknown& u)
  {
    word("[" + detail::word(u.name) + (u.attributes.empty() ? "" : " " + detail::hex(u.attributes)) + "]");
  }

  std::string name(const source& from) { return detail::source_text(context_, from); }

  std::string constant(expr::reg r, const source& target)
  {
    const source& from = at(r);
    if (from.kind == source::constant) return detail::value_text(context_, target, from.value);
    return from.kind == source::mapped ? from.text : name(from);
  }

  /// What the headers are known to be from here on.
  void remember(const source& from, const expr::cmp& c)
  {
    if (from.kind != source::meta || from.masked || c.op != expr::compare::eq) return;
    if (from.meta_key == expr::meta_key::l4proto)
      context_.transport = static_cast<std::uint8_t>(c.value.as_network());
    else if (from.meta_key == expr::meta_key::nfproto)
      context_.network = static_cast<family>(c.value.as_network());
    else if (from.meta_key == expr::meta_key::protocol && c.value == data::network(0x0800, 2))
      context_.network = family::ip;
    else if (from.meta_key == expr::meta_key::protocol && c.value == data::network(0x86dd, 2))
      context_.network = family::ip6;
  }

  void note_dependency(const source& from, const expr::cmp& c, std::size_t here)
  {
    if (from.kind != source::meta || c.op != expr::compare::eq) return;
    if (from.meta_key == expr::meta_key::l4proto)
      transport_word_ = here;
    else if (from.meta_key == expr::meta_key::nfproto || from.meta_key == expr::meta_key::protocol)
      network_word_ = here;
  }

  /// `meta l4proto tcp` is not written in front of `tcp dport 22`, which says as much.
  void hide_dependencies(const source& from)
  {
    if (!detail::names_its_protocol(context_, from)) return;
    const auto hide = [this](std::size_t& which) {
      if (which != none) words_[which].clear();
      which = none;
    };
    if (from.base == expr::base::transport) {
      hide(transport_word_);
      if (detail::names_its_network(context_, from)) hide(network_word_);
    } else {
      hide(network_word_);
    }
  }

  match_context context_;
  std::array<source, registers + 1> registers_{}; // the last one takes registers that do not exist
  std::vector<std::string> words_;
  std::uint32_t loads_ = 0;
  std::size_t transport_word_ = none;
  std::size_t network_word_ = none;
  std::size_t range_start_ = none;
  expr::reg range_register_ = 0;
  std::string range_low_;
};

} // namespace

std::string to_string(const std::vector<expression>& all, family f)
{
  writer w(f);
  for (const auto& e : all) w.write(e);
  return w.text();
}

std::string_view name_of(const expression& e) noexcept
{
  static constexpr std::array<std::string_view, std::variant_size_v<expression>> names{
      "",       "payload",   "meta",      "ct",      "bitwise", "cmp", "range",
      "lookup", "immediate", "immediate", "counter", "limit",   "log", "reject"};
  const auto* u = std::get_if<expr::unknown>(&e);
  return u ? std::string_view(u->name) : names[e.index()];
}

} // namespace linx::netfilter
