#include "process/failure.hpp"

#include <cstdio>

namespace linx::test {

task<failure> failure_of_started(result<process> started, bool automatic, last_word word)
{
  if (!started) co_return failure(started.error());
  process child = std::move(started).assume_value();
  if (!automatic) {
    const auto ready = co_await child.ready();
    if (ready) {
      auto proceeding = word == last_word::proceed ? child.proceed() : child.rehearse();
      const auto proceeded = co_await std::move(proceeding);
      BOOST_TEST(proceeded.has_error());
    }
  }
  const auto how = co_await child.wait();
  BOOST_REQUIRE_MESSAGE(!how, "it did not fail");
  const auto info = child.info();
  BOOST_TEST((info.state == process_state::failed));
  co_return failure(how.error());
}

task<failure> failure_of(process_options options, last_word word)
{
  const bool automatic = options.proceeds_by_itself();
  auto spawned = co_await process::spawn(std::move(options));
  co_return co_await failure_of_started(std::move(spawned), automatic, word);
}

bool fails_once(process_options options, stage where, int errnum, const std::string& part, last_word word)
{
  const auto failed = run(failure_of(std::move(options), word));
  const error& e = failed ? failed.value().why : failed.error();
  std::fprintf(stderr, "%s\n", e.message().c_str());
  if (failed && e.where() == where && e.errnum() == errnum && e.message().find(part) != std::string::npos)
    return true;
  std::fprintf(stderr, "expected: stage %s, errno %d, '%s'\n", std::string(to_string(where)).c_str(), errnum,
               part.c_str());
  return false;
}

bool fails_when_run(const process_options& options, stage where, int errnum, const std::string& part)
{
  return fails_once(process_options(options).auto_proceed(false), where, errnum, part) &&
         fails_once(process_options(options).auto_proceed(), where, errnum, part);
}

bool fails(const process_options& options, stage where, int errnum, const std::string& part)
{
  return fails_when_run(options, where, errnum, part) &&
         fails_once(process_options(options).auto_proceed(false), where, errnum, part, last_word::rehearse);
}

void check_failure(const process_options& options, stage where, int errnum, const std::string& part)
{
  BOOST_TEST(fails(options, where, errnum, part));
}

} // namespace linx::test
