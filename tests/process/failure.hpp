// What the tests of failing spawns share: provoking a failure, and looking at what is said about it.
#pragma once

#include "process/support.hpp"

namespace linx::test {

struct failure {
  explicit failure(error e) : why(std::move(e)) {}
  error why;
};

enum class last_word { proceed, rehearse };

// Runs a child that must fail to its end, unless it has failed already, and yields why.
task<failure> failure_of_started(result<process> started, bool automatic, last_word word);

task<failure> failure_of(process_options options, last_word word = last_word::proceed);

// True if it fails so; prints what is said. For a forked test as well, whose assertions nobody counts.
bool fails_once(process_options options, stage where, int errnum, const std::string& part,
                last_word word = last_word::proceed);

// The same with a checkpoint and by itself: what a rehearsal does not try, since the program is not executed.
bool fails_when_run(const process_options& options, stage where, int errnum, const std::string& part);

// The same in a rehearsal, too.
bool fails(const process_options& options, stage where, int errnum, const std::string& part);

void check_failure(const process_options& options, stage where, int errnum, const std::string& part);

} // namespace linx::test
