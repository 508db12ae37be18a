// g++ 12.2 destroys an aggregate twice that is written next to co_await: what a caller passes to a task is a class.
#include <linx/process/id_map.hpp>
#include <linx/process/options.hpp>
#include <linx/process/stdio.hpp>

#include <type_traits>

static_assert(!std::is_aggregate_v<linx::process_options>);
static_assert(!std::is_aggregate_v<linx::orphan_policy>);
static_assert(!std::is_aggregate_v<linx::stdio>);
static_assert(!std::is_aggregate_v<linx::id_map>);
