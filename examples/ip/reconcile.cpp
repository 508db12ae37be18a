#include "reconcile.hpp"

#include "files.hpp"
#include "printable.hpp"
#include "remembered.hpp"
#include "wanted.hpp"

#include <linx/rtnl/reconcile.hpp>

#include <iostream>

namespace ip_tool {

namespace rtnl = linx::rtnl;
using linx::error;
using linx::result;
using linx::success;
using linx::task;

namespace {

class request {
public:
  std::string document; // as it stands in the file
  std::string state;    // "": none is kept
  remembered known;
  bool is_dry = false;
  bool watches = false;
  rtnl::desired want{0};
  rtnl::desired last{0};
};

result<request> read_request(words w)
{
  request r;
  std::string name;
  while (!w.empty()) {
    if (w.take("--state")) {
      BOOST_OUTCOME_TRY(r.state, w.next("file for what was applied"));
    } else if (w.take("--dry-run")) {
      r.is_dry = true;
    } else if (w.take("--watch")) {
      r.watches = true;
    } else if (name.empty()) {
      BOOST_OUTCOME_TRY(name, w.next("file"));
    } else {
      BOOST_OUTCOME_TRYV(w.end());
    }
  }
  if (name.empty()) return error::argument("reconcile FILE.json [--state FILE] [--dry-run] [--watch]");
  if (r.is_dry && r.watches)
    return error::argument("--dry-run changes nothing, and --watch does: one of them");
  BOOST_OUTCOME_TRY(r.document, read_file(name));
  BOOST_OUTCOME_TRY(r.want, read_wanted(r.document, name));
  r.last = rtnl::desired(r.want.protocol);
  if (r.state.empty()) return r;
  BOOST_OUTCOME_TRY(const auto before, read_file_if_any(r.state));
  if (before) {
    BOOST_OUTCOME_TRY(r.last, read_wanted(*before, r.state));
    BOOST_OUTCOME_TRYV(r.known.add(*before, r.state));
  }
  BOOST_OUTCOME_TRYV(r.known.add(r.document, name));
  if (r.last.protocol != r.want.protocol)
    return error::argument(r.state + ": protocol " + std::to_string(r.last.protocol) +
                           " was another one than now: its "
                           "routes would be nobody's");
  return r;
}

json lines_of(const rtnl::plan& steps)
{
  json all = json::array();
  for (const auto& one : steps) all.push_back(to_string(one));
  return all;
}

void print_plan(const rtnl::plan& steps, const settings& how)
{
  if (how.as_json)
    std::cout << as_utf8(json{{"plan", lines_of(steps)}}).dump() << '\n';
  else
    std::cout << to_string(steps);
}

void print_report(const rtnl::report& r, const settings& how)
{
  if (how.as_json) {
    json j{{"converged", r.converged}, {"applied", lines_of(r.applied)}};
    if (r.failed)
      j["failed"] = json{{"step", to_string(r.failed->step())}, {"error", r.failed->why().message()}};
    else
      j["failed"] = nullptr;
    j["pending"] = lines_of(r.pending);
    for (const auto& each : r.altered) // seldom
      j["altered"].push_back(json{{"step", to_string(each.step())}, {"found", each.found()}});
    std::cout << as_utf8(std::move(j)).dump() << std::endl;
    return;
  }
  for (const auto& one : r.applied) std::cout << to_string(one) << '\n';
  for (const auto& one : r.pending) std::cout << "pending: " << to_string(one) << '\n';
  std::cout << to_string(r) << std::endl;
}

error left_over(const rtnl::report& done)
{
  const auto because = [](const std::string& why) {
    return error(linx::errc::not_ready, linx::stage::none).with_object(why);
  };
  if (done.altered.size() == done.pending.size()) {
    std::string text;
    for (const auto& each : done.altered)
      text += (text.empty() ? "of " : "; of ") + to_string(each.step()) + " the kernel makes " + each.found();
    return because(text);
  }
  return because("somebody else changes it back: " + std::to_string(done.pending.size()) + " steps are left");
}

result<rtnl::connection> open(linx::executor ex, const std::optional<linx::ns::handle>& net)
{
  return net ? rtnl::connection::open(std::move(ex), *net) : rtnl::connection::open(std::move(ex));
}

/// Keeps what is ours where the next run finds it: the document once all of it is, until then the entries of
/// the old and of the new one that name what is.
rtnl::reconcile_options options_of(const std::shared_ptr<request>& r)
{
  rtnl::reconcile_options how;
  if (!r->state.empty())
    how.remember([r](const rtnl::desired& ours) {
      r->last = ours; // also where the call ends with an error
      return write_file(r->state, ours == r->want ? r->document : r->known.text(ours));
    });
  return how;
}

/// One round, which is printed.
task<rtnl::report> make_it_so(rtnl::connection kernel, std::shared_ptr<request> r, settings how)
{
  auto doing = rtnl::reconcile(std::move(kernel), r->want, r->last, options_of(r));
  LINX_TRY(auto done, co_await std::move(doing));
  print_report(done, how);
  r->last = done.last_applied;
  co_return std::move(done);
}

/// Until something else is ours than before: that is watched over anew.
task<> watch(rtnl::connection kernel, std::shared_ptr<request> r, linx::stream<rtnl::plan> plans,
             settings how)
{
  const auto before = r->last;
  while (r->last == before) {
    LINX_TRY(const auto drift, co_await plans.next());
    if (!drift) co_return linx::errc::closed;
    // what the kernel refuses now it may take later: the report says so
    auto making = make_it_so(kernel, r, how);
    const auto made = co_await std::move(making);
    // while somebody keeps changing what is listed nothing can be said: the drift is told again
    const bool passes =
        !made && (made.error() == linx::errc::dump_interrupted || made.error() == linx::errc::overrun);
    if (!made && !passes) co_return made.error();
  }
  co_return success();
}

task<> keep_it_so(linx::executor ex, std::optional<linx::ns::handle> net, rtnl::connection kernel,
                  std::shared_ptr<request> r, settings how)
{
  for (;;) {
    auto opened = net ? rtnl::subscribe(ex, *net, r->want, r->last) : rtnl::subscribe(ex, r->want, r->last);
    if (!opened) co_return std::move(opened).error();
    auto watching = watch(kernel, r, std::move(opened).value(), how);
    LINX_TRYV(co_await std::move(watching));
  }
}

} // namespace

task<> reconcile(linx::executor ex, std::optional<linx::ns::handle> net, words command, settings how)
{
  LINX_TRY(auto read, read_request(std::move(command)));
  auto r = std::make_shared<request>(std::move(read));
  LINX_TRY(auto kernel, open(ex, net));
  if (r->is_dry) {
    auto looking = rtnl::pull(kernel);
    LINX_TRY(const auto there, co_await std::move(looking));
    LINX_TRY(const auto steps, rtnl::diff(r->want, there, r->last));
    print_plan(steps, how);
    co_return success();
  }
  auto making = make_it_so(kernel, r, how);
  LINX_TRY(const auto done, co_await std::move(making));
  if (r->watches) {
    auto keeping = keep_it_so(std::move(ex), std::move(net), std::move(kernel), r, how);
    co_return co_await std::move(keeping);
  }
  if (done.failed) co_return done.failed->why();
  if (!done.converged) co_return left_over(done);
  co_return success();
}

} // namespace ip_tool
