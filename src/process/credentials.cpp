#include <linx/process/credentials.hpp>

namespace linx {

namespace {

constexpr std::size_t most_groups = 65536; // NGROUPS_MAX

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
  if (sets_capabilities_ && (effective_ & ~permitted_) != 0)
    return error::argument("an effective capability has to be permitted as well");
  if (sets_capabilities_ && (ambient_.value_or(0) & ~(permitted_ & inheritable_)) != 0)
    return error::argument("an ambient capability has to be permitted and inheritable as well");
  if ((ambient_.value_or(0) & drop_bounding_) != 0)
    return error::argument("an ambient capability is dropped from the bounding set");
  if (keyring_ && keyring_->find('\0') != keyring_->npos)
    return error::argument("the name of the keyring holds a NUL byte");
  return success();
}

} // namespace linx
