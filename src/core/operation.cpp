#include "core/operation.hpp"

#include <linx/core/spawn.hpp>

#include <boost/asio/deferred.hpp>

namespace linx::detail {

task<> hop(executor home, task<> body)
{
  auto remote = linx::spawn(std::move(home), std::move(body), asio::deferred);
  co_return co_await std::move(remote);
}

} // namespace linx::detail
