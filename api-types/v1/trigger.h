// The Trigger manifest: where a new version comes from. Exactly one kind a trigger.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api-types/meta/time.h"
#include "api-types/v1/workload.h"

namespace tinyforge::v1 {

enum class ImageTag { GitTag, GitSha, ShortSha };
enum class ScheduleAction { Redeploy, Refresh, Restart };
enum class Approval { None, Required };

// How tags that a pattern admits are ordered. Natural: runs of digits as numbers, all else by bytes.
enum class TagOrder { Natural, Numeric, Alphabetical };

// Exactly one of semver, glob, regex, newest and digest. `order` goes with glob and regex, `capture` with regex.
struct TagPolicy {
  std::optional<std::string> semver;  // a range in npm/cargo syntax
  std::optional<std::string> glob;
  std::optional<std::string> regex;    // RE2
  std::optional<bool> newest;          // by creation date
  std::optional<std::string> digest;   // the moving tag whose digest is followed
  std::optional<std::string> capture;  // group to order by, name or number; omitted: the first, else the whole tag
  TagOrder order = TagOrder::Natural;
  bool operator==(const TagPolicy&) const = default;
};

struct RegistryTrigger {
  std::optional<std::string> image;  // omitted: the bound workload's own
  std::optional<TagPolicy> tag_policy;
  Duration poll_interval = std::chrono::minutes(5);  // zero: webhooks only
  bool operator==(const RegistryTrigger&) const = default;
};

struct GitTrigger {
  std::string repository;  // owner/name or URL
  std::vector<std::string> branches;
  std::optional<std::string> tags;
  std::vector<std::string> paths;
  std::optional<ImageTag> image_tag;
  Duration poll_interval = std::chrono::minutes(5);  // zero: webhooks only
  bool operator==(const GitTrigger&) const = default;
};

struct ScheduleTrigger {
  std::string cron;
  std::string time_zone = "UTC";
  ScheduleAction action = ScheduleAction::Redeploy;
  bool operator==(const ScheduleTrigger&) const = default;
};

struct PromotionTrigger {
  Duration soak = Duration(0);
  Approval approval = Approval::None;
  bool operator==(const PromotionTrigger&) const = default;
};

struct ManualTrigger {
  bool operator==(const ManualTrigger&) const = default;
};

struct Signature {
  bool required = false;
  SecretKeyRef secret_ref;
  bool operator==(const Signature&) const = default;
};

struct Webhook {
  SecretKeyRef secret_ref;
  std::optional<Signature> signature;
  bool operator==(const Webhook&) const = default;
};

struct TriggerSpec {
  std::vector<std::string> hosts;
  std::optional<RegistryTrigger> registry;
  std::optional<GitTrigger> git;
  std::optional<ScheduleTrigger> schedule;
  std::optional<PromotionTrigger> promotion;
  std::optional<ManualTrigger> manual;
  std::optional<Webhook> webhook;
  bool operator==(const TriggerSpec&) const = default;
};

}  // namespace tinyforge::v1
