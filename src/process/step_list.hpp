/// Steps of a request, of a STEP or of a PROCEED, as bytes: pure.
#pragma once

#include "process/protocol.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace linx::detail {

using byte_vector = std::vector<std::byte>;

/// What an error at a step is to name. `step` is its index, or no_step for what is no step.
struct step_object {
  static constexpr std::uint32_t no_step = ~std::uint32_t{0};

  wire::stage where;
  std::uint32_t step;
  std::string text;
};

/// What names a failure there, or null.
const std::string* find_object(std::span<const step_object>, wire::stage where, std::uint32_t step);

/// In their order.
class step_list {
public:
  /// From here on steps run at that time: when PROCEED has come, or after the exec mark.
  void defer(wire::step_flags when) noexcept { flags_ = static_cast<std::uint8_t>(when); }

  void add(wire::stage what, std::span<const std::byte> payload = {});

  template <class T>
  void add_value(wire::stage what, const T& value)
  {
    add(what, std::as_bytes(std::span(&value, 1)));
  }

  /// The text without a NUL.
  void add_text(wire::stage what, std::string_view text) { add(what, std::as_bytes(std::span(text))); }

  /// The path and its NUL.
  void add_path(wire::stage what, const std::string& path);

  /// A step that takes one of the request's descriptors.
  void add_with_fd(wire::stage what);

  /// A step of a plan, with its descriptor.
  void add(wire::stage what, std::span<const std::byte> payload, int descriptor);

  /// Names the step that was added last.
  void name(std::string text);

  /// Names what happens at a stage that is no step.
  void name(wire::stage where, std::string text);

  std::span<const std::byte> bytes() const noexcept { return bytes_; }
  const std::vector<wire::stage>& stages() const noexcept { return stages_; }
  const std::vector<step_object>& objects() const noexcept { return objects_; }
  unsigned fds() const noexcept { return fds_; }
  /// Of the steps that brought theirs along.
  const std::vector<int>& descriptors() const noexcept { return descriptors_; }
  bool empty() const noexcept { return stages_.empty(); }

private:
  void add_header(wire::stage what, std::size_t length, std::uint8_t fds);

  byte_vector bytes_;
  std::vector<wire::stage> stages_;
  std::vector<step_object> objects_;
  std::vector<int> descriptors_;
  unsigned fds_ = 0;
  std::uint8_t flags_ = 0;
};

} // namespace linx::detail
