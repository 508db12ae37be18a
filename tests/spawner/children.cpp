// The table of children under random use, against the standard library's map.
#include "spawner/children.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <ctime>
#include <map>
#include <memory>
#include <random>

BOOST_AUTO_TEST_SUITE(spawner_children)

namespace {

using linx::spawner::child_record;
using linx::spawner::child_table;

child_record record_of(std::uint32_t pid, bool tied)
{
  child_record record;
  record.id = pid * 10u;
  record.pid = pid;
  record.tied = tied;
  return record;
}

// Linear probing with deletion is easily wrong: a record that is in the table but not found would lose an
// exit.
BOOST_AUTO_TEST_CASE(agrees_with_a_map)
{
  const char* const given = std::getenv("LINX_TEST_SEED");
  const auto seed =
      given != nullptr ? std::strtoul(given, nullptr, 10) : static_cast<unsigned long>(std::time(nullptr));
  BOOST_TEST_MESSAGE("LINX_TEST_SEED=" << seed);
  std::mt19937 random(static_cast<unsigned>(seed));
  const auto table = std::make_unique<child_table>(); // zeroed, as the spawner's is
  std::map<std::uint32_t, bool> expected;
  for (int round = 0; round != 200'000; ++round) {
    const std::uint32_t pid = 1 + random() % 60'000 * (random() % 2 != 0 ? 1u : 64u);
    const auto found = expected.find(pid);
    child_record* const record = table->find(pid);
    BOOST_TEST_REQUIRE((record != nullptr) == (found != expected.end()));
    if (record != nullptr) {
      BOOST_TEST_REQUIRE(record->id == pid * 10u);
      table->erase(*record);
      expected.erase(found);
    } else if (!table->is_full()) {
      const bool tied = random() % 2 != 0;
      table->insert(record_of(pid, tied));
      expected.emplace(pid, tied);
    }
  }
  std::uint32_t tied = 0;
  for (const auto& [pid, is_tied] : expected) tied += is_tied;
  BOOST_TEST(table->count() == expected.size());
  BOOST_TEST(table->tied() == tied);
  std::size_t visited = 0;
  table->for_each([&](child_record& record) { visited += expected.count(record.pid); });
  BOOST_TEST(visited == expected.size());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
