// When a watcher looks and tells, moment by moment.
#include "rtnl/watch_schedule.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(rtnl_watch_schedule)

using namespace std::chrono_literals;
using linx::rtnl::watch_schedule;
using moment = watch_schedule::clock::time_point;

namespace {

constexpr moment start{1h};

} // namespace

BOOST_AUTO_TEST_CASE(a_burst_is_looked_into_when_it_is_over_or_lasts)
{
  watch_schedule s(0s);
  BOOST_TEST(!s.next_look(true).has_value());
  s.heard(start);
  BOOST_TEST((s.next_look(true) == start + 10ms));
  BOOST_TEST(!s.next_look(false).has_value());
  s.heard(start + 9ms);
  BOOST_TEST((s.next_look(true) == start + 19ms));
  for (auto at = start; at < start + 400ms; at += 5ms) s.heard(at);
  BOOST_TEST((s.next_look(true) == start + 250ms));
  BOOST_TEST(!s.tells(start + 250ms, false, false));
  BOOST_TEST(!s.next_look(true).has_value());
}

BOOST_AUTO_TEST_CASE(what_lasts_is_told_again_with_growing_pauses)
{
  watch_schedule s(0s);
  s.heard(start);
  BOOST_TEST(s.tells(start + 10ms, true, false));
  auto at = start + 1s;
  for (const auto pause : {10ms, 20ms, 40ms, 80ms, 160ms, 320ms, 640ms, 1280ms, 2560ms, 5000ms, 5000ms}) {
    s.resumed(at);
    BOOST_TEST((s.next_look(true) == at + pause));
    at += pause;
    BOOST_TEST(s.tells(at, true, true));
    at += 3s; // spent on a repair
  }
}

BOOST_AUTO_TEST_CASE(a_hint_shortens_a_pause_to_a_quarter_of_a_second)
{
  watch_schedule s(0s);
  s.heard(start);
  auto at = start + 10ms;
  BOOST_TEST(s.tells(at, true, false));
  for (unsigned n = 0; n < 9; ++n) {
    s.resumed(at);
    at = *s.next_look(true);
    BOOST_TEST(s.tells(at, true, true));
  }
  s.resumed(at); // the pause is 5 s by now
  s.heard(at + 1ms);
  BOOST_TEST((s.next_look(true) == at + 11ms));
  BOOST_TEST(!s.tells(at + 11ms, true, true));
  BOOST_TEST((s.next_look(true) == at + 250ms));
  BOOST_TEST(s.tells(at + 250ms, true, true));
}

BOOST_AUTO_TEST_CASE(another_difference_is_told_at_once_and_peace_forgets_all)
{
  watch_schedule s(0s);
  s.heard(start);
  BOOST_TEST(s.tells(start + 10ms, true, false));
  s.resumed(start + 11ms);
  s.heard(start + 12ms);
  BOOST_TEST(s.tells(start + 13ms, true, false));
  s.resumed(start + 14ms);
  s.heard(start + 15ms);
  BOOST_TEST(!s.tells(start + 25ms, false, false));
  BOOST_TEST(!s.next_look(true).has_value());
  s.heard(start + 30ms);
  // the same as before the peace
  BOOST_TEST(s.tells(start + 40ms, true, true));
}

BOOST_AUTO_TEST_CASE(a_resync_comes_whatever_is_heard)
{
  watch_schedule s(5s);
  s.resumed(start);
  BOOST_TEST((s.next_look(false) == start + 5s));
  s.heard(start + 1s);
  BOOST_TEST((s.next_look(true) == start + 1010ms));
  BOOST_TEST(!s.is_resync(start + 1010ms));
  BOOST_TEST(!s.tells(start + 1010ms, false, false));
  BOOST_TEST(s.is_resync(start + 5s));
  BOOST_TEST(s.tells(start + 5s, true, false));
  BOOST_TEST((s.next_look(false) == start + 10s));
}

BOOST_AUTO_TEST_SUITE_END()
