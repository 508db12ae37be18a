#include "rtnl/packet_clock.hpp"
#include "rtnl/qdisc_options.hpp"

#include <linux/pkt_sched.h>

namespace linx::rtnl {

namespace {

using netlink::attribute;
using std::chrono::microseconds;
using std::chrono::nanoseconds;

std::optional<std::uint32_t> number(const attribute& a) noexcept
{
  return a.as<std::uint32_t>();
}

std::optional<microseconds> time_of(const attribute& a) noexcept
{
  const auto value = number(a);
  return value ? std::optional(microseconds(*value)) : std::nullopt;
}

// CoDel keeps time in units of 1024 ns (CODEL_SHIFT in net/codel.h of the kernel) and rounds down both when
// it is told and when it tells: 5 ms comes back as 4999 us. This is the least time that gives the same units.
std::optional<microseconds> codel_time(const attribute& a) noexcept
{
  const auto told = number(a);
  if (!told) return std::nullopt;
  const std::uint64_t units = (std::uint64_t(*told) * 1000 + 1023) / 1024;
  return microseconds((units * 1024 + 999) / 1000);
}

std::optional<bool> flag(const attribute& a) noexcept
{
  const auto value = number(a);
  return value ? std::optional(*value != 0) : std::nullopt;
}

fifo decode_fifo(const attribute& options, fifo::unit counts)
{
  fifo f(counts);
  if (options.payload().size() >= sizeof(tc_fifo_qopt)) f.limit = options.as_struct<tc_fifo_qopt>().limit;
  return f;
}

fq_codel decode_fq_codel(const attribute& options)
{
  fq_codel q;
  for (const auto a : options.nested()) {
    switch (a.type()) {
    case TCA_FQ_CODEL_LIMIT:
      q.limit = number(a);
      break;
    case TCA_FQ_CODEL_FLOWS:
      q.flows = number(a);
      break;
    case TCA_FQ_CODEL_TARGET:
      q.target = codel_time(a);
      break;
    case TCA_FQ_CODEL_INTERVAL:
      q.interval = codel_time(a);
      break;
    case TCA_FQ_CODEL_QUANTUM:
      q.quantum = number(a);
      break;
    case TCA_FQ_CODEL_ECN:
      q.ecn = flag(a);
      break;
    case TCA_FQ_CODEL_CE_THRESHOLD:
      q.ce_threshold = codel_time(a);
      break;
    case TCA_FQ_CODEL_MEMORY_LIMIT:
      q.memory_limit = number(a);
      break;
    case TCA_FQ_CODEL_DROP_BATCH_SIZE:
      q.drop_batch = number(a);
      break;
    default:
      break;
    }
  }
  return q;
}

fq decode_fq(const attribute& options)
{
  fq q;
  for (const auto a : options.nested()) {
    switch (a.type()) {
    case TCA_FQ_PLIMIT:
      q.limit = number(a);
      break;
    case TCA_FQ_FLOW_PLIMIT:
      q.flow_limit = number(a);
      break;
    case TCA_FQ_QUANTUM:
      q.quantum = number(a);
      break;
    case TCA_FQ_INITIAL_QUANTUM:
      q.initial_quantum = number(a);
      break;
    case TCA_FQ_FLOW_MAX_RATE:
      if (const auto rate = number(a); rate && *rate != ~std::uint32_t(0)) q.max_rate = rate;
      break;
    case TCA_FQ_BUCKETS_LOG:
      if (const auto log = number(a); log && *log < 32) q.buckets = std::uint32_t(1) << *log;
      break;
    case TCA_FQ_RATE_ENABLE:
      q.pacing = flag(a);
      break;
    case TCA_FQ_FLOW_REFILL_DELAY:
      q.refill_delay = time_of(a);
      break;
    case TCA_FQ_LOW_RATE_THRESHOLD:
      q.low_rate_threshold = number(a);
      break;
    case TCA_FQ_CE_THRESHOLD:
      // The kernel says "off" by the largest number of microseconds that its nanoseconds can hold.
      if (const auto t = number(a); t && *t < ~std::uint32_t(0) / 1000 * 1000) q.ce_threshold = time_of(a);
      break;
    default:
      break;
    }
  }
  return q;
}

// A rate is 32 bits in tc_ratespec, which then holds the largest number, and in an attribute of its own
// beyond.
std::uint64_t rate_of(const tc_ratespec& spec, const std::optional<attribute>& wide) noexcept
{
  return (wide ? wide->as<std::uint64_t>() : std::nullopt).value_or(spec.rate);
}

tbf decode_tbf(const attribute& options)
{
  const auto all = options.nested();
  const auto parms = all.find(TCA_TBF_PARMS);
  if (!parms) return {};
  const auto opt = parms->as_struct<tc_tbf_qopt>();
  tbf q;
  q.rate = rate_of(opt.rate, all.find(TCA_TBF_RATE64));
  q.burst = bytes_in(opt.buffer, q.rate);
  q.limit = opt.limit;
  q.peak_rate = rate_of(opt.peakrate, all.find(TCA_TBF_PRATE64));
  if (q.peak_rate != 0) q.peak_burst = bytes_in(opt.mtu, q.peak_rate);
  return q;
}

htb decode_htb(const attribute& options)
{
  htb q;
  for (const auto a : options.nested()) {
    if (a.type() == TCA_HTB_INIT) {
      const auto global = a.as_struct<tc_htb_glob>();
      q.default_class = global.defcls;
      q.rate_to_quantum = global.rate2quantum;
    } else if (a.type() == TCA_HTB_DIRECT_QLEN) {
      q.direct_queue_length = number(a);
    }
  }
  return q;
}

netem decode_netem(const attribute& options)
{
  const auto opt = options.as_struct<tc_netem_qopt>();
  netem q;
  q.limit = opt.limit;
  q.delay = nanoseconds(opt.latency * nanoseconds_of_tick);
  q.jitter = nanoseconds(opt.jitter * nanoseconds_of_tick);
  q.loss = probability(opt.loss);
  q.duplicate = probability(opt.duplicate);
  q.gap = opt.gap;
  const auto header = std::min(netlink::aligned(sizeof opt), options.payload().size());
  for (const auto a : netlink::attributes(options.payload().subspan(header))) {
    switch (a.type()) {
    case TCA_NETEM_CORR: {
      const auto c = a.as_struct<tc_netem_corr>();
      q.delay_correlation = probability(c.delay_corr);
      q.loss_correlation = probability(c.loss_corr);
      q.duplicate_correlation = probability(c.dup_corr);
      break;
    }
    case TCA_NETEM_REORDER: {
      const auto r = a.as_struct<tc_netem_reorder>();
      q.reorder = probability(r.probability);
      q.reorder_correlation = probability(r.correlation);
      break;
    }
    case TCA_NETEM_CORRUPT: {
      const auto c = a.as_struct<tc_netem_corrupt>();
      q.corrupt = probability(c.probability);
      q.corrupt_correlation = probability(c.correlation);
      break;
    }
    case TCA_NETEM_RATE:
      if (q.rate == 0) q.rate = a.as_struct<tc_netem_rate>().rate;
      break;
    case TCA_NETEM_RATE64:
      q.rate = a.as<std::uint64_t>().value_or(q.rate);
      break;
    case TCA_NETEM_LATENCY64:
      q.delay = nanoseconds(a.as<std::int64_t>().value_or(q.delay.count()));
      break;
    case TCA_NETEM_JITTER64:
      q.jitter = nanoseconds(a.as<std::int64_t>().value_or(q.jitter.count()));
      break;
    case TCA_NETEM_ECN:
      q.ecn = flag(a).value_or(false);
      break;
    default:
      break;
    }
  }
  return q;
}

other_options keep(const attribute& options)
{
  other_options other;
  other.bytes.assign(options.payload().begin(), options.payload().end());
  return other;
}

} // namespace

qdisc_options decode_qdisc_options(std::string_view kind, const attribute& options)
{
  if (kind == "pfifo") return decode_fifo(options, fifo::unit::packets);
  if (kind == "bfifo") return decode_fifo(options, fifo::unit::bytes);
  if (kind == "fq_codel") return decode_fq_codel(options);
  if (kind == "fq") return decode_fq(options);
  if (kind == "tbf") return decode_tbf(options);
  if (kind == "htb") return decode_htb(options);
  if (kind == "netem") return decode_netem(options);
  if (kind == "ingress") return ingress();
  if (kind == "clsact") return clsact();
  return keep(options);
}

class_options decode_class_options(std::string_view kind, const attribute& options)
{
  if (kind != "htb") return keep(options);
  const auto all = options.nested();
  const auto parms = all.find(TCA_HTB_PARMS);
  if (!parms) return keep(options);
  const auto opt = parms->as_struct<tc_htb_opt>();
  htb_class c;
  c.rate = rate_of(opt.rate, all.find(TCA_HTB_RATE64));
  c.ceil = rate_of(opt.ceil, all.find(TCA_HTB_CEIL64));
  c.burst = bytes_in(opt.buffer, c.rate);
  c.ceil_burst = bytes_in(opt.cbuffer, *c.ceil);
  c.priority = opt.prio;
  c.quantum = opt.quantum;
  return c;
}

} // namespace linx::rtnl
