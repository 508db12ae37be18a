#include <linx/netlink/attribute_names.hpp>
#include <linx/netlink/message.hpp>

namespace linx::netlink {

const attribute_names::entry* attribute_names::find(std::uint16_t type) const noexcept
{
  for (const entry& e : entries_)
    if (e.type() == type) return &e;
  return nullptr;
}

std::string attribute_at(std::span<const std::byte> request, std::uint32_t offset,
                         const attribute_names& names)
{
  if (offset >= request.size()) return {};
  std::string path;
  const attribute_names* table = &names;
  // positions in the request of the attributes that are looked at, one nesting level after the other
  std::size_t begin = sizeof(nlmsghdr) + aligned(names.header_bytes());
  if (begin > request.size()) return {};
  auto level = request.subspan(begin);
  for (;;) {
    bool inside = false;
    for (const attribute a : attributes(level)) {
      const std::size_t payload = static_cast<std::size_t>(a.payload().data() - request.data());
      const std::size_t header = payload - sizeof(nlattr);
      if (offset < header || offset >= payload + a.payload().size()) continue;
      const auto* entry = table ? table->find(a.type()) : nullptr;
      if (!path.empty()) path += '.';
      path += entry ? std::string(entry->name()) : std::to_string(a.type());
      if (offset == header) return path;
      table = entry ? entry->nested() : nullptr;
      // without a table nobody knows whether the payload is attributes; the enclosing name is true anyway
      if (!table) return path;
      level = a.payload().subspan(aligned(table->header_bytes()) <= a.payload().size() ? table->header_bytes()
                                                                                       : 0);
      inside = true;
      break;
    }
    if (!inside) return path;
  }
}

} // namespace linx::netlink
