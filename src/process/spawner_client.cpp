#include "process/spawner_client.hpp"

#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace linx::detail {

namespace {

/// Holds the link; the link itself is a context_state, which empties it when the context goes.
class spawner_service : public asio::execution_context::service {
public:
  static asio::execution_context::id id;

  explicit spawner_service(asio::execution_context& context) : service(context) {}

  std::mutex mutex;
  std::shared_ptr<spawner_connection> link;
  std::vector<std::weak_ptr<spawner_connection>> apart; ///< of one child each
  identity_reader identity;

private:
  void notify_fork(asio::execution_context::fork_event event) override
  {
    if (event != asio::execution_context::fork_child) return;
    identity.forget();
    // The spawner, its children and what they have to say belong to the process that was forked.
    if (link) std::exchange(link, nullptr)->forsake();
    for (const auto& each : std::exchange(apart, {}))
      if (const auto one = each.lock()) one->forsake();
  }

  void shutdown() override
  {
    const std::scoped_lock lock(mutex);
    link.reset();
  }
};

asio::execution_context::id spawner_service::id;

spawner_service& service_of(const executor& ex)
{
  return asio::use_service<spawner_service>(asio::query(ex, asio::execution::context));
}

/// The executor under a strand: the first caller's strand must not hold up everybody's records.
executor underlying(const executor& ex)
{
  if (const auto* strand = ex.target<asio::strand<asio::io_context::executor_type>>())
    return strand->get_inner_executor();
  if (const auto* strand = ex.target<asio::strand<asio::thread_pool::executor_type>>())
    return strand->get_inner_executor();
  if (const auto* strand = ex.target<asio::strand<executor>>()) return strand->get_inner_executor();
  return ex;
}

} // namespace

host_identity current_identity(const executor& ex)
{
  auto& service = service_of(ex);
  const std::scoped_lock lock(service.mutex);
  return service.identity.read();
}

result<std::shared_ptr<spawner_connection>> current_spawner(const executor& ex, const host_identity& identity)
{
  auto& service = service_of(ex);
  const std::scoped_lock lock(service.mutex);
  if (service.link && service.link->takes_requests()) {
    if (service.link->identity().same_privilege(identity)) return service.link;
    service.link->retire();
  }
  service.link.reset();
  BOOST_OUTCOME_TRY(service.link, spawner_connection::start(underlying(ex), identity));
  return service.link;
}

result<std::shared_ptr<spawner_connection>> spawner_apart(const executor& ex, const host_identity& identity)
{
  auto& service = service_of(ex);
  const std::scoped_lock lock(service.mutex);
  BOOST_OUTCOME_TRY(auto link, spawner_connection::start(underlying(ex), identity));
  std::erase_if(service.apart, [](const auto& each) { return each.expired(); });
  service.apart.push_back(link);
  return link;
}

void notice_privilege(const executor& ex)
{
  if (!ex) return; // the context is gone, and its spawner with it
  auto& service = service_of(ex);
  const std::scoped_lock lock(service.mutex);
  if (!service.link || service.link->identity().same_privilege(service.identity.read())) return;
  service.link->retire();
  service.link.reset();
}

void retire_spawner(const executor& ex)
{
  auto& service = service_of(ex);
  const std::scoped_lock lock(service.mutex);
  if (service.link) service.link->retire();
  service.link.reset();
}

std::shared_ptr<spawner_connection> present_spawner(const executor& ex)
{
  auto& service = service_of(ex);
  const std::scoped_lock lock(service.mutex);
  return service.link;
}

} // namespace linx::detail
