#include <linx/process/checkpoint_plan.hpp>

#include "process/protocol_stage.hpp"
#include "process/step_data.hpp"

#include <linx/process/steps.hpp>

#include <bit>
#include <cstring>

namespace linx {

namespace {

/// "step 2, uid 1000"
std::string numbered(std::size_t index, const std::string& text)
{
  return "step " + std::to_string(index + 1) + ", " + text;
}

/// Those that an ordinary reader may meet; others by number.
std::string capability_name(capability_bits set)
{
  switch (std::countr_zero(set)) {
  case 6:
    return "CAP_SETGID";
  case 7:
    return "CAP_SETUID";
  case 8:
    return "CAP_SETPCAP";
  case 21:
    return "CAP_SYS_ADMIN";
  default:
    return "capability " + std::to_string(std::countr_zero(set));
  }
}

constexpr std::uint32_t no_setuid_fixup = 1u << 2; // SECBIT_NO_SETUID_FIXUP

std::uint32_t bits_of(const detail::step_data& securebits)
{
  std::uint32_t bits = 0;
  std::memcpy(&bits, securebits.payload.data(), sizeof bits);
  return bits;
}

} // namespace

stage checkpoint_step::where() const noexcept
{
  return wire::to_stage(data_->what);
}

bool checkpoint_step::is_last() const noexcept
{
  return data_->what == wire::stage::seccomp_install;
}

bool operator==(const checkpoint_step& a, const checkpoint_step& b) noexcept
{
  const auto &one = a.data(), &other = b.data();
  return one.what == other.what && one.payload == other.payload && one.descriptor == other.descriptor;
}

std::string to_string(const checkpoint_step& one)
{
  return one.data().text;
}

std::string to_string(const checkpoint_plan& plan)
{
  std::string text;
  std::size_t number = 0;
  for (const auto& one : plan.steps()) text += std::to_string(++number) + ". " + to_string(one) + '\n';
  return text;
}

checkpoint_plan& checkpoint_plan::add(const checkpoint_plan& others) &
{
  const auto copy = others.steps_; // it may be this one
  steps_.insert(steps_.end(), copy.begin(), copy.end());
  return *this;
}

checkpoint_plan& checkpoint_plan::add(const resources& what) &
{
  if (what.oom_score_adj()) add(step::oom_score_adj(*what.oom_score_adj()));
  if (what.nice()) add(step::nice(*what.nice()));
  if (what.policy()) add(step::schedule(*what.policy(), what.priority()));
  if (what.affinity()) add(step::affinity(*what.affinity()));
  for (const auto& limit : what.limits()) add(step::limit(limit));
  return *this;
}

checkpoint_plan& checkpoint_plan::add(const credentials& who) &
{
  constexpr unsigned keep_caps = 1u << 4; // SECBIT_KEEP_CAPS
  const bool keeps = (who.uid() || who.gid()) && (who.sets_capabilities() || who.ambient());
  if (who.dropped_from_bounding() != 0) add(step::drop_bounding(who.dropped_from_bounding()));
  // Once that flag is locked it could not be set with the ids. execve(2) clears it, locked or not.
  if (who.securebits()) add(step::securebits(*who.securebits() | (keeps ? keep_caps : 0)));
  if (who.groups())
    add(step::groups(*who.groups()));
  else if ((who.uid() || who.gid()) && !who.keeps_groups())
    add(step::groups({}));
  const bool keeps_by_step = keeps && !who.securebits();
  if (who.uid() && who.gid())
    add(step::ids(*who.uid(), *who.gid(), keeps_by_step));
  else if (who.uid())
    add(step::uid(*who.uid(), keeps_by_step));
  else if (who.gid())
    add(step::gid(*who.gid()));
  if (who.sets_capabilities())
    add(step::capabilities(who.effective(), who.permitted(), who.inheritable()));
  else if (who.ambient())
    add(step::capabilities(*who.ambient(), *who.ambient(), *who.ambient()));
  if (who.ambient()) add(step::ambient(*who.ambient()));
  if (who.keyring()) add(step::keyring(*who.keyring()));
  return *this;
}

result<> checkpoint_plan::validate() const
{
  constexpr capability_bits all = ~capability_bits(0);
  capability_bits effective = all; // as far as the plan says
  std::size_t taken_by = 0;
  bool fixup = true; // leaving uid 0 takes capabilities away
  const checkpoint_step* landlock = nullptr;
  const checkpoint_step* last = nullptr;
  for (std::size_t i = 0; i != steps_.size(); ++i) {
    const auto& one = steps_[i].data();
    const auto refuse = [&](const std::string& why) {
      return error::argument(numbered(i, one.text) + "; " + why);
    };
    if (!one.mistake.empty()) return refuse(one.mistake);
    if (last && !steps_[i].is_last())
      return refuse(to_string(*last) + " comes before it, and is one of the last steps");
    if (const auto lacks = one.needs & ~effective)
      return refuse("it needs " + capability_name(lacks) + ", which " +
                    numbered(taken_by, steps_[taken_by].data().text) + ", gives up: put it before that");
    if (landlock && (one.what == wire::stage::mount || one.what == wire::stage::pivot_root))
      return refuse("who is restricted by Landlock cannot change mounts: put it before");
    if (one.what == wire::stage::securebits) fixup = (bits_of(one) & no_setuid_fixup) == 0;
    if (one.leaves_effective && (fixup || one.what != wire::stage::ids)) {
      effective = *one.leaves_effective;
      taken_by = i;
    }
    if (one.what == wire::stage::landlock) landlock = &steps_[i];
    if (steps_[i].is_last()) last = &steps_[i];
  }
  return success();
}

} // namespace linx
