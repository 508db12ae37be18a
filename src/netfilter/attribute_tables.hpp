// Names of the attributes of nf_tables, for errors that say which one the kernel rejected.
#pragma once

#include <linx/netlink/attribute_names.hpp>

namespace linx::netfilter::detail {

extern const netlink::attribute_names batch_attributes;
extern const netlink::attribute_names table_attributes;
extern const netlink::attribute_names chain_attributes;
extern const netlink::attribute_names rule_attributes;
extern const netlink::attribute_names set_attributes;
extern const netlink::attribute_names element_list_attributes;

} // namespace linx::netfilter::detail
