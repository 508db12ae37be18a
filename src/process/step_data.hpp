/// What a step of a plan is made of. `process` knows no more of it than this.
#pragma once

#include "process/protocol_step.hpp"
#include "process/step_list.hpp"

#include <linx/io/unique_fd.hpp>
#include <linx/ns/kind.hpp>
#include <linx/process/checkpoint_plan.hpp>
#include <linx/process/credentials.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace linx::detail {

class step_data {
public:
  wire::stage what = wire::stage::none;
  byte_vector payload;
  std::shared_ptr<const io::unique_fd> descriptor;
  std::string text;    ///< for people
  std::string mistake; ///< why no kernel takes it, or nothing

  capability_bits needs = 0; ///< to be effective in the user namespace of the child
  /// What is effective behind it, where it changes that.
  std::optional<capability_bits> leaves_effective;

  /// It changes what belongs to a namespace of this kind, which must not be the host's.
  std::optional<ns::kind> of;
  bool may_be_entered = false; ///< one that was entered counts as well
};

/// A step under construction.
class step_maker {
public:
  step_maker(wire::stage what, std::string text)
  {
    data_->what = what;
    data_->text = std::move(text);
  }

  template <class T>
  step_maker& value(const T& value)
  {
    return bytes(std::as_bytes(std::span(&value, 1)));
  }
  step_maker& bytes(std::span<const std::byte> more)
  {
    data_->payload.insert(data_->payload.end(), more.begin(), more.end());
    return *this;
  }
  /// With its NUL.
  step_maker& path(const std::string& path)
  {
    return bytes(std::as_bytes(std::span(path.c_str(), path.size() + 1)));
  }
  step_maker& mistake_if(bool wrong, std::string_view why)
  {
    if (wrong && data_->mistake.empty()) data_->mistake = why;
    return *this;
  }

  step_data* operator->() noexcept { return data_.get(); }
  operator checkpoint_step() { return checkpoint_step(std::move(data_)); }

private:
  std::shared_ptr<step_data> data_ = std::make_shared<step_data>();
};

} // namespace linx::detail
