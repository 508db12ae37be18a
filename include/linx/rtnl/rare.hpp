/// A value that most of its holders do not have.
#pragma once

#include <memory>
#include <utility>

namespace linx::rtnl {

/// As `std::optional`, but with the value elsewhere: what is empty costs one pointer, so that a dump of many
/// routes does not carry what hardly any of them has. Copies copy the value, comparison compares it.
template <class T>
class rare {
public:
  rare() noexcept = default;
  rare(T value) : value_(std::make_unique<T>(std::move(value))) {}
  rare(const rare& other) : value_(other.value_ ? std::make_unique<T>(*other.value_) : nullptr) {}
  rare(rare&& other) noexcept = default;
  rare& operator=(const rare& other)
  {
    rare copy(other);
    return *this = std::move(copy);
  }
  rare& operator=(rare&& other) noexcept = default;
  ~rare() = default;

  bool has_value() const noexcept { return value_ != nullptr; }
  explicit operator bool() const noexcept { return has_value(); }
  T& operator*() noexcept { return *value_; }
  const T& operator*() const noexcept { return *value_; }
  T* operator->() noexcept { return value_.get(); }
  const T* operator->() const noexcept { return value_.get(); }
  void reset() noexcept { value_.reset(); }

  /// The value, made first where there is none.
  T& get_or_make()
  {
    if (!value_) value_ = std::make_unique<T>();
    return *value_;
  }

  friend bool operator==(const rare& a, const rare& b)
  {
    if (!a.value_ || !b.value_) return !a.value_ && !b.value_;
    return *a.value_ == *b.value_;
  }

private:
  std::unique_ptr<T> value_;
};

} // namespace linx::rtnl
