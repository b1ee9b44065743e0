// The fields of the Trigger, Binding and Secret manifests.
#pragma once

#include "api-types/codec/field.h"
#include "api-types/codec/formats.h"
#include "api-types/codec/workload_fields.h"
#include "api-types/v1/binding.h"
#include "api-types/v1/secret.h"
#include "api-types/v1/trigger.h"

namespace tinyforge::codec {

inline constexpr std::int64_t kMaxOverrides = 8 * 1024;

template <class V>
void Fields(V& v, Of<v1::TagPolicy>) {
  using T = v1::TagPolicy;
  v(&T::semver, "semver",
    {.doc =
         "The highest version in this range, in npm's syntax, such as \">=1.4.0 <2.0.0\", \"^1.4\" or \"1.x || 3.x\". "
         "Pre-releases only where the range names one of the same version.",
     .text = &format::kNotEmpty,
     .alternative = true});
  v(&T::glob, "glob",
    {.doc = "The highest tag that matches this pattern as a whole: * any run of characters, ? one.",
     .text = &format::kNotEmpty,
     .alternative = true});
  v(&T::regex, "regex",
    {.doc = "The highest tag of which this expression (RE2) matches a part; anchor it with ^ and $ to match all.",
     .text = &format::kNotEmpty,
     .alternative = true});
  v(&T::newest, "newest", {.doc = "The tag that was created last.", .alternative = true});
  v(&T::digest, "digest",
    {.doc = "A moving tag whose digest is followed.", .text = &format::kImageTag, .alternative = true});
  v(&T::capture, "capture",
    {.doc = "With regex: name or number of the group whose text orders the tags. Omitted: the first group, without one "
            "the whole tag.",
     .text = &format::kNotEmpty});
  v(&T::order, "order",
    {.doc = "With glob and regex, what is highest. Natural: runs of digits count as numbers; Numeric: whole decimal "
            "numbers, other tags are passed over; Alphabetical: by bytes."});
}

template <class V>
void Fields(V& v, Of<v1::RegistryTrigger>) {
  using T = v1::RegistryTrigger;
  v(&T::image, "image",
    {.doc = "Repository to watch. Omitted: that of the bound workload.", .text = &format::kImageRepository});
  v(&T::tag_policy, "tagPolicy",
    {.doc = "Which tag is wanted: exactly one of semver, glob, regex, newest and digest."});
  v(&T::poll_interval, "pollInterval",
    {.doc = "Time between looks at the registry; 0: webhooks only.", .min = 0, .max = kMaxSeconds});
}

template <class V>
void Fields(V& v, Of<v1::GitTrigger>) {
  using T = v1::GitTrigger;
  v(&T::repository, "repository",
    {.doc =
         "URL, or owner/name as the forge sends it. Only of a URL the branches and tags can be looked at; owner/name "
         "waits for webhooks, unless it is the config repository.",
     .required = true,
     .text = &format::kNotEmpty});
  v(&T::branches, "branches", {.doc = "Branches, as patterns.", .text = &format::kNotEmpty});
  v(&T::tags, "tags", {.doc = "Tags, as a pattern.", .text = &format::kNotEmpty});
  v(&T::paths, "paths",
    {.doc =
         "Only pushes that touch one of these paths, as patterns. Taken as met where the changed files are not known, "
         "as with polling.",
     .text = &format::kNotEmpty});
  v(&T::image_tag, "imageTag", {.doc = "How the image tag follows from the push."});
  v(&T::poll_interval, "pollInterval",
    {.doc = "Time between looks at the branches and tags of the repository, for pushes that no webhook told of; 0: "
            "webhooks only. The first look only notes what is there.",
     .min = 0,
     .max = kMaxSeconds});
}

template <class V>
void Fields(V& v, Of<v1::ScheduleTrigger>) {
  using T = v1::ScheduleTrigger;
  v(&T::cron, "cron",
    {.doc = "Minute, hour, day of month, month, day of week; or @hourly, @daily, @weekly, @monthly, @yearly.",
     .required = true,
     .text = &format::kCron});
  v(&T::time_zone, "timeZone", {.doc = "IANA name of the zone the schedule is read in.", .text = &format::kTimeZone});
  v(&T::action, "action", {.doc = "Redeploy, Refresh (look for a newer version) or Restart."});
}

template <class V>
void Fields(V& v, Of<v1::PromotionTrigger>) {
  using T = v1::PromotionTrigger;
  v(&T::soak, "soak",
    {.doc = "Time the version must have run well on the parent stage.", .min = 0, .max = kMaxSeconds});
  v(&T::approval, "approval", {.doc = "Whether a person must approve."});
}

template <class V>
void Fields(V&, Of<v1::ManualTrigger>) {}

template <class V>
void Fields(V& v, Of<v1::Signature>) {
  using T = v1::Signature;
  v(&T::required, "required", {.doc = "Refuse requests without a signature."});
  v(&T::secret_ref, "secretRef", {.doc = "Key of a Secret that signs the body.", .required = true});
}

template <class V>
void Fields(V& v, Of<v1::Webhook>) {
  using T = v1::Webhook;
  v(&T::secret_ref, "secretRef", {.doc = "Key of a Secret that is the last part of the URL.", .required = true});
  v(&T::signature, "signature", {.doc = "The sender's HMAC of the body."});
}

template <class V>
void Fields(V& v, Of<v1::TriggerSpec>) {
  using T = v1::TriggerSpec;
  v(&T::hosts, "hosts",
    {.doc = "Controllers that act on it, as patterns. Omitted: all.", .text = &format::kHostPattern});
  v(&T::registry, "registry", {.doc = "New tags and digests of an image."});
  v(&T::git, "git", {.doc = "Pushes to a repository."});
  v(&T::schedule, "schedule", {.doc = "Times."});
  v(&T::promotion, "promotion", {.doc = "What ran well on the workload's spec.parent."});
  v(&T::manual, "manual", {.doc = "Only tfctl fire and the webhook; write {}."});
  v(&T::webhook, "webhook", {.doc = "Lets a vendor call instead of waiting for a poll."});
}

template <class V>
void Fields(V& v, Of<v1::LabelSelector>) {
  using T = v1::LabelSelector;
  v(&T::match_labels, "matchLabels",
    {.doc = "Labels that a workload must all have.",
     .required = true,
     .text = &format::kLabelValue,
     .key = &format::kLabelKey,
     .min_items = 1});
}

template <class V>
void Fields(V& v, Of<v1::WriteBack>) {
  using T = v1::WriteBack;
  v(&T::mode, "mode", {.doc = "Commit: an accepted version becomes a commit that changes just that value."});
  v(&T::branch, "branch",
    {.doc = "Branch to push to for review. Omitted: the one that is followed.", .text = &format::kNotEmpty});
}

template <class V>
void Fields(V& v, Of<v1::BindingSpec>) {
  using T = v1::BindingSpec;
  v(&T::hosts, "hosts",
    {.doc = "Controllers that act on it, as patterns. Omitted: all.", .text = &format::kHostPattern});
  v(&T::trigger, "trigger", {.doc = "Name of the Trigger.", .required = true, .text = &format::kDnsLabel});
  v(&T::workload, "workload", {.doc = "Name of the Workload; excludes workloadSelector.", .text = &format::kDnsLabel});
  v(&T::workload_selector, "workloadSelector", {.doc = "Workloads by label; excludes workload."});
  v(&T::service, "service", {.doc = "Service of a compose workload.", .text = &format::kNotEmpty});
  v(&T::enabled, "enabled", {.doc = "Whether the binding acts."});
  v(&T::overrides, "overrides",
    {.doc = "Merged over the trigger's configuration, top level, the binding wins; at most 8 KiB.",
     .max = kMaxOverrides,
     .json = true});
  v(&T::write_back, "writeBack", {.doc = "Whether the new version is written to git."});
}

template <class V>
void Fields(V& v, Of<v1::SecretSpec>) {
  using T = v1::SecretSpec;
  v(&T::hosts, "hosts", {.doc = "Controllers that hold it, as patterns. Omitted: all.", .text = &format::kHostPattern});
  v(&T::from_files, "fromFiles",
    {.doc = "Keys, each with the file below the controller's secrets directory that holds its value.",
     .required = true,
     .text = &format::kRelativePath,
     .key = &format::kSecretKey,
     .min_items = 1});
}

}  // namespace tinyforge::codec
