/// What failed, at which step, and what the kernel said about it.
#pragma once

#include <linx/core/errc.hpp>
#include <linx/core/stage.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace linx {

/// An error as a value: code, stage, and where there is one the object's name, the kernel's own words and the
/// place in the request that the kernel rejected.
///
/// `message()` is one sentence that tells a person what to do next:
///
///     kernel: invalid argument (EINVAL): eth0: mtu less than device minimum, at IFLA_MTU @ byte 44
///     execve: exec format error (ENOEXEC): /bin/data; the file is no program for this machine and ...
///
/// Copies share their text, which never changes. Adding to it may throw `std::bad_alloc`; all else is
/// noexcept.
class LINX_API error {
public:
  error(error_code code, stage where = stage::none) noexcept
      : value_(code.value()), where_(where), category_(&code.category())
  {}
  error(errc code, stage where = stage::none) noexcept : error(make_error_code(code), where) {}

  /// An errno, as a syscall left it.
  static error from_errno(int errnum, stage where) noexcept
  {
    return error(error_code(errnum, boost::system::system_category()), where);
  }

  /// A mistake of the caller that was found before any syscall; `object` says what was wrong with which
  /// value.
  static error argument(std::string object);

  error_code code() const noexcept { return {value_, *category_}; }
  stage where() const noexcept { return where_; }

  /// The errno, or 0 where the code is not one.
  int errnum() const noexcept;

  /// The object that the operation was about: a path, an interface, a chain. "" if unknown.
  std::string_view object() const noexcept;

  /// The kernel's own words (netlink ext-ack), "" if it had none.
  std::string_view kernel_text() const noexcept;

  /// Byte of the request that the kernel rejected, 0 if it did not say.
  std::uint32_t offset() const noexcept;

  /// Name of the attribute that the kernel rejected ("RTA_GATEWAY"), "" if unknown.
  std::string_view attribute() const noexcept;

  /// The same error, with one thing more known about it.
  error with_object(std::string name) &&;
  error with_kernel_text(std::string text) &&;
  error with_offset(std::uint32_t byte, std::string attribute = {}) &&;
  error with_stage(stage where) && noexcept;

  /// The whole error as one sentence.
  std::string message() const;

  /// Whether it is this code: `e == errc::closed`, `e == asio::error::eof`. Stage and words do not count.
  friend bool operator==(const error& a, errc b) noexcept { return a.code() == make_error_code(b); }
  friend bool operator==(const error& a, const error_code& b) noexcept { return a.code() == b; }

private:
  struct text;
  text& own_text();

  std::int32_t value_;
  stage where_;
  const boost::system::error_category* category_;
  std::shared_ptr<const text> text_;
};

static_assert(sizeof(error) <= 48);

/// What a person can do about this errno at this stage, "" where nothing useful can be said.
LINX_API std::string_view remedy(const error&) noexcept;

} // namespace linx
