#include <linx/process/credentials.hpp>

#include <algorithm>
#include <linux/securebits.h>

namespace linx {

namespace {

constexpr std::size_t most_groups = 65536;    // NGROUPS_MAX
constexpr std::size_t longest_keyring = 4095; // KEY_MAX_DESC_SIZE without the NUL

result<> check_keyring(const std::string& name)
{
  if (name.find('\0') != name.npos) return error::argument("the name of the keyring holds a NUL byte");
  if (name.starts_with('.'))
    return error::argument("keyring '" + name + "'; names with a leading '.' are the kernel's");
  if (name.size() > longest_keyring)
    return error::argument("keyring name of " + std::to_string(name.size()) + " bytes; 4095 at most");
  return success();
}

} // namespace

credentials& credentials::uid(uid_t id) & noexcept
{
  uid_ = id;
  return *this;
}

credentials& credentials::gid(gid_t id) & noexcept
{
  gid_ = id;
  return *this;
}

credentials& credentials::groups(std::vector<gid_t> all) &
{
  groups_ = std::move(all);
  return *this;
}

credentials& credentials::keep_groups(bool on) & noexcept
{
  keep_groups_ = on;
  return *this;
}

credentials& credentials::drop_bounding(capability_bits set) & noexcept
{
  drop_bounding_ = set;
  return *this;
}

credentials& credentials::capabilities(capability_bits effective, capability_bits permitted,
                                       capability_bits inheritable) & noexcept
{
  effective_ = effective;
  permitted_ = permitted;
  inheritable_ = inheritable;
  sets_capabilities_ = true;
  return *this;
}

credentials& credentials::ambient(capability_bits set) & noexcept
{
  ambient_ = set;
  return *this;
}

credentials& credentials::securebits(unsigned bits) & noexcept
{
  securebits_ = bits;
  return *this;
}

credentials& credentials::keyring(std::string name) &
{
  keyring_ = std::move(name);
  return *this;
}

result<> credentials::validate() const
{
  constexpr auto no_id = static_cast<std::uint32_t>(-1);
  if (uid_ == no_id || gid_ == no_id)
    return error::argument("id 4294967295 means \"unchanged\" to the kernel; leave it unset");
  if (groups_ && groups_->size() > most_groups)
    return error::argument(std::to_string(groups_->size()) + " supplementary groups; 65536 at most");
  if (groups_ && std::ranges::find(*groups_, no_id) != groups_->end())
    return error::argument("supplementary group 4294967295; ids end at 4294967294");
  if (groups_ && keep_groups_) return error::argument("groups() beside keep_groups(); leave one of them out");
  if (sets_capabilities_ && (effective_ & ~permitted_) != 0)
    return error::argument("an effective capability has to be permitted as well");
  if (sets_capabilities_ && (ambient_.value_or(0) & ~(permitted_ & inheritable_)) != 0)
    return error::argument("an ambient capability has to be permitted and inheritable as well");
  if ((ambient_.value_or(0) & drop_bounding_) != 0)
    return error::argument("an ambient capability is dropped from the bounding set");
  if (ambient_.value_or(0) != 0 && (securebits_.value_or(0) & SECBIT_NO_CAP_AMBIENT_RAISE) != 0)
    return error::argument("ambient capabilities beside SECBIT_NO_CAP_AMBIENT_RAISE, which is set first");
  return keyring_ ? check_keyring(*keyring_) : success();
}

} // namespace linx
