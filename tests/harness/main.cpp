#define BOOST_TEST_MODULE linx
#include <boost/test/unit_test.hpp>

#if defined(__SANITIZE_THREAD__)
// Asio counts the owners of an executor that is too large to be held in place with a release and an acquire
// fence (asio/detail/atomic_count.hpp). The thread sanitizer of g++ does not know fences, and takes the last
// owner's deletion for a race with the one before it.
extern "C" [[gnu::visibility("default")]] const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions()
{
  return "race:boost::asio::execution::detail::shared_target_executor\n";
}
#endif
