#include "netfilter/attribute_tables.hpp"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <array>

namespace linx::netfilter::detail {

namespace {

using entry = netlink::attribute_names::entry;
using netlink::attribute_names;

constexpr std::size_t header = sizeof(nfgenmsg);

constexpr std::array expression_entries{entry(NFTA_EXPR_NAME, "NFTA_EXPR_NAME"),
                                        entry(NFTA_EXPR_DATA, "NFTA_EXPR_DATA")};
constexpr attribute_names expression_attributes(0, expression_entries);

constexpr std::array expression_list_entries{entry(NFTA_LIST_ELEM, "NFTA_LIST_ELEM", &expression_attributes)};
constexpr attribute_names expression_list_attributes(0, expression_list_entries);

constexpr std::array hook_entries{
    entry(NFTA_HOOK_HOOKNUM, "NFTA_HOOK_HOOKNUM"), entry(NFTA_HOOK_PRIORITY, "NFTA_HOOK_PRIORITY"),
    entry(NFTA_HOOK_DEV, "NFTA_HOOK_DEV"), entry(NFTA_HOOK_DEVS, "NFTA_HOOK_DEVS")};
constexpr attribute_names hook_attributes(0, hook_entries);

constexpr std::array element_entries{entry(NFTA_SET_ELEM_KEY, "NFTA_SET_ELEM_KEY"),
                                     entry(NFTA_SET_ELEM_DATA, "NFTA_SET_ELEM_DATA"),
                                     entry(NFTA_SET_ELEM_FLAGS, "NFTA_SET_ELEM_FLAGS"),
                                     entry(NFTA_SET_ELEM_TIMEOUT, "NFTA_SET_ELEM_TIMEOUT"),
                                     entry(NFTA_SET_ELEM_KEY_END, "NFTA_SET_ELEM_KEY_END"),
                                     entry(NFTA_SET_ELEM_USERDATA, "NFTA_SET_ELEM_USERDATA")};
constexpr attribute_names element_attributes(0, element_entries);

constexpr std::array elements_entries{entry(NFTA_LIST_ELEM, "NFTA_LIST_ELEM", &element_attributes)};
constexpr attribute_names elements_attributes(0, elements_entries);

constexpr std::array batch_entries{entry(NFNL_BATCH_GENID, "NFNL_BATCH_GENID")};

constexpr std::array table_entries{
    entry(NFTA_TABLE_NAME, "NFTA_TABLE_NAME"), entry(NFTA_TABLE_FLAGS, "NFTA_TABLE_FLAGS"),
    entry(NFTA_TABLE_HANDLE, "NFTA_TABLE_HANDLE"), entry(NFTA_TABLE_USERDATA, "NFTA_TABLE_USERDATA")};

constexpr std::array chain_entries{entry(NFTA_CHAIN_TABLE, "NFTA_CHAIN_TABLE"),
                                   entry(NFTA_CHAIN_NAME, "NFTA_CHAIN_NAME"),
                                   entry(NFTA_CHAIN_HANDLE, "NFTA_CHAIN_HANDLE"),
                                   entry(NFTA_CHAIN_HOOK, "NFTA_CHAIN_HOOK", &hook_attributes),
                                   entry(NFTA_CHAIN_POLICY, "NFTA_CHAIN_POLICY"),
                                   entry(NFTA_CHAIN_TYPE, "NFTA_CHAIN_TYPE"),
                                   entry(NFTA_CHAIN_FLAGS, "NFTA_CHAIN_FLAGS"),
                                   entry(NFTA_CHAIN_USERDATA, "NFTA_CHAIN_USERDATA")};

constexpr std::array rule_entries{
    entry(NFTA_RULE_TABLE, "NFTA_RULE_TABLE"),
    entry(NFTA_RULE_CHAIN, "NFTA_RULE_CHAIN"),
    entry(NFTA_RULE_HANDLE, "NFTA_RULE_HANDLE"),
    entry(NFTA_RULE_EXPRESSIONS, "NFTA_RULE_EXPRESSIONS", &expression_list_attributes),
    entry(NFTA_RULE_POSITION, "NFTA_RULE_POSITION"),
    entry(NFTA_RULE_USERDATA, "NFTA_RULE_USERDATA")};

constexpr std::array set_entries{
    entry(NFTA_SET_TABLE, "NFTA_SET_TABLE"),       entry(NFTA_SET_NAME, "NFTA_SET_NAME"),
    entry(NFTA_SET_FLAGS, "NFTA_SET_FLAGS"),       entry(NFTA_SET_KEY_TYPE, "NFTA_SET_KEY_TYPE"),
    entry(NFTA_SET_KEY_LEN, "NFTA_SET_KEY_LEN"),   entry(NFTA_SET_DATA_TYPE, "NFTA_SET_DATA_TYPE"),
    entry(NFTA_SET_DATA_LEN, "NFTA_SET_DATA_LEN"), entry(NFTA_SET_ID, "NFTA_SET_ID"),
    entry(NFTA_SET_DESC, "NFTA_SET_DESC"),         entry(NFTA_SET_TIMEOUT, "NFTA_SET_TIMEOUT"),
    entry(NFTA_SET_USERDATA, "NFTA_SET_USERDATA")};

constexpr std::array element_list_entries{
    entry(NFTA_SET_ELEM_LIST_TABLE, "NFTA_SET_ELEM_LIST_TABLE"),
    entry(NFTA_SET_ELEM_LIST_SET, "NFTA_SET_ELEM_LIST_SET"),
    entry(NFTA_SET_ELEM_LIST_ELEMENTS, "NFTA_SET_ELEM_LIST_ELEMENTS", &elements_attributes)};

} // namespace

constinit const attribute_names batch_attributes(header, batch_entries);
constinit const attribute_names table_attributes(header, table_entries);
constinit const attribute_names chain_attributes(header, chain_entries);
constinit const attribute_names rule_attributes(header, rule_entries);
constinit const attribute_names set_attributes(header, set_entries);
constinit const attribute_names element_list_attributes(header, element_list_entries);

} // namespace linx::netfilter::detail
