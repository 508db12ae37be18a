#include "rtnl/packet_clock.hpp"
#include "rtnl/qdisc_options.hpp"

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include <bit>

namespace linx::rtnl {

namespace {

using netlink::message_builder;

constexpr std::uint64_t widest = std::numeric_limits<std::uint32_t>::max();

void put_number(message_builder& m, std::uint16_t type, const std::optional<std::uint32_t>& value)
{
  if (value) m.put_u32(type, *value);
}

void put_flag(message_builder& m, std::uint16_t type, const std::optional<bool>& value)
{
  if (value) m.put_u32(type, *value ? 1 : 0);
}

void put_time(message_builder& m, std::uint16_t type, const std::optional<std::chrono::microseconds>& value)
{
  if (value) m.put_u32(type, static_cast<std::uint32_t>(value->count()));
}

// With the link layer named the kernel computes what older ones took from a table (Linux 3.8).
tc_ratespec ratespec(std::uint64_t rate) noexcept
{
  tc_ratespec spec{};
  spec.rate = static_cast<std::uint32_t>(std::min(rate, widest));
  spec.linklayer = TC_LINKLAYER_ETHERNET;
  return spec;
}

result<> put(message_builder& m, const fifo& q)
{
  if (!q.limit) return success(); // no options at all: the length of the link's queue
  m.put_struct(TCA_OPTIONS, tc_fifo_qopt{*q.limit});
  return success();
}

result<> put(message_builder& m, const fq_codel& q)
{
  const auto options = m.nested(TCA_OPTIONS);
  put_number(m, TCA_FQ_CODEL_LIMIT, q.limit);
  put_number(m, TCA_FQ_CODEL_FLOWS, q.flows);
  put_number(m, TCA_FQ_CODEL_QUANTUM, q.quantum);
  put_time(m, TCA_FQ_CODEL_INTERVAL, q.interval);
  put_time(m, TCA_FQ_CODEL_TARGET, q.target);
  put_flag(m, TCA_FQ_CODEL_ECN, q.ecn);
  put_time(m, TCA_FQ_CODEL_CE_THRESHOLD, q.ce_threshold);
  put_number(m, TCA_FQ_CODEL_MEMORY_LIMIT, q.memory_limit);
  put_number(m, TCA_FQ_CODEL_DROP_BATCH_SIZE, q.drop_batch);
  return success();
}

result<> put(message_builder& m, const fq& q)
{
  if (q.buckets && !std::has_single_bit(*q.buckets))
    return error::argument("fq: " + std::to_string(*q.buckets) + " buckets; the number is a power of two");
  const auto options = m.nested(TCA_OPTIONS);
  put_number(m, TCA_FQ_PLIMIT, q.limit);
  put_number(m, TCA_FQ_FLOW_PLIMIT, q.flow_limit);
  put_number(m, TCA_FQ_QUANTUM, q.quantum);
  put_number(m, TCA_FQ_INITIAL_QUANTUM, q.initial_quantum);
  put_flag(m, TCA_FQ_RATE_ENABLE, q.pacing);
  put_number(m, TCA_FQ_FLOW_MAX_RATE, q.max_rate);
  if (q.buckets) m.put_u32(TCA_FQ_BUCKETS_LOG, static_cast<std::uint32_t>(std::countr_zero(*q.buckets)));
  put_time(m, TCA_FQ_FLOW_REFILL_DELAY, q.refill_delay);
  put_number(m, TCA_FQ_LOW_RATE_THRESHOLD, q.low_rate_threshold);
  put_time(m, TCA_FQ_CE_THRESHOLD, q.ce_threshold);
  return success();
}

result<> put(message_builder& m, const tbf& q)
{
  if (q.rate == 0 || q.burst == 0) return error::argument("tbf: needs a rate and a burst above 0");
  if (q.peak_rate != 0 && q.peak_burst == 0)
    return error::argument("tbf: a peak rate needs a peak burst, at least the interface's mtu");
  tc_tbf_qopt opt{};
  opt.rate = ratespec(q.rate);
  opt.limit = q.limit;
  opt.buffer = ticks_of(q.burst, q.rate);
  if (q.peak_rate != 0) {
    opt.peakrate = ratespec(q.peak_rate);
    opt.mtu = ticks_of(q.peak_burst, q.peak_rate);
  }
  const auto options = m.nested(TCA_OPTIONS);
  m.put_struct(TCA_TBF_PARMS, opt);
  m.put_u32(TCA_TBF_BURST, q.burst);
  if (q.rate > widest) m.put_u64(TCA_TBF_RATE64, q.rate);
  if (q.peak_rate > widest) m.put_u64(TCA_TBF_PRATE64, q.peak_rate);
  if (q.peak_rate != 0) m.put_u32(TCA_TBF_PBURST, q.peak_burst);
  return success();
}

result<> put(message_builder& m, const htb& q)
{
  tc_htb_glob global{};
  global.version = 3; // HTB_VER of the kernel, which checks it
  global.rate2quantum = q.rate_to_quantum;
  global.defcls = q.default_class;
  const auto options = m.nested(TCA_OPTIONS);
  m.put_struct(TCA_HTB_INIT, global);
  put_number(m, TCA_HTB_DIRECT_QLEN, q.direct_queue_length);
  return success();
}

result<> put(message_builder& m, const netem& q)
{
  const auto in_ticks = [](std::chrono::nanoseconds time) {
    const auto ticks = static_cast<std::uint64_t>(time.count()) / nanoseconds_of_tick;
    return static_cast<std::uint32_t>(std::min(ticks, widest));
  };
  if (q.delay.count() < 0 || q.jitter.count() < 0)
    return error::argument("netem: delay and jitter are not below 0");
  if (q.reorder.raw() != 0 && q.delay.count() == 0)
    return error::argument("netem: reordering needs a delay, which the reordered packets do not wait for");
  tc_netem_qopt opt{};
  opt.latency = in_ticks(q.delay);
  opt.jitter = in_ticks(q.jitter);
  opt.limit = q.limit;
  opt.loss = q.loss.raw();
  opt.duplicate = q.duplicate.raw();
  opt.gap = q.gap == 0 && q.reorder.raw() != 0 ? 1 : q.gap;

  // A structure with attributes behind it, in one attribute.
  const auto options = m.unmarked_nested(TCA_OPTIONS);
  m.append(std::as_bytes(std::span(&opt, 1)));
  const tc_netem_corr correlations{q.delay_correlation.raw(), q.loss_correlation.raw(),
                                   q.duplicate_correlation.raw()};
  m.put_struct(TCA_NETEM_CORR, correlations);
  m.put_u64(TCA_NETEM_LATENCY64, static_cast<std::uint64_t>(q.delay.count()));
  m.put_u64(TCA_NETEM_JITTER64, static_cast<std::uint64_t>(q.jitter.count()));
  if (q.reorder.raw() != 0) {
    const tc_netem_reorder reorder{q.reorder.raw(), q.reorder_correlation.raw()};
    m.put_struct(TCA_NETEM_REORDER, reorder);
  }
  if (q.corrupt.raw() != 0) {
    const tc_netem_corrupt corrupt{q.corrupt.raw(), q.corrupt_correlation.raw()};
    m.put_struct(TCA_NETEM_CORRUPT, corrupt);
  }
  if (q.ecn) m.put_u32(TCA_NETEM_ECN, 1);
  if (q.rate != 0) {
    tc_netem_rate rate{};
    rate.rate = static_cast<std::uint32_t>(std::min(q.rate, widest));
    if (q.rate > widest) m.put_u64(TCA_NETEM_RATE64, q.rate);
    m.put_struct(TCA_NETEM_RATE, rate);
  }
  return success();
}

result<> put(message_builder&, const ingress&)
{
  return success();
}

result<> put(message_builder&, const clsact&)
{
  return success();
}

result<> put(message_builder&, const other_options&)
{
  return error::argument("options of a kind that linx does not know can be read and not written");
}

result<> put(message_builder& m, const htb_class& c)
{
  if (c.rate == 0) return error::argument("htb class: needs a rate above 0");
  const std::uint64_t ceil = c.ceil.value_or(c.rate);
  // What tc(8) chooses with a clock of nanoseconds: one packet, and what flows in one tick of it.
  const auto usual = [](std::uint64_t rate) {
    return static_cast<std::uint32_t>(rate / nanoseconds_of_second + 1600);
  };
  tc_htb_opt opt{};
  opt.rate = ratespec(c.rate);
  opt.ceil = ratespec(ceil);
  opt.buffer = ticks_of(c.burst.value_or(usual(c.rate)), c.rate);
  opt.cbuffer = ticks_of(c.ceil_burst.value_or(usual(ceil)), ceil);
  opt.quantum = c.quantum.value_or(0);
  opt.prio = c.priority;
  const auto options = m.nested(TCA_OPTIONS);
  if (c.rate > widest) m.put_u64(TCA_HTB_RATE64, c.rate);
  if (ceil > widest) m.put_u64(TCA_HTB_CEIL64, ceil);
  m.put_struct(TCA_HTB_PARMS, opt);
  return success();
}

} // namespace

result<> put_qdisc_options(message_builder& m, const qdisc_options& options)
{
  return std::visit([&](const auto& kind) { return put(m, kind); }, options);
}

result<> put_class_options(message_builder& m, const class_options& options)
{
  return std::visit([&](const auto& kind) { return put(m, kind); }, options);
}

} // namespace linx::rtnl
