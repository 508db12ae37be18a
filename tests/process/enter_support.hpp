// What the tests of entering namespaces share.
#pragma once

#include "process/failure.hpp"

#include "harness/namespaces.hpp"

#include <set>

namespace linx::test {

/// A child that sleeps in namespaces of its own, in which the host's user is root.
process_options sleeper(std::string_view namespaces);

task<process> enter_parked(enter_target target, process_options options);

task<finished> enter_to_end(enter_target target, process_options options);

/// While it is parked, where the caller may look into a child that is not dumpable; and once its program,
/// which has to go on, runs.
task<> check_kinds(process& child, pid_t target, const std::set<ns::kind>& entered);

task<failure> failure_of(enter_target target, process_options options);

int run_as(bool nobody, task<> (*body)());

} // namespace linx::test
