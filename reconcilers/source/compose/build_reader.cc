#include "api-types/codec/formats.h"
#include "reconcilers/source/compose/build_readers.h"
#include "reconcilers/source/compose/limits.h"
#include "reconcilers/source/compose/mapping.h"
#include "reconcilers/source/compose/paths.h"
#include "reconcilers/source/compose/secret_mark.h"

namespace tinyforge::compose {
namespace {

bool IsUrl(std::string_view context) {
  return context.find("://") != std::string_view::npos || context.starts_with("git@") ||
         context.starts_with("github.com/");
}

std::optional<ComposePath> ReadContext(const Value& value) {
  auto text = value.Word();
  if (!text || IsUrl(*text)) return text;
  return ReadSourcePath(value, *text);
}

// Arguments without a value have that of the project's environment, and are not there without one.
std::optional<StringMap> ReadArguments(const Value& value, const Variables& variables) {
  auto read = ReadVariables(value, variables);
  if (!read) return std::nullopt;
  StringMap arguments;
  for (auto& [name, text] : *read) {
    if (text && HasMark(*text))
      value.Fail("argument " + Quoted(name) + ": a secret would stay in the image; use the secrets of build");
    else if (text)
      arguments[name] = *std::move(text);
  }
  return arguments;
}

void CheckBuildSecret(const Value& item, const Names& names) {
  if (!item.Is(doc::Type::Map)) {
    const auto source = item.Word();
    if (source) CheckName(item, *source, names.secrets, "secret");
    return;
  }
  const Section keys(item, "services.*.build.secrets[]");
  const auto value = keys.Require("source");
  const auto source = value ? value->Word() : std::nullopt;
  if (source) CheckName(*value, *source, names.secrets, "secret");
  keys.Check("target", &Value::Word);
  keys.Check("uid", &Value::Scalar);
  keys.Check("gid", &Value::Scalar);
  keys.Check("mode", &Value::Mode);
}

std::optional<std::string> ReadFlagOrText(const Value& value) {
  return value.Scalar();
}

// The keys that mean nothing before images are built.
void CheckOthers(const Section& keys, const ProjectScope& scope) {
  for (const std::string_view list : {"entitlements", "cache_from", "cache_to"}) keys.Check(list, &Value::Texts);
  keys.Check("no_cache_filter", &Value::TextOrTexts);
  for (const std::string_view flag : {"no_cache", "pull", "privileged"}) keys.Check(flag, &Value::Boolean);
  for (const std::string_view either : {"provenance", "sbom"}) keys.Check(either, ReadFlagOrText);
  for (const std::string_view map : {"ssh", "additional_contexts"}) keys.Check(map, ReadMapping);
  keys.Check("extra_hosts",
             [](const Value& v) { return v.Is(doc::Type::Map) ? (v.Entries(), true) : v.Texts().has_value(); });
  keys.Check("network", &Value::Word);
  keys.Check("shm_size", &Value::Bytes);
  keys.Check("ulimits", [](const Value& v) { return ReadUlimits(v, "services.*.build.ulimits.*"); });
  if (const auto secrets = keys.Find("secrets"))
    for (const Value& item : secrets->Items()) CheckBuildSecret(item, scope.names);
}

void ReadLongBuild(const Value& value, const ProjectScope& scope, Build& build) {
  const Section keys(value, "services.*.build");
  const Variables& variables = scope.surroundings.variables;
  keys.Take("context", build.context, ReadContext);
  keys.TakeText("dockerfile", build.dockerfile, &Value::Word);
  keys.TakeText("dockerfile_inline", build.dockerfile_inline, &Value::Word);
  keys.TakeText("target", build.target, &Value::Text);
  keys.Take("args", build.args, [&](const Value& args) { return ReadArguments(args, variables); });
  keys.Take("labels", build.labels, ReadMapping);
  keys.Take("platforms", build.platforms, &Value::Texts);
  keys.Take("tags", build.tags, &Value::Texts);
  if (!build.dockerfile.empty() && !build.dockerfile_inline.empty())
    value.Fail("dockerfile and dockerfile_inline exclude each other; keep one");
  CheckOthers(keys, scope);
}

std::optional<bool> CheckExec(const Value& value, const ProjectScope& scope) {
  const Section keys(value, "services.*.develop.watch[].exec");
  keys.Require("command");
  keys.Check("command", ReadCommand);
  keys.Check("user", &Value::Word);
  keys.Check("privileged", &Value::Boolean);
  keys.Check("working_dir", &Value::Word);
  keys.Check("environment", [&](const Value& v) { return ReadVariables(v, scope.surroundings.variables); });
  return true;
}

void CheckWatch(const Value& item, const ProjectScope& scope) {
  const Section keys(item, "services.*.develop.watch[]");
  keys.Require("path");
  keys.Require("action");
  keys.Check("path", &Value::Word);
  keys.Check("action", [](const Value& value) {
    return value.OneOf({"rebuild", "sync", "restart", "sync+restart", "sync+exec"});
  });
  keys.Check("target", &Value::Word);
  keys.Check("ignore", &Value::TextOrTexts);
  keys.Check("include", &Value::TextOrTexts);
  keys.Check("initial_sync", &Value::Boolean);
  keys.Check("exec", [&](const Value& value) { return CheckExec(value, scope); });
}

}  // namespace

std::optional<Build> ReadBuild(const Value& value, const ProjectScope& scope) {
  Build build;
  if (!value.Is(doc::Type::Map)) {
    value.Mismatch("a folder, or a mapping");
    return std::nullopt;
  }
  ReadLongBuild(value, scope, build);
  return build;
}

void CheckDevelop(const Value& value, const ProjectScope& scope) {
  const Section keys(value, "services.*.develop");
  if (const auto watch = keys.Find("watch"))
    for (const Value& item : watch->Items()) CheckWatch(item, scope);
}

}  // namespace tinyforge::compose
