// The host's end of the protocol: datagrams of a spawner, of a child, and of an init, and the record of a child
// that has ended, none of which is trusted.
#include "fuzz/input.hpp"

#include "process/attached_child.hpp"
#include "process/decode.hpp"
#include "process/init_report.hpp"
#include "process/thread_status.hpp"

using namespace linx;
using namespace linx::detail;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
  test::fuzz_input in(data, size);
  const auto fds = in.take<std::uint8_t>();
  const auto datagram = in.copy_of_rest();
  std::size_t walked = 0, claimed = 0;
  frame_reader frames(datagram, fds, size % 2 == 0);
  while (const auto next = frames.next()) {
    if (!*next) break;
    const frame_view& frame = next->assume_value();
    walked += frame.bytes.size();
    claimed += frame.header.fds;
    (void)read_record<wire::hello_record>(frame);
    (void)read_record<wire::spawned_record>(frame);
    (void)read_record<wire::failed_record>(frame);
    (void)read_record<wire::left_record>(frame);
    (void)read_record<wire::refused_record>(frame);
    (void)read_attached(frame);
    if (const auto end = read_record<wire::exited_record>(frame)) {
      const auto record = to_exit_record(end.assume_value());
      (void)end_of_workload(record, frame.bytes);
    }
  }
  if (walked > datagram.size() || claimed > fds) test::differs();

  (void)read_exit_record(wire::exit_record_head + in.text());

  // The same text twice is no change, whatever it says.
  const std::string text = in.text();
  thread_status status;
  const bool known = status.take(text);
  if (known && (!status.take(text) || status.has_changed())) test::differs();
  return 0;
}
