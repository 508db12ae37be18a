#include "process/step_list.hpp"

#include <utility>

namespace linx::detail {

void step_list::add_header(wire::stage what, std::size_t length, std::uint8_t fds)
{
  const wire::step_header header{what, flags_, fds, static_cast<std::uint32_t>(length)};
  const auto bytes = std::as_bytes(std::span(&header, 1));
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  stages_.push_back(what);
  fds_ += fds;
}

const std::string* find_object(std::span<const step_object> objects, wire::stage where, std::uint32_t step)
{
  for (const auto& each : objects)
    if (each.where == where && (each.step == step || each.step == step_object::no_step)) return &each.text;
  return nullptr;
}

void step_list::add(wire::stage what, std::span<const std::byte> payload)
{
  add(what, payload, -1);
}

void step_list::add(wire::stage what, std::span<const std::byte> payload, int descriptor)
{
  add_header(what, payload.size(), descriptor < 0 ? 0 : 1);
  if (descriptor >= 0) descriptors_.push_back(descriptor);
  bytes_.insert(bytes_.end(), payload.begin(), payload.end());
  bytes_.resize(wire::padded(bytes_.size()));
}

void step_list::add_path(wire::stage what, const std::string& path)
{
  add(what, std::as_bytes(std::span(path.c_str(), path.size() + 1)));
}

void step_list::add_with_fd(wire::stage what)
{
  add_header(what, 0, 1);
}

void step_list::name(std::string text)
{
  objects_.push_back({stages_.back(), static_cast<std::uint32_t>(stages_.size() - 1), std::move(text)});
}

void step_list::name(wire::stage where, std::string text)
{
  objects_.push_back({where, step_object::no_step, std::move(text)});
}

} // namespace linx::detail
