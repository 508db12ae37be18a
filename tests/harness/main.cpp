#define BOOST_TEST_MODULE linx
#include <boost/test/unit_test.hpp>
