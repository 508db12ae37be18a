// linx::netfilter from outside: a rule as a value, in the words of nft(8).
#include <linx/netfilter/batch.hpp>

#include <iostream>

int main()
{
  namespace nf = linx::netfilter;
  const nf::table table(nf::family::inet, "demo");
  nf::chain input(table, "input");
  input.base(nf::chain_type::filter, nf::hook::input, nf::priority::filter).policy(nf::policy::drop);
  nf::rule ssh(input);
  ssh.add(nf::tcp_dport(22), nf::accept());
  nf::batch changes;
  changes.add(table).add(input).add(ssh);
  for (const auto& change : changes.commands()) std::cout << to_string(change) << '\n';
  return to_string(ssh) == "tcp dport 22 accept" ? 0 : 1;
}
