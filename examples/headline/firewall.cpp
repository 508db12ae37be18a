#include "firewall.hpp"

namespace headline {

namespace nf = linx::netfilter;

namespace {

nf::table demo_table()
{
  return nf::table(nf::family::inet, "demo").owner();
}

} // namespace

nf::batch default_drop(std::uint16_t open_port)
{
  const nf::table table = demo_table();
  nf::chain input(table, "input");
  input.base(nf::chain_type::filter, nf::hook::input, nf::priority::filter).policy(nf::policy::drop);

  nf::batch batch;
  batch.add(table)
      .add(input)
      .add(nf::rule(input).add(nf::iifname("lo"), nf::accept()))
      .add(nf::rule(input).add(nf::ct_state(nf::state::established | nf::state::related), nf::accept()))
      .add(nf::rule(input).add(nf::tcp_dport(open_port), nf::counter(), nf::accept()))
      .add(nf::rule(input).add(nf::counter()).comment("what the policy drops"));
  return batch;
}

nf::batch no_firewall()
{
  nf::batch batch;
  batch.remove(demo_table());
  return batch;
}

} // namespace headline
