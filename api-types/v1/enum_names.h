// The names of enum values as manifests write them.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "api-types/meta/condition.h"
#include "api-types/v1/binding.h"
#include "api-types/v1/trigger.h"
#include "api-types/v1/workload.h"

namespace tinyforge::v1 {

template <class E>
struct EnumNames;  // kTable: every value with its name, in order of declaration

template <class E>
using NamedValue = std::pair<E, std::string_view>;

template <>
struct EnumNames<PullPolicy> {
  static constexpr std::array<NamedValue<PullPolicy>, 3> kTable = {
      {{PullPolicy::IfNotPresent, "IfNotPresent"}, {PullPolicy::Always, "Always"}, {PullPolicy::Never, "Never"}}};
};
template <>
struct EnumNames<Protocol> {
  static constexpr std::array<NamedValue<Protocol>, 3> kTable = {
      {{Protocol::TCP, "TCP"}, {Protocol::UDP, "UDP"}, {Protocol::SCTP, "SCTP"}}};
};
template <>
struct EnumNames<RestartPolicy> {
  static constexpr std::array<NamedValue<RestartPolicy>, 3> kTable = {
      {{RestartPolicy::Always, "Always"}, {RestartPolicy::OnFailure, "OnFailure"}, {RestartPolicy::Never, "Never"}}};
};
template <>
struct EnumNames<VolumeScope> {
  static constexpr std::array<NamedValue<VolumeScope>, 7> kTable = {{{VolumeScope::Absolute, "Absolute"},
                                                                     {VolumeScope::Ephemeral, "Ephemeral"},
                                                                     {VolumeScope::Instance, "Instance"},
                                                                     {VolumeScope::Stage, "Stage"},
                                                                     {VolumeScope::Project, "Project"},
                                                                     {VolumeScope::ProjectNamed, "ProjectNamed"},
                                                                     {VolumeScope::Named, "Named"}}};
};
template <>
struct EnumNames<RolloutStrategy> {
  static constexpr std::array<NamedValue<RolloutStrategy>, 3> kTable = {{{RolloutStrategy::BlueGreen, "BlueGreen"},
                                                                         {RolloutStrategy::Rolling, "Rolling"},
                                                                         {RolloutStrategy::Recreate, "Recreate"}}};
};
template <>
struct EnumNames<OnRolloutFailure> {
  static constexpr std::array<NamedValue<OnRolloutFailure>, 2> kTable = {
      {{OnRolloutFailure::Rollback, "Rollback"}, {OnRolloutFailure::Hold, "Hold"}}};
};
template <>
struct EnumNames<OnUnhealthy> {
  static constexpr std::array<NamedValue<OnUnhealthy>, 2> kTable = {
      {{OnUnhealthy::Report, "Report"}, {OnUnhealthy::Restart, "Restart"}}};
};
template <>
struct EnumNames<FileChange> {
  static constexpr std::array<NamedValue<FileChange>, 3> kTable = {
      {{FileChange::Recreate, "Recreate"}, {FileChange::Signal, "Signal"}, {FileChange::None, "None"}}};
};
template <>
struct EnumNames<DeletionPolicy> {
  static constexpr std::array<NamedValue<DeletionPolicy>, 2> kTable = {
      {{DeletionPolicy::Delete, "Delete"}, {DeletionPolicy::Orphan, "Orphan"}}};
};
template <>
struct EnumNames<ImageTag> {
  static constexpr std::array<NamedValue<ImageTag>, 3> kTable = {
      {{ImageTag::GitTag, "GitTag"}, {ImageTag::GitSha, "GitSha"}, {ImageTag::ShortSha, "ShortSha"}}};
};
template <>
struct EnumNames<ScheduleAction> {
  static constexpr std::array<NamedValue<ScheduleAction>, 3> kTable = {{{ScheduleAction::Redeploy, "Redeploy"},
                                                                        {ScheduleAction::Refresh, "Refresh"},
                                                                        {ScheduleAction::Restart, "Restart"}}};
};
template <>
struct EnumNames<Approval> {
  static constexpr std::array<NamedValue<Approval>, 2> kTable = {
      {{Approval::None, "None"}, {Approval::Required, "Required"}}};
};
template <>
struct EnumNames<TagOrder> {
  static constexpr std::array<NamedValue<TagOrder>, 3> kTable = {
      {{TagOrder::Natural, "Natural"}, {TagOrder::Numeric, "Numeric"}, {TagOrder::Alphabetical, "Alphabetical"}}};
};
template <>
struct EnumNames<WriteBackMode> {
  static constexpr std::array<NamedValue<WriteBackMode>, 2> kTable = {
      {{WriteBackMode::None, "None"}, {WriteBackMode::Commit, "Commit"}}};
};
template <>
struct EnumNames<ConditionStatus> {
  static constexpr std::array<NamedValue<ConditionStatus>, 3> kTable = {
      {{ConditionStatus::Unknown, "Unknown"}, {ConditionStatus::True, "True"}, {ConditionStatus::False, "False"}}};
};

template <class E>
concept NamedEnum = requires {
  EnumNames<E>::kTable;
};

template <NamedEnum E>
constexpr std::string_view NameOf(E value) {
  for (const auto& [candidate, name] : EnumNames<E>::kTable)
    if (candidate == value) return name;
  return "Unknown";
}

// Exact match.
template <NamedEnum E>
constexpr std::optional<E> FromName(std::string_view text) {
  for (const auto& [candidate, name] : EnumNames<E>::kTable)
    if (name == text) return candidate;
  return std::nullopt;
}

}  // namespace tinyforge::v1
