// What a result holds, or why the test cannot go on.
#pragma once

#include <linx/core/result.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>

namespace linx::test {

// The message of a result's error, "" of a value.
template <class T>
std::string why(const result<T>& r)
{
  return r ? std::string() : r.error().message();
}

template <class T>
void require(const result<T>& r)
{
  BOOST_REQUIRE_MESSAGE(r.has_value(), why(r));
}

template <class T>
T value_of(result<T> r)
{
  require(r);
  return std::move(r).value();
}

} // namespace linx::test
