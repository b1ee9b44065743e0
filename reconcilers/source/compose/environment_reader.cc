#include "reconcilers/source/compose/label_reader.h"
#include "reconcilers/source/compose/mapping.h"
#include "reconcilers/source/compose/paths.h"
#include "reconcilers/source/compose/secret_mark.h"
#include "reconcilers/source/compose/service_readers.h"

namespace tinyforge::compose {
namespace {

struct Entry {
  Value value;
  EnvFile file;
  bool required = true;
};

std::optional<Entry> ReadEntry(const Value& item) {
  if (!item.Is(doc::Type::Map)) {
    auto path = ReadFilePath(item);
    return path ? std::optional(Entry{item, {*std::move(path)}}) : std::nullopt;
  }
  const Section keys(item, "services.*.env_file[]");
  Entry entry{item, {}};
  const auto path = keys.Require("path");
  keys.Take("required", entry.required, &Value::Boolean);
  keys.Take("format", entry.file.raw, [](const Value& format) -> std::optional<bool> {
    return format.OneOf({"raw"}) ? std::optional(true) : std::nullopt;
  });
  auto text = path ? ReadFilePath(*path) : std::nullopt;
  if (!text) return std::nullopt;
  entry.file.path = *std::move(text);
  return entry;
}

// Adds what the file says to `out`; later files win.
void Apply(const Entry& entry, const ServiceInput& in, const Variables& lookup, Environment& out) {
  auto assignments = in.scope.surroundings.env_file(entry.file, lookup);
  if (!assignments) {
    const bool missing = assignments.error().kind == ErrorKind::NotFound;
    if (!missing || entry.required) entry.value.Fail(assignments.error().message);
    return;
  }
  for (auto& [name, text] : *assignments)
    if (text) out[name] = std::move(text);
}

std::optional<SecretText> Find(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::nullopt : found->second;
}

StringMap ReadLabelFiles(const ServiceInput& in) {
  Environment all;
  const auto value = in.keys.Find("label_file");
  if (!value) return {};
  const Variables lookup = [&](std::string_view name) { return Find(all, name); };
  for (const Value& item : value->Items())
    if (auto path = ReadFilePath(item)) Apply({item, {*std::move(path)}}, in, lookup, all);
  StringMap labels;
  for (const auto& [label, text] : all) {
    if (text && HasMark(*text)) value->Fail("label " + Quoted(label) + ": a secret may not stand in a label");
    labels[label] = text.value_or("");
  }
  RefuseReserved(*value, labels);
  return labels;
}

}  // namespace

// A variable of `environment` wins over the same one of a file; in a file the project's environment is looked at first,
// then `environment`, as the reference implementation does.
void ReadEnvironment(const ServiceInput& in, Service& out) {
  const Variables& variables = in.scope.surroundings.variables;
  Environment own;
  in.keys.Take("environment", own, [&](const Value& value) { return ReadVariables(value, variables); });
  const Variables lookup = [&](std::string_view name) {
    auto text = variables(name);
    return text ? text : Find(own, name);
  };
  if (const auto files = in.keys.Find("env_file"))
    for (const Value& item : files->Items())
      if (const auto entry = ReadEntry(item)) Apply(*entry, in, lookup, out.environment);
  for (auto& [name, text] : own) out.environment[name] = std::move(text);
}

void ReadLabels(const ServiceInput& in, Service& out) {
  StringMap own;
  in.keys.Take("labels", own, ReadOwnLabels);
  out.labels = ReadLabelFiles(in);
  for (auto& [label, text] : own) out.labels[label] = std::move(text);
  in.keys.Take("annotations", out.annotations, ReadMapping);
}

void ReadLogging(const ServiceInput& in, Service& out) {
  const auto value = in.keys.Find("logging");
  if (!value) return;
  const Section keys(*value, "services.*.logging");
  v1::Logging& logging = out.logging.emplace();
  keys.Take("driver", logging.driver, &Value::Word);
  keys.Take("options", logging.options, ReadOptions);
}

}  // namespace tinyforge::compose
