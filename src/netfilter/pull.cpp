#include <linx/netfilter/ruleset.hpp>

#include "netfilter/decode.hpp"
#include "netfilter/encode.hpp"
#include "netfilter/list_sets.hpp"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

namespace linx::netfilter {

namespace {

using netlink::message_builder;

message_builder request(std::uint8_t type, family of)
{
  nfgenmsg header{};
  header.nfgen_family = static_cast<std::uint8_t>(of);
  header.version = NFNETLINK_V0;
  return message_builder(detail::message_type(type), 0, header);
}

/// Reads one dump to its end and appends what `decode` makes of its messages.
template <class T>
task<> list(netlink::connection nf, message_builder what, T (*decode)(const netlink::message_view&),
            std::vector<T>& out)
{
  auto blocks = nf.dump_blocks(std::move(what));
  for (;;) {
    LINX_TRY(auto block, co_await blocks.next());
    if (!block) co_return success();
    for (const netlink::message_view message : *block) out.push_back(decode(message));
  }
}

/// The chunks of one set's listing, as one list.
void collect(std::vector<elements>&& chunks, const set& of, ruleset& out)
{
  elements all(of.family(), of.table(), of.name());
  for (const auto& chunk : chunks)
    for (const auto& one : chunk.list()) all.add(one);
  all.type(of.type());
  if (!all.list().empty()) out.elements.push_back(std::move(all));
}

task<ruleset> read_once(netlink::connection nf, pull_options options)
{
  ruleset all;
  LINX_TRY(all.generation, co_await generation(nf));
  LINX_TRYV(co_await list<table>(nf, request(NFT_MSG_GETTABLE, options.family()), detail::decode_table,
                                 all.tables));
  LINX_TRYV(co_await list<chain>(nf, request(NFT_MSG_GETCHAIN, options.family()), detail::decode_chain,
                                 all.chains));
  LINX_TRYV(
      co_await list<rule>(nf, request(NFT_MSG_GETRULE, options.family()), detail::decode_rule, all.rules));
  LINX_TRYV(co_await list<set>(nf, request(NFT_MSG_GETSET, options.family()), detail::decode_set, all.sets));
  if (options.elements()) {
    for (const auto& s : all.sets) {
      auto what = request(NFT_MSG_GETSETELEM, s.family());
      what.put_string(NFTA_SET_ELEM_LIST_TABLE, s.table());
      what.put_string(NFTA_SET_ELEM_LIST_SET, s.name());
      std::vector<elements> chunks;
      LINX_TRYV(co_await list<elements>(nf, std::move(what), detail::decode_elements, chunks));
      collect(std::move(chunks), s, all);
    }
  }
  co_return std::move(all);
}

} // namespace

task<std::vector<set>> detail::list_sets(netlink::connection nf)
{
  std::vector<set> all;
  LINX_TRYV(co_await list<set>(nf, request(NFT_MSG_GETSET, family::unspec), decode_set, all));
  co_return std::move(all);
}

task<std::uint32_t> generation(netlink::connection nf)
{
  auto what = request(NFT_MSG_GETGEN, family::unspec);
  LINX_TRY(auto reply, co_await nf.request(std::move(what)));
  const auto notice = detail::decode_generation(reply);
  if (!notice)
    co_return error(errc::protocol, stage::decode)
        .with_object("NFT_MSG_GETGEN was answered without a generation");
  co_return notice->generation;
}

task<ruleset> pull(netlink::connection nf, pull_options options)
{
  for (unsigned attempt = 0; attempt <= options.retries(); ++attempt) {
    auto all = co_await read_once(nf, options);
    if (!all) {
      // a table or set that was listed and then removed: the ruleset moved
      if (all.error().errnum() == ENOENT || all.error() == errc::dump_interrupted) continue;
      co_return std::move(all).error();
    }
    LINX_TRY(const auto now, co_await generation(nf));
    if (now == all.value().generation) co_return std::move(all).value();
  }
  co_return error(errc::dump_interrupted, stage::receive)
      .with_object("the ruleset changed while it was read");
}

} // namespace linx::netfilter
