#include "story.hpp"

#include "firewall.hpp"

#include <linx/core/all_of.hpp>
#include <linx/core/as_result.hpp>
#include <linx/core/cleanup.hpp>
#include <linx/core/first_of.hpp>
#include <linx/core/spawn.hpp>
#include <linx/core/with_timeout.hpp>
#include <linx/netfilter/monitor.hpp>
#include <linx/netfilter/push.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <csignal>
#include <cstring>

#include <linux/netlink.h>
#include <unistd.h>

namespace headline {

using namespace std::chrono_literals;
namespace nf = linx::netfilter;

namespace {

constexpr std::uint16_t open_port = 8080;
constexpr std::uint16_t blocked_port = 9090;
constexpr const char* hostname = "linx-demo";

} // namespace

story::story(timeline& out, lab where, std::string program, linx::io::signal_fd signals, marks& of_the_run)
    : out_(out),
      lab_(std::move(where)),
      program_(std::move(program)),
      signals_(std::move(signals)),
      of_the_run_(of_the_run)
{}

void story::expect(bool true_as_expected, const std::string& what)
{
  if (true_as_expected) return;
  expectations_met_ = false;
  out_.say("demo", "unexpected", what);
}

void story::watch(linx::executor ex, linx::task<> narrator)
{
  ++narrators_;
  linx::spawn(std::move(ex), std::move(narrator), [this](linx::result<> ended) {
    --narrators_;
    if (ended || ended.assume_error() == linx::errc::closed) return;
    expect(false, "a monitor ended: " + ended.assume_error().message());
  });
}

linx::task<> story::run()
{
  auto playing = play();
  auto signal = wait_for_signal();
  const auto first = co_await linx::first_of(std::move(playing), std::move(signal));
  interrupted_ = first.has_value() && first.assume_value().index() == 1;

  // Taken down also when this task itself is cancelled, and never for longer than the limit.
  auto down = take_down();
  const linx::result<> gone = co_await linx::cleanup(std::move(down), 10s);
  if (first.has_error()) co_return first.assume_error();
  co_return gone;
}

linx::task<> story::play()
{
  LINX_TRYV(co_await start());
  auto acts = direct();
  auto lines = narrate_output();
  LINX_TRYV(co_await linx::all_of(std::move(acts), std::move(lines)));
  co_return linx::success();
}

linx::task<> story::start()
{
  const linx::executor ex = co_await asio::this_coro::executor;
  if (lab_.isolated) {
    LINX_TRY(auto network, co_await host_network::open(ex));
    network_.emplace(std::move(network));
    LINX_TRY(auto events, host_network::monitor(ex));
    links_ = std::make_shared<link_events>(std::move(events));
    watch(ex, narrate_links(links_));
  }

  // Listens before the child exists; it reaches the host's end of the veth, or loopback where there is no
  // veth.
  listener_.emplace(ex, tcp::endpoint(tcp::v4(), 0));
  const asio::ip::address host =
      lab_.isolated ? host_network::host_address() : asio::ip::address_v4::loopback();

  linx::process_options options(program_);
  options.arg("--workload").arg(host.to_string()).arg(std::to_string(listener_->local_endpoint().port()));
  options.arg(std::to_string(open_port)).arg(std::to_string(blocked_port));
  options.standard_input(linx::stdio::devnull()).standard_output(linx::stdio::pipe());
  options.no_new_privs();
  if (lab_.isolated) options.unshare("user,pid,net,mount,uts,ipc,cgroup");

  out_.say("process", "spawn", program_ + (lab_.isolated ? " into seven fresh namespaces" : ""));
  LINX_TRY(auto child, co_await linx::process::spawn(std::move(options)));
  child_.emplace(std::move(child));
  LINX_TRY(auto pipe, child_->stdout_pipe());
  output_.emplace(std::move(pipe));
  watch(ex, narrate_process());
  co_return linx::success();
}

linx::task<> story::direct()
{
  LINX_TRY(const pid_t pid, co_await child_->ready());
  asio::ip::address address = asio::ip::address_v4::loopback();
  if (lab_.isolated) {
    LINX_TRY(const int proc_dir, child_->proc_dir());
    of_the_run_.take(proc_dir);

    LINX_TRYV(co_await child_->set_uid_map(linx::id_map::root(::geteuid())));
    LINX_TRYV(co_await child_->set_gid_map(linx::id_map::root(::getegid())));
    out_.say("process", "id-map", "root inside is uid " + std::to_string(::geteuid()) + " outside");
    LINX_TRYV(co_await child_->set_hostname(hostname));
    out_.say("process", "hostname", hostname);

    LINX_TRY(const auto inside, child_->namespace_handle(linx::ns::kind::net));
    LINX_TRYV(co_await prepare_firewall(inside));
    LINX_TRYV(co_await prepare_network(inside));
    address = host_network::child_address();
  }

  out_.say("process", "proceed", "pid " + std::to_string(pid) + " may execute its program", {{"pid", pid}});
  LINX_TRYV(co_await child_->proceed());

  auto calling = accept_one(*listener_);
  LINX_TRY(auto call, co_await linx::with_timeout(std::move(calling), 10s));
  LINX_TRYV(co_await probe_ports(address));
  call.close(); // the workload takes that as the end of its work

  auto ending = child_->wait();
  LINX_TRY(const auto status, co_await linx::with_timeout(std::move(ending), 10s));
  expect(status.success(), "the workload " + to_string(status));
  co_return linx::success();
}

linx::task<> story::prepare_firewall(const linx::ns::handle& inside)
{
  const linx::executor ex = co_await asio::this_coro::executor;
  LINX_TRY(auto commits, co_await nf::monitor::open(ex, inside));
  commits_ = std::make_shared<linx::stream<nf::commit>>(std::move(commits));
  watch(ex, narrate_commits(commits_));

  LINX_TRY(auto connection, linx::netlink::connection::open(ex, NETLINK_NETFILTER, inside));
  firewall_.emplace(std::move(connection));
  co_return co_await nf::push(*firewall_, default_drop(open_port));
}

linx::task<> story::prepare_network(const linx::ns::handle& inside)
{
  LINX_TRYV(co_await network_->connect(inside));
  out_.say("process", "network", "a veth pair, an address at each end, a default route inside");
  co_return linx::success();
}

linx::task<> story::probe_ports(const asio::ip::address& child)
{
  const tcp::endpoint open(child, open_port);
  LINX_TRY(const auto answer, co_await greeting(open, 5s));
  expect(answer.has_value(), "the open port is silent");
  if (answer) {
    out_.say("demo", "open", "port " + std::to_string(open_port) + " answers: " + *answer,
             {{"port", open_port}});
  }
  if (!lab_.isolated) co_return linx::success();

  // Silence cannot be told from slowness: a quarter of a second is long for a packet between two namespaces.
  const tcp::endpoint blocked(child, blocked_port);
  LINX_TRY(const auto leak, co_await greeting(blocked, 250ms));
  expect(!leak.has_value(), "the blocked port answers");
  if (!leak) {
    out_.say("demo", "blocked", "port " + std::to_string(blocked_port) + " is silent",
             {{"port", blocked_port}});
  }
  co_return linx::success();
}

linx::task<> story::take_down()
{
  if (child_ && !is_terminal(child_->info().state)) {
    // Whatever state it is in, one of the two applies.
    (void)child_->abort();
    (void)child_->signal(SIGKILL);
    (void)co_await child_->wait();
  }
  if (firewall_) {
    const linx::result<> removed = co_await nf::push(*firewall_, no_firewall());
    expect(removed.has_value() || !commits_, "the ruleset stays");
    firewall_.reset();
  }
  if (network_) {
    LINX_TRY(const auto left, co_await network_->take_down());
    expect(left.empty(), "links are left: " + left);
    LINX_TRY(const auto tables, co_await network_->tables());
    expect(tables == 0, "tables are left");
    network_.reset();
  }
  // An interrupted play may have removed nothing that the narrators could tell of.
  if (!interrupted_) {
    auto hearing = hear_the_end();
    (void)co_await linx::with_timeout(std::move(hearing), 2s);
  }
  if (commits_) commits_->cancel();
  if (links_) links_->cancel();
  signals_.cancel();
  output_.reset();
  child_.reset();
  listener_.reset();
  co_return linx::success();
}

/// The removals are in the sockets of the monitors already; this lets their narrators come to them.
linx::task<> story::hear_the_end()
{
  const linx::executor ex = co_await asio::this_coro::executor;
  asio::steady_timer pause(ex);
  while (narrators_ != 0) {
    pause.expires_after(1ms);
    LINX_TRYV(co_await pause.async_wait(linx::as_result));
  }
  co_return linx::success();
}

linx::task<> story::wait_for_signal()
{
  const auto got = co_await signals_.async_read(linx::as_result);
  if (!got) co_return linx::error(got.error()).with_stage(linx::stage::receive).with_object("the signalfd");
  const linx::io::signal_info signal = got.value();
  out_.say("demo", "stopping", std::string(::strsignal(signal.number())) + ": taking everything down",
           {{"signal", signal.number()}});
  co_return linx::success();
}

linx::task<> story::narrate_process()
{
  auto events = child_->events();
  for (;;) {
    LINX_TRY(const auto event, co_await events.next());
    if (!event) co_return linx::success();
    using kind = linx::process_event::kind;
    const std::string pid = "pid " + std::to_string(event->host_pid());
    const char* word = "failed";
    std::string text = to_string(*event);
    fields more{{"pid", event->host_pid()}};
    switch (event->what()) {
    case kind::ready:
      word = "ready";
      text = pid + " is parked between clone and execve";
      break;
    case kind::running:
      word = "running";
      text = pid + " has executed its program";
      break;
    case kind::exited:
      word = "exited";
      more["code"] = event->outcome().assume_value().code();
      break;
    case kind::signaled:
      word = "signaled";
      more["signal"] = event->outcome().assume_value().signal();
      break;
    case kind::aborted:
      word = "aborted";
      break;
    case kind::failed:
      more["stage"] = to_string(event->outcome().assume_error().where());
      break;
    }
    out_.say("process", word, text, more);
  }
}

linx::task<> story::narrate_output()
{
  std::string rest;
  for (;;) {
    LINX_TRY(const auto line, co_await read_line(*output_, rest));
    if (!line) co_return linx::success();
    hear(*line);
  }
}

linx::task<> story::narrate_links(std::shared_ptr<link_events> events)
{
  for (;;) {
    LINX_TRY(const auto event, co_await events->next());
    if (!event) co_return linx::success();
    if (is_noteworthy(*event)) out_.say("rtnetlink", word_of(*event), to_string(*event));
    if (is_farewell(*event)) co_return linx::success();
  }
}

linx::task<> story::narrate_commits(std::shared_ptr<linx::stream<nf::commit>> commits)
{
  for (;;) {
    LINX_TRY(const auto commit, co_await commits->next());
    if (!commit) co_return linx::success();
    out_.say("netfilter", "commit", to_string(*commit),
             {{"generation", commit->generation()}, {"pid", commit->pid()}, {"program", commit->program()}});
    for (const nf::event& event : commit->events()) {
      out_.say("netfilter", to_string(event.what()), to_string(event),
               {{"generation", commit->generation()}});
      const bool is_table = std::holds_alternative<nf::table>(event.on());
      if (is_table && event.what() == nf::operation::remove) co_return linx::success();
    }
  }
}

/// The workload speaks in JSON lines; it is not trusted to.
void story::hear(const std::string& line)
{
  const fields report = fields::parse(line, nullptr, false);
  if (!report.is_object() || !report.contains("event") || !report["event"].is_string()) {
    out_.say("workload", "says", line);
    return;
  }
  const std::string event = report["event"].get<std::string>();
  fields more = report;
  more.erase("event");
  if (event == "inside" && lab_.isolated) {
    expect(report.value("uid", -1) == 0, "the workload is not root inside");
    expect(report.value("pid", -1) == 1, "the workload is not pid 1 inside");
    expect(report.value("hostname", "") == hostname, "the workload has another host name");
    expect(report.value("no_new_privs", false), "no_new_privs is not set");
  }
  expect(event != "unreached" && event != "unable", "the workload could not do its work");
  out_.say("workload", event, more.dump(-1, ' ', false, fields::error_handler_t::replace), more);
}

} // namespace headline
