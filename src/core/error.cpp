#include <linx/core/error.hpp>

#include <cctype>
#include <cstring>
#include <utility>

namespace linx {
namespace {

// Kernel-internal, and yet some netlink families and drivers answer with it; no libc has a name for it.
constexpr int enotsupp = 524;

/// "no such file or directory (ENOENT)": glibc's words, in English whatever the locale, and the name that
/// people search for.
std::string words_of_errno(int number)
{
  if (number == enotsupp) return "operation not supported (ENOTSUPP)";
  const char* const words = ::strerrordesc_np(number);
  const char* const name = ::strerrorname_np(number);
  if (!words || !name) return "unknown error (errno " + std::to_string(number) + ")";
  std::string text = words;
  // In the middle of a sentence, except where the first word is an acronym ("RPC version wrong").
  if (text.size() > 1 && !std::isupper(static_cast<unsigned char>(text[1])))
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text + " (" + name + ')';
}

} // namespace

struct error::text {
  std::string object;
  std::string kernel;
  std::string attribute;
  std::uint32_t offset = 0;
};

error error::argument(std::string object)
{
  return error(errc::invalid, stage::argument).with_object(std::move(object));
}

int error::errnum() const noexcept
{
  return *category_ == boost::system::system_category() ? value_ : 0;
}

std::string_view error::object() const noexcept
{
  return text_ ? std::string_view(text_->object) : "";
}
std::string_view error::kernel_text() const noexcept
{
  return text_ ? std::string_view(text_->kernel) : "";
}
std::string_view error::attribute() const noexcept
{
  return text_ ? std::string_view(text_->attribute) : "";
}
std::uint32_t error::offset() const noexcept
{
  return text_ ? text_->offset : 0;
}

error::text& error::own_text()
{
  // Copies of an error share their text: whoever adds to it gets a text of its own.
  auto own = text_ ? std::make_shared<text>(*text_) : std::make_shared<text>();
  auto& writable = *own;
  text_ = std::move(own);
  return writable;
}

error error::with_object(std::string name) &&
{
  own_text().object = std::move(name);
  return std::move(*this);
}

error error::with_kernel_text(std::string words) &&
{
  own_text().kernel = std::move(words);
  return std::move(*this);
}

error error::with_offset(std::uint32_t byte, std::string name) &&
{
  auto& own = own_text();
  own.offset = byte;
  own.attribute = std::move(name);
  return std::move(*this);
}

error error::with_stage(stage where) && noexcept
{
  where_ = where;
  return std::move(*this);
}

std::string error::message() const
{
  std::string sentence;
  if (where_ != stage::none) {
    sentence += to_string(where_);
    sentence += ": ";
  }
  sentence += errnum() != 0 ? words_of_errno(errnum()) : code().message();
  if (!object().empty()) {
    sentence += ": ";
    sentence += object();
  }
  if (!kernel_text().empty()) {
    sentence += ": ";
    sentence += kernel_text();
  }
  if (!attribute().empty() || offset() != 0) {
    sentence += ", at ";
    sentence += attribute();
    if (!attribute().empty() && offset() != 0) sentence += " @ ";
    if (offset() != 0) sentence += "byte " + std::to_string(offset());
  }
  if (const auto advice = remedy(*this); !advice.empty()) {
    sentence += "; ";
    sentence += advice;
  }
  return sentence;
}

} // namespace linx
