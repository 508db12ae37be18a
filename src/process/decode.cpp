#include "process/decode.hpp"

#include "core/with_words.hpp"
#include "process/protocol_park.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace linx::detail {

namespace {

template <class Words>
error malformed(Words words) noexcept
{
  return with_words(error(errc::protocol, stage::malformed), words);
}

} // namespace

std::optional<result<frame_view>> frame_reader::next()
{
  if (rest_.empty()) return std::nullopt;
  frame_view frame{};
  if (rest_.size() < sizeof frame.header)
    return malformed(
        [this] { return "frame of " + std::to_string(rest_.size()) + " bytes, a header is 16"; });
  std::memcpy(&frame.header, rest_.data(), sizeof frame.header);
  const std::size_t length = frame.header.length;
  const auto version = frame.header.version;
  if (neighbours_ ? !wire::is_neighbour(version) : version != wire::version)
    return malformed([version] {
      return "frame of version " + std::to_string(version) + "; linx-spawner and liblinx differ";
    });
  if (length < sizeof frame.header || length % 8 != 0 || length > rest_.size())
    return malformed([this, length] {
      return "frame of length " + std::to_string(length) + ", " + std::to_string(rest_.size()) +
             " bytes left";
    });
  if (frame.header.fds > fds_)
    return malformed([this, &frame] {
      return "frame with " + std::to_string(frame.header.fds) + " descriptors, " + std::to_string(fds_) +
             " arrived";
    });
  fds_ -= frame.header.fds;
  frame.bytes = rest_.first(length);
  rest_ = rest_.subspan(length);
  return frame;
}

template <class Record>
result<Record> read_record(const frame_view& frame)
{
  if (frame.bytes.size() < sizeof(Record))
    return malformed([&frame] {
      return "frame of type " + std::to_string(static_cast<unsigned>(frame.header.type)) + " and " +
             std::to_string(frame.bytes.size()) + " bytes, " + std::to_string(sizeof(Record)) + " are needed";
    });
  Record record;
  std::memcpy(&record, frame.bytes.data(), sizeof record);
  return record;
}

template result<wire::hello_record> read_record(const frame_view&);
template result<wire::spawned_record> read_record(const frame_view&);
template result<wire::failed_record> read_record(const frame_view&);
template result<wire::exited_record> read_record(const frame_view&);
template result<wire::ready_record> read_record(const frame_view&);
template result<wire::done_record> read_record(const frame_view&);
template result<wire::parked_record> read_record(const frame_view&);
template result<wire::attached_record> read_record(const frame_view&);
template result<wire::refused_record> read_record(const frame_view&);
template result<wire::left_record> read_record(const frame_view&);

exit_record to_exit_record(const wire::exited_record& r)
{
  const auto time = [](std::uint64_t us) {
    return timeval{static_cast<time_t>(us / 1000000), static_cast<suseconds_t>(us % 1000000)};
  };
  struct rusage usage {};
  usage.ru_utime = time(r.user_us);
  usage.ru_stime = time(r.system_us);
  usage.ru_maxrss = static_cast<long>(r.max_rss_kib);
  usage.ru_minflt = static_cast<long>(r.minor_faults);
  usage.ru_majflt = static_cast<long>(r.major_faults);
  usage.ru_inblock = static_cast<long>(r.blocks_in);
  usage.ru_oublock = static_cast<long>(r.blocks_out);
  usage.ru_nvcsw = static_cast<long>(r.voluntary_switches);
  usage.ru_nivcsw = static_cast<long>(r.involuntary_switches);
  return {r.code, r.status, usage};
}

slot_report read_slot(const wire::status_slot& slot) noexcept
{
  return {wire::load_state(slot), slot.where, slot.step, slot.error};
}

} // namespace linx::detail
