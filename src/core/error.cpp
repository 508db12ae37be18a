#include <linx/core/error.hpp>

#include <array>
#include <cctype>
#include <cstring>
#include <utility>

namespace linx {

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

std::string_view error::object() const noexcept { return text_ ? std::string_view(text_->object) : ""; }
std::string_view error::kernel_text() const noexcept { return text_ ? std::string_view(text_->kernel) : ""; }
std::string_view error::attribute() const noexcept { return text_ ? std::string_view(text_->attribute) : ""; }
std::uint32_t error::offset() const noexcept { return text_ ? text_->offset : 0; }

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
  if (const int number = errnum()) {
    // glibc's own words, in English whatever the locale: the name that follows is what people search for.
    if (const char* words = ::strerrordesc_np(number)) {
      sentence += words;
      // "No such file": the sentence has begun already. "RPC version" stays.
      auto& first = sentence[sentence.size() - std::strlen(words)];
      const auto second = words[0] ? words[1] : '\0';
      if (!std::isupper(static_cast<unsigned char>(second)))
        first = static_cast<char>(std::tolower(static_cast<unsigned char>(first)));
    } else {
      sentence += "unknown error";
    }
    sentence += " (";
    if (const char* name = ::strerrorname_np(number)) sentence += name;
    else sentence += std::to_string(number);
    sentence += ')';
  } else {
    sentence += code().message();
  }
  if (!object().empty()) {
    sentence += ": ";
    sentence += object();
  }
  if (!kernel_text().empty()) {
    sentence += ": ";
    sentence += kernel_text();
  }
  if (!attribute().empty()) {
    sentence += " @ ";
    sentence += attribute();
  }
  if (offset() != 0) {
    sentence += attribute().empty() ? " @ byte " : " at byte ";
    sentence += std::to_string(offset());
  }
  if (const auto advice = remedy(*this); !advice.empty()) {
    sentence += "; ";
    sentence += advice;
  }
  return sentence;
}

} // namespace linx
