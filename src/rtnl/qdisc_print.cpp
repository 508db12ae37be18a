#include <linx/rtnl/qdisc.hpp>

#include <charconv>

namespace linx::rtnl {

namespace {

std::string hex(std::uint32_t value)
{
  char digits[8];
  return "0x" + std::string(digits, std::to_chars(digits, digits + sizeof digits, value, 16).ptr);
}

std::string rate(std::uint64_t value)
{
  return std::to_string(value) + " B/s";
}

std::string percent(probability p)
{
  char digits[32];
  return {digits,
          std::to_chars(digits, digits + sizeof digits, p.in_percent(), std::chars_format::general, 4).ptr};
}

template <class T>
void add(std::string& text, std::string_view name, const std::optional<T>& value)
{
  if (!value) return;
  text += ' ';
  text += name;
  text += ' ';
  if constexpr (std::is_same_v<T, std::chrono::microseconds>)
    text += std::to_string(value->count()) + " us";
  else
    text += std::to_string(*value);
}

void add(std::string& text, std::string_view name, probability value)
{
  if (value.raw() == 0) return;
  text += ' ';
  text += name;
  text += ' ' + percent(value) + '%';
}

std::string words(const other_options& o)
{
  return o.bytes.empty() ? std::string() : " (" + std::to_string(o.bytes.size()) + " bytes of options)";
}

std::string words(const fifo& q)
{
  std::string text;
  add(text, "limit", q.limit);
  return text;
}

std::string words(const fq_codel& q)
{
  std::string text;
  add(text, "limit", q.limit);
  add(text, "flows", q.flows);
  add(text, "quantum", q.quantum);
  add(text, "target", q.target);
  add(text, "interval", q.interval);
  add(text, "ce_threshold", q.ce_threshold);
  add(text, "memory_limit", q.memory_limit);
  if (q.ecn.value_or(false)) text += " ecn";
  return text;
}

std::string words(const fq& q)
{
  std::string text;
  add(text, "limit", q.limit);
  add(text, "flow_limit", q.flow_limit);
  add(text, "buckets", q.buckets);
  add(text, "quantum", q.quantum);
  add(text, "initial_quantum", q.initial_quantum);
  if (q.max_rate) text += " max_rate " + rate(*q.max_rate);
  if (!q.pacing.value_or(true)) text += " nopacing";
  return text;
}

std::string words(const tbf& q)
{
  std::string text =
      " rate " + rate(q.rate) + " burst " + std::to_string(q.burst) + " limit " + std::to_string(q.limit);
  if (q.peak_rate != 0)
    text += " peak_rate " + rate(q.peak_rate) + " peak_burst " + std::to_string(q.peak_burst);
  return text;
}

std::string words(const htb& q)
{
  return " default " + hex(q.default_class) + " r2q " + std::to_string(q.rate_to_quantum);
}

std::string words(const htb_class& c)
{
  std::string text = " rate " + rate(c.rate);
  if (c.ceil) text += " ceil " + rate(*c.ceil);
  add(text, "burst", c.burst);
  add(text, "cburst", c.ceil_burst);
  text += " prio " + std::to_string(c.priority);
  add(text, "quantum", c.quantum);
  return text;
}

std::string words(const netem& q)
{
  std::string text = " limit " + std::to_string(q.limit);
  if (q.delay.count() != 0) text += " delay " + std::to_string(q.delay.count()) + " ns";
  if (q.jitter.count() != 0) text += " jitter " + std::to_string(q.jitter.count()) + " ns";
  add(text, "loss", q.loss);
  add(text, "duplicate", q.duplicate);
  add(text, "reorder", q.reorder);
  add(text, "corrupt", q.corrupt);
  if (q.rate != 0) text += " rate " + rate(q.rate);
  return text;
}

std::string words(const ingress&)
{
  return {};
}

std::string words(const clsact&)
{
  return {};
}

std::string place(std::uint32_t link, tc_handle parent)
{
  return " dev " + std::to_string(link) + " parent " + to_string(parent);
}

} // namespace

std::string_view kind_of(const qdisc_options& options) noexcept
{
  if (const auto* f = std::get_if<fifo>(&options)) return f->counts == fifo::unit::bytes ? "bfifo" : "pfifo";
  constexpr std::string_view names[] = {"",    "pfifo", "fq_codel", "fq",    "tbf",
                                        "htb", "netem", "ingress",  "clsact"};
  static_assert(std::size(names) == std::variant_size_v<qdisc_options>);
  return names[options.index()];
}

std::string_view kind_of(const class_options& options) noexcept
{
  return std::holds_alternative<htb_class>(options) ? "htb" : "";
}

std::string to_string(const qdisc& q)
{
  const auto options = std::visit([](const auto& kind) { return words(kind); }, q.options);
  return "qdisc " + q.kind + ' ' + to_string(q.handle) + place(q.link, q.parent) + options;
}

std::string to_string(const traffic_class& c)
{
  const auto options = std::visit([](const auto& kind) { return words(kind); }, c.options);
  std::string leaf;
  if (c.leaf) leaf = " leaf " + to_string(c.leaf);
  return "class " + c.kind + ' ' + to_string(c.handle) + place(c.link, c.parent) + leaf + options;
}

std::string to_string(const filter& f)
{
  std::string text = "filter " + f.kind;
  text += f.link != 0 ? place(f.link, f.parent) : " block " + std::to_string(f.block);
  text += " pref " + std::to_string(f.priority) + " protocol " + hex(f.protocol);
  if (f.chain != 0) text += " chain " + std::to_string(f.chain);
  if (f.handle != 0) text += " handle " + hex(f.handle);
  return text;
}

std::string to_string(const tc_statistics& s)
{
  return std::to_string(s.bytes) + " bytes in " + std::to_string(s.packets) + " packets, " +
         std::to_string(s.drops) + " dropped, " + std::to_string(s.queue_length) + " waiting";
}

} // namespace linx::rtnl
