// Every short and many long histories of a supervisor's children, against what must be true whatever happens.

#include "process/supervisor_scene.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(process_supervisor_histories)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

// Plays a machine against its own processes and holds it to what must be true whatever happens.
class player {
public:
  explicit player(const supervisor_options& options) : scene_(options)
  {
    for (const auto& c : options.children()) group_[c.id()] = c.is_parallel() ? group_count_ : ++group_count_;
  }

  void take(const supervisor_effects& todo)
  {
    for (const auto k : todo.start) {
      BOOST_REQUIRE(!alive_.contains(k));
      BOOST_REQUIRE(!shutting_down_);
      alive_[k] = life::starting;
    }
    for (const auto k : todo.stop) {
      BOOST_REQUIRE(alive_.contains(k));
      BOOST_REQUIRE((alive_[k] != life::stopping));
      // In the orderly end nobody is stopped before those that were started after it.
      if (shutting_down_)
        for (const auto& [other, how] : alive_)
          BOOST_REQUIRE(group_[scene_.name(other)] <= group_[scene_.name(k)]);
      alive_[k] = life::stopping;
    }
    if (checks_) check();
  }

  void check()
  {
    const auto status = scene_.machine.status();
    std::size_t processes = 0;
    for (const auto& c : status.children) {
      const bool has = alive_.contains(scene_.key(c.id));
      processes += has;
      const bool says = c.state == child_state::starting || c.state == child_state::running ||
                        c.state == child_state::stopping;
      BOOST_REQUIRE_EQUAL(has, says);
    }
    BOOST_REQUIRE_EQUAL(processes, alive_.size());
    BOOST_REQUIRE_EQUAL(status.state == supervisor_state::ended, shutting_down_ && alive_.empty());
    // Nobody is forgotten: who is to run runs, comes up, is about to, or waits for somebody who is.
    for (const auto& c : status.children)
      if (c.state == child_state::waiting) BOOST_REQUIRE(!alive_.empty() || scene_.machine.wake_at());
  }

  // Without checks of what has been checked before.
  void replay(bool all_up, const std::vector<unsigned>& path)
  {
    checks_ = false;
    begin();
    for (int i = 0; all_up && i != 3; ++i) come_up();
    for (const auto each : path) move(each);
    checks_ = true;
  }

  void come_up()
  {
    const auto starting =
        std::ranges::find_if(alive_, [](const auto& a) { return a.second == life::starting; });
    BOOST_REQUIRE(starting != alive_.end());
    const auto k = starting->first;
    alive_[k] = life::up;
    take(scene_.machine.running(k, 1, scene_.now));
  }

  void begin() { take(scene_.machine.begin(scene_.now)); }

  // One of the moves that are possible now; false if there is none of that number.
  bool move(unsigned number)
  {
    auto& m = scene_.machine;
    const auto& now = scene_.now;
    for (const auto& [k, how] : std::map(alive_)) {
      if (how == life::starting && number-- == 0)
        return alive_[k] = life::up, take(m.running(k, 1, now)), true;
      for (const auto end : {exit_status::exited(0), exit_status::exited(1)})
        if (number-- == 0) return alive_.erase(k), take(m.ended(k, end, now)), true;
    }
    if (m.wake_at() && number-- == 0) {
      scene_.now = *m.wake_at();
      return take(m.tick(scene_.now)), true;
    }
    for (const auto& c : m.status().children) {
      const auto k = scene_.key(c.id);
      if (shutting_down_) break;
      if (number-- == 0) return take(m.terminate(k, now)), true;
      if (number-- == 0) return take(m.restart(k, now)), true;
    }
    if (!shutting_down_ && number-- == 0) return shut_down(), true;
    return false;
  }

  void shut_down()
  {
    shutting_down_ = true;
    take(scene_.machine.shut_down(scene_.now));
  }

  // However it was left, the orderly end is reached when the processes do as they are told.
  void finish()
  {
    shut_down();
    for (int i = 0; !alive_.empty(); ++i) {
      BOOST_REQUIRE(i < 100);
      const auto asked =
          std::ranges::find_if(alive_, [](const auto& a) { return a.second == life::stopping; });
      BOOST_REQUIRE(asked != alive_.end());
      const auto k = asked->first;
      alive_.erase(k);
      take(scene_.machine.ended(k, exit_status::signaled(SIGTERM, false), scene_.now));
    }
    BOOST_REQUIRE((scene_.machine.state() == supervisor_state::ended));
  }

private:
  enum class life { starting, up, stopping };

  scene scene_;
  std::map<child_key, life> alive_;
  std::map<std::string, int> group_;
  int group_count_ = 0;
  bool shutting_down_ = false;
  bool checks_ = true;
};

supervisor_options mixed(restart_strategy strategy, bool parallel)
{
  supervisor_options options;
  options.strategy(strategy).max_restarts(100, 1h).backoff(restart_backoff(1s));
  options.add(child("a"));
  options.add(child("b", restart_policy::transient).parallel(parallel));
  options.add(child("c", restart_policy::temporary));
  return options;
}

// Every sequence of moves of that depth, replayed from the start since a machine is cheap.
unsigned explore(const supervisor_options& options, bool all_up, std::vector<unsigned>& path, unsigned depth)
{
  unsigned played = 0;
  for (unsigned number = 0;; ++number) {
    player p(options);
    p.replay(all_up, path);
    if (!p.move(number)) return played;
    ++played;
    path.push_back(number);
    if (depth > 1)
      played += explore(options, all_up, path, depth - 1);
    else
      p.finish();
    path.pop_back();
  }
}

} // namespace

// All sequences of three moves, of children that are coming up and of such that run, out of: comes up, ends,
// time passes, terminate, restart, shut down.
BOOST_AUTO_TEST_CASE(every_short_history_keeps_the_rules)
{
  for (const auto strategy :
       {restart_strategy::one_for_one, restart_strategy::one_for_all, restart_strategy::rest_for_one})
    for (const bool parallel : {false, true})
      for (const bool all_up : {false, true}) {
        std::vector<unsigned> path;
        BOOST_TEST(explore(mixed(strategy, parallel), all_up, path, 3) > 500u);
      }
}

// Long histories at random find what short ones cannot.
BOOST_AUTO_TEST_CASE(random_long_histories_keep_the_rules)
{
  const auto seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round != 300; ++round) {
    const auto strategy = static_cast<restart_strategy>(random() % 3);
    player p(mixed(strategy, random() % 2 == 0));
    p.begin();
    for (int step = 0; step != 60; ++step)
      if (!p.move(static_cast<unsigned>(random() % 12))) p.move(0);
    p.finish();
  }
}

BOOST_AUTO_TEST_SUITE_END()
