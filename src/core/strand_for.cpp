#include "core/strand_for.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <utility>

namespace linx::detail {

executor strand_for(executor ex)
{
  const bool is_strand = !ex || ex.target<asio::strand<executor>>() ||
                         ex.target<asio::strand<asio::io_context::executor_type>>() ||
                         ex.target<asio::strand<asio::thread_pool::executor_type>>();
  if (is_strand) return ex;
  return asio::make_strand(std::move(ex));
}

} // namespace linx::detail
