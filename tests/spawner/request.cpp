// The pure part of the spawner: what it accepts as a request, and what it refuses however the bytes are
// mixed.
#include "spawner/request.hpp"

#include "spawner/step_list.hpp"

#include <boost/test/unit_test.hpp>

#include <linux/sched.h>

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <random>
#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(spawner_request)

namespace {

namespace wire = linx::wire;
using namespace linx::spawner;

// A frame in memory of exactly its size, so that the address sanitizer sees a read beyond it.
class raw_frame {
public:
  explicit raw_frame(const std::string& data)
      : words_(new std::uint64_t[(data.size() + 7) / 8]), size_(data.size())
  {
    std::memcpy(words_.get(), data.data(), data.size());
  }
  linx::spawner::bytes bytes() const { return {reinterpret_cast<const std::byte*>(words_.get()), size_}; }

private:
  std::unique_ptr<std::uint64_t[]> words_;
  std::size_t size_;
};

template <class T>
std::string image(const T& value)
{
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::string pad(std::string data)
{
  data.resize(wire::padded(data.size()), '\0');
  return data;
}

std::string step(wire::stage what, const std::string& payload, std::uint8_t flags = 0, std::uint8_t fds = 0)
{
  wire::step_header header{};
  header.what = what;
  header.flags = flags;
  header.fds = fds;
  header.length = static_cast<std::uint32_t>(payload.size());
  return image(header) + pad(payload);
}

struct parts {
  wire::spawn_request head{};
  std::string targets, steps, strings = std::string("/bin/true\0true\0A=b\0", 19);

  parts()
  {
    head.header = {0, wire::version, 1, wire::frame_type::spawn, 1};
    head.fd_roles = static_cast<std::uint32_t>(wire::fd_role::checkpoint);
    head.argc = 1;
    head.envc = 1;
  }
  std::string frame()
  {
    head.steps_length = static_cast<std::uint32_t>(steps.size());
    head.strings_length = static_cast<std::uint32_t>(strings.size());
    const std::string body = pad(targets) + steps + pad(strings);
    head.header.length = static_cast<std::uint32_t>(sizeof head + body.size());
    return image(head) + body;
  }
  int read()
  {
    const raw_frame raw(frame());
    spawn_view view;
    return read_spawn(raw.bytes(), view);
  }
};

constexpr auto introduce = static_cast<std::uint32_t>(wire::spawn_flags::introduce);

// What takes no time and changes nothing needs no socket of the host's making.
BOOST_AUTO_TEST_CASE(a_bare_request_needs_no_checkpoint)
{
  parts wanted;
  wanted.head.fd_roles =
      static_cast<std::uint32_t>(wire::fd_role::stdout_) | static_cast<std::uint32_t>(wire::fd_role::cwd);
  wanted.head.header.fds = 2;
  BOOST_TEST(wanted.read() == EINVAL); // it has to say how it does without
  wanted.head.flags = introduce;
  BOOST_TEST(wanted.read() == 0);
  wanted.head.flags = introduce | static_cast<std::uint32_t>(wire::spawn_flags::auto_proceed);
  BOOST_TEST(wanted.read() == 0);
}

// What lays out the pointers believes the numbers.
BOOST_AUTO_TEST_CASE(more_strings_than_bytes_are_refused)
{
  parts wanted;
  wanted.head.envc = static_cast<std::uint32_t>(wanted.strings.size());
  BOOST_TEST(wanted.read() == EINVAL);
  wanted.head.argc = wanted.head.envc = ~std::uint32_t{0};
  BOOST_TEST(wanted.read() == EINVAL);
}

BOOST_AUTO_TEST_CASE(a_request_is_read_as_it_was_written)
{
  parts wanted;
  wanted.head.fd_roles |= static_cast<std::uint32_t>(wire::fd_role::cwd);
  wanted.head.header.fds = 4;
  wanted.head.extra_fds = 2;
  wanted.targets = image(std::uint32_t{3}) + image(std::uint32_t{9});
  wanted.steps = step(wire::stage::hostname, "name") + step(wire::stage::no_new_privs, "");
  const raw_frame raw(wanted.frame());
  spawn_view view;
  BOOST_TEST_REQUIRE(read_spawn(raw.bytes(), view) == 0);
  BOOST_TEST(view.position(wire::fd_role::checkpoint) == 0u);
  BOOST_TEST(view.position(wire::fd_role::cwd) == 1u);
  BOOST_TEST(view.first_extra() == 2u);
  BOOST_TEST(view.first_step_fd() == 4u);
  BOOST_TEST(view.body.target(1) == 9u);

  step_reader reader(view.body.steps);
  linx::spawner::step next;
  BOOST_TEST_REQUIRE(reader.next(next));
  BOOST_TEST(std::string(reinterpret_cast<const char*>(next.payload.data), next.payload.size) == "name");
  BOOST_TEST_REQUIRE(reader.next(next));
  BOOST_TEST(next.index == 1);
  BOOST_TEST(!reader.next(next));

  const char* path = nullptr;
  const char* pointers[4];
  BOOST_TEST_REQUIRE(split_strings(view.body.strings, *view.head, path, pointers));
  BOOST_TEST(std::string(path) == "/bin/true");
  BOOST_TEST(std::string(pointers[0]) == "true");
  BOOST_TEST((pointers[1] == nullptr));
  BOOST_TEST(std::string(pointers[2]) == "A=b");
  BOOST_TEST((pointers[3] == nullptr));
}

// Each rule of the protocol that a request can break, one at a time.
BOOST_AUTO_TEST_CASE(each_broken_rule_is_refused)
{
  BOOST_TEST(parts().read() == 0);
  const auto refused = [](const char* what, auto&& change) {
    parts wanted;
    change(wanted);
    BOOST_TEST_CONTEXT(what)
    {
      BOOST_TEST(wanted.read() == EINVAL);
    }
  };
  refused("id 0", [](parts& p) { p.head.header.id = 0; });
  refused("unknown flag", [](parts& p) { p.head.flags = 1u << 20; });
  refused("unknown namespace", [](parts& p) { p.head.namespaces = CLONE_VM; });
  refused("unknown role", [](parts& p) { p.head.fd_roles |= 1u << 30; });
  refused("too many descriptors", [](parts& p) { p.head.header.fds = 2; });
  refused("too few descriptors", [](parts& p) { p.head.extra_fds = 1; });
  refused("unknown orphan policy", [](parts& p) { p.head.orphan = static_cast<wire::orphan_policy>(3); });
  refused("unknown kill scope", [](parts& p) { p.head.scope = static_cast<wire::kill_scope>(5); });
  refused("kill scope cgroup without one", [](parts& p) { p.head.scope = wire::kill_scope::cgroup; });
  refused("no strings", [](parts& p) { p.strings.clear(); });
  const auto init = static_cast<std::uint32_t>(wire::spawn_flags::init);
  const auto report = static_cast<std::uint32_t>(wire::fd_role::report);
  refused("an init without a report", [&](parts& p) {
    p.head.flags = init;
    p.head.namespaces = CLONE_NEWPID;
  });
  refused("a report without an init", [&](parts& p) {
    p.head.fd_roles |= report;
    p.head.header.fds = 2;
    p.head.namespaces = CLONE_NEWPID;
  });
  refused("an init without a pid namespace", [&](parts& p) {
    p.head.flags = init;
    p.head.fd_roles |= report;
    p.head.header.fds = 2;
  });
  refused("an init without a checkpoint", [&](parts& p) {
    p.head.flags = init | static_cast<std::uint32_t>(wire::spawn_flags::auto_proceed);
    p.head.fd_roles = report;
    p.head.namespaces = CLONE_NEWPID;
  });
  refused("offsets without a time namespace",
          [](parts& p) { p.head.flags = static_cast<std::uint32_t>(wire::spawn_flags::timens_offsets); });
  refused("an offset of too many nanoseconds", [](parts& p) {
    p.head.flags = static_cast<std::uint32_t>(wire::spawn_flags::timens_offsets);
    p.head.namespaces = CLONE_NEWTIME;
    p.head.boottime.nanoseconds = 1'000'000'000;
  });
  refused("a namespace both new and entered", [](parts& p) {
    p.head.fd_roles |= static_cast<std::uint32_t>(wire::fd_role::ns_net);
    p.head.header.fds = 2;
    p.head.namespaces = CLONE_NEWNET;
  });
  const auto may_not_introduce_itself = [&](const char* what, auto&& change) {
    refused(what, [&](parts& p) {
      p.head.flags = introduce;
      p.head.fd_roles = 0;
      p.head.header.fds = 0;
      change(p);
    });
  };
  may_not_introduce_itself("a step", [](parts& p) { p.steps = step(wire::stage::no_new_privs, ""); });
  may_not_introduce_itself("a namespace", [](parts& p) { p.head.namespaces = CLONE_NEWUTS; });
  may_not_introduce_itself("an extra descriptor", [](parts& p) {
    p.head.header.fds = 1;
    p.head.extra_fds = 1;
    p.targets = image(std::uint32_t{3});
  });
  for (const auto role : {wire::fd_role::checkpoint, wire::fd_role::cgroup, wire::fd_role::body}) {
    may_not_introduce_itself("a descriptor that is no stream", [&](parts& p) {
      p.head.header.fds = 1;
      p.head.fd_roles = static_cast<std::uint32_t>(role);
      if (role == wire::fd_role::body) p.strings.clear();
    });
  }
  refused("a step without checkpoint that is not simple", [](parts& p) {
    p.head.fd_roles = 0;
    p.head.header.fds = 0;
    p.head.flags = static_cast<std::uint32_t>(wire::spawn_flags::auto_proceed);
    p.steps = step(wire::stage::ids, std::string(sizeof(wire::step_ids), '\0'));
  });
  for (const std::uint32_t kind : {CLONE_NEWUSER, CLONE_NEWTIME}) {
    refused("a namespace without checkpoint that is not simple", [&](parts& p) {
      p.head.fd_roles = 0;
      p.head.header.fds = 0;
      p.head.flags = static_cast<std::uint32_t>(wire::spawn_flags::auto_proceed);
      p.head.namespaces = kind;
    });
  }
  for (const std::uint32_t target : {0u, 2u, 1u << 30, ~0u}) {
    refused("a target out of range", [&](parts& p) {
      p.head.extra_fds = 1;
      p.head.header.fds = 2;
      p.targets = image(target);
    });
  }
  refused("a target twice", [](parts& p) {
    p.head.extra_fds = 2;
    p.head.header.fds = 3;
    p.targets = image(std::uint32_t{5}) + image(std::uint32_t{5});
  });
  refused("a body beside its file", [](parts& p) {
    p.head.fd_roles |= static_cast<std::uint32_t>(wire::fd_role::body);
    p.head.header.fds = 2;
  });
}

BOOST_AUTO_TEST_CASE(each_broken_step_is_refused)
{
  const auto check = [](const std::string& list, step_rules rules = {}) {
    const raw_frame raw(list);
    return check_steps(raw.bytes(), rules);
  };
  step_rules late;
  late.after_marker = true;
  step_rules of_a_request = late;
  of_a_request.at_proceed = true;
  step_rules one_fd;
  one_fd.fds = 1;
  BOOST_TEST(check("") == 0);
  BOOST_TEST(check(step(wire::stage::hostname, "a")) == 0);
  BOOST_TEST(check(step(wire::stage::hostname, "")) == EINVAL);
  BOOST_TEST(check(step(wire::stage::hostname, std::string(65, 'a'))) == EINVAL);
  BOOST_TEST(check(step(wire::stage::chdir, std::string("/a"))) == EINVAL);
  BOOST_TEST(check(step(wire::stage::chdir, std::string("/a\0b\0", 5))) == EINVAL); // embedded NUL
  BOOST_TEST(check(step(wire::stage::chdir, std::string("/a\0", 3))) == 0);
  const std::string flags(sizeof(wire::step_mount), '\0');
  BOOST_TEST(check(step(wire::stage::mount, flags + std::string("s\0/t\0f\0\0", 8))) == 0);
  BOOST_TEST(check(step(wire::stage::mount, flags + std::string("\0/t\0\0\0", 6))) == 0);
  BOOST_TEST(check(step(wire::stage::mount, flags + std::string("s\0\0f\0\0", 6))) == EINVAL); // no target
  BOOST_TEST(check(step(wire::stage::mount, flags + std::string("s\0/t\0f\0", 7))) ==
             EINVAL); // three strings
  BOOST_TEST(check(step(wire::stage::mount, flags + std::string("s\0/t\0f\0d\0e", 10))) == EINVAL);
  BOOST_TEST(check(step(wire::stage::mount, flags)) == EINVAL);
  BOOST_TEST(check(step(wire::stage::mount, "")) == EINVAL);
  BOOST_TEST(check(step(wire::stage::pivot_root, std::string("/a\0", 3))) == 0);
  BOOST_TEST(check(step(wire::stage::pivot_root, "/a")) == EINVAL);
  BOOST_TEST(check(step(wire::stage::sysctl, std::string("a/b\0001", 5))) == 0);
  BOOST_TEST(check(step(wire::stage::sysctl, std::string("a/b\0", 4))) == EINVAL); // no value
  BOOST_TEST(check(step(wire::stage::sysctl, std::string("\0001", 2))) == EINVAL); // no key
  BOOST_TEST(check(step(wire::stage::sysctl, std::string("a\0001\0", 4))) == EINVAL);
  BOOST_TEST(check(step(wire::stage::sysctl, "a")) == EINVAL);
  BOOST_TEST(check(step(wire::stage::umask, "123")) == EINVAL);
  BOOST_TEST(check(step(wire::stage::umask, "1234", 1)) == EINVAL); // after_marker not allowed here
  BOOST_TEST(check(step(wire::stage::umask, "1234", 1), late) == 0);
  BOOST_TEST(check(step(wire::stage::umask, "1234", 2), late) == EINVAL); // at_proceed not allowed here
  BOOST_TEST(check(step(wire::stage::umask, "1234", 2), of_a_request) == 0);
  BOOST_TEST(check(step(wire::stage::umask, "1234", 3), of_a_request) == EINVAL); // one of them at most
  BOOST_TEST(check(step(wire::stage::umask, "1234", 4), of_a_request) == EINVAL); // unknown flag
  BOOST_TEST(check(step(wire::stage::seccomp_install, std::string(16, '\0'), 2), of_a_request) == EINVAL);
  BOOST_TEST(check(step(wire::stage::seccomp_install, std::string(16, '\0')), late) == EINVAL);
  BOOST_TEST(check(step(wire::stage::seccomp_install, std::string(16, '\0'), 1), late) == 0);
  BOOST_TEST(check(step(wire::stage::landlock, "")) == EINVAL);
  BOOST_TEST(check(step(wire::stage::landlock, "", 0, 1), one_fd) == 0);
  BOOST_TEST(check(step(wire::stage::landlock, "", 0, 1)) == EINVAL); // the frame brought none
  BOOST_TEST(check(step(wire::stage::no_new_privs, ""), one_fd) == EINVAL);
  BOOST_TEST(check(step(wire::stage::umask, "1234").substr(0, 8)) == EINVAL);
  BOOST_TEST(check(step(wire::stage::umask, "1234").substr(0, 4)) == EINVAL);
  wire::step_header huge{};
  huge.what = wire::stage::keyring;
  huge.length = 0xfffffff9;
  BOOST_TEST(check(image(huge)) == EINVAL);
}

// Strings are counted by their NULs; a count that differs would shift arguments into the environment.
BOOST_AUTO_TEST_CASE(strings_must_be_as_many_as_promised)
{
  const auto split = [](std::string text, std::uint32_t argc, std::uint32_t envc) {
    wire::spawn_request head{};
    head.argc = argc;
    head.envc = envc;
    const raw_frame raw(text);
    const char* path = nullptr;
    std::vector<const char*> pointers(argc + envc + 2);
    return split_strings(raw.bytes(), head, path, pointers.data());
  };
  const std::string three("a\0b\0c\0", 6);
  BOOST_TEST(split(three, 1, 1));
  BOOST_TEST(split(three, 2, 0));
  BOOST_TEST(!split(three, 1, 0));
  BOOST_TEST(!split(three, 2, 1));
  BOOST_TEST(!split(three.substr(0, 5), 1, 1));
  BOOST_TEST(!split("a", 0, 0));
}

// Any bytes at all: accepted or refused, never read outside. A seed that fails is printed and can be set
// again.
BOOST_AUTO_TEST_CASE(mutated_requests_never_read_outside)
{
  const char* const given = std::getenv("LINX_TEST_SEED");
  const auto seed =
      given != nullptr ? std::strtoul(given, nullptr, 10) : static_cast<unsigned long>(std::time(nullptr));
  BOOST_TEST_MESSAGE("LINX_TEST_SEED=" << seed);
  std::mt19937_64 random(seed);
  unsigned accepted = 0;
  for (int round = 0; round != 30'000; ++round) {
    parts wanted;
    wanted.head.extra_fds = static_cast<std::uint16_t>(random() % 3);
    wanted.head.header.fds = static_cast<std::uint8_t>(1 + wanted.head.extra_fds);
    for (unsigned i = 0; i != wanted.head.extra_fds; ++i)
      wanted.targets += image(static_cast<std::uint32_t>(3 + i));
    if (random() % 2 != 0) wanted.steps += step(wire::stage::hostname, "name");
    if (random() % 2 != 0) wanted.steps += step(wire::stage::chdir, std::string("/\0", 2));
    std::string frame = wanted.frame();
    for (std::uint64_t changes = random() % 4; changes != 0; --changes) {
      frame[random() % frame.size()] = static_cast<char>(random());
    }
    if (random() % 8 == 0) frame.resize(random() % (frame.size() + 1));
    const raw_frame raw(frame);
    spawn_view view;
    if (read_spawn(raw.bytes(), view) != 0) continue;
    ++accepted;
    step_reader reader(view.body.steps);
    linx::spawner::step next;
    std::size_t sum = 0;
    while (reader.next(next)) {
      for (std::size_t i = 0; i != next.payload.size; ++i)
        sum += std::to_integer<std::size_t>(next.payload.data[i]);
    }
    if (std::size_t{view.head->argc} + view.head->envc > view.head->strings_length)
      continue; // as the child checks
    const char* path = nullptr;
    std::vector<const char*> pointers(view.head->argc + view.head->envc + 2);
    split_strings(view.body.strings, *view.head, path, pointers.data());
  }
  BOOST_TEST(accepted > 1000u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
