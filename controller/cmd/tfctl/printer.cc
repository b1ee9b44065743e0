#include "controller/cmd/tfctl/printer.h"

#include <nlohmann/json.hpp>

#include "api-types/doc/json.h"
#include "api-types/doc/yaml_writer.h"
#include "controller/cmd/tfctl/columns.h"
#include "controller/cmd/tfctl/json_path.h"

namespace tinyforge::tfctl {

Expected<OutputOptions> ParseOutput(const std::string& text) {
  if (text.empty()) return OutputOptions{.format = Format::Table};
  if (text == "wide") return OutputOptions{.format = Format::Wide};
  if (text == "json") return OutputOptions{.format = Format::AsJson};
  if (text == "yaml") return OutputOptions{.format = Format::AsYaml};
  if (text == "name") return OutputOptions{.format = Format::Name};
  constexpr std::string_view kJsonPath = "jsonpath=";
  if (text.starts_with(kJsonPath))
    return OutputOptions{.format = Format::Template, .template_text = text.substr(kJsonPath.size())};
  return Error{ErrorKind::Invalid, "-o " + text + ": expected wide, json, yaml, name or jsonpath=TEMPLATE"};
}

Expected<std::string> ToYaml(const Json& json) {
  constexpr doc::Limits kNone{.bytes = SIZE_MAX, .depth = 100, .documents = 1, .nodes = SIZE_MAX};
  auto node = doc::ParseJson(json.dump(-1, ' ', false, Json::error_handler_t::replace), kNone);
  if (!node) return std::move(node).error();
  return doc::ToYaml(*node);
}

Expected<std::string> Render(const Json& value, const OutputOptions& output) {
  switch (output.format) {
    case Format::AsYaml: return ToYaml(value);
    case Format::Template: return EvaluateTemplate(value, output.template_text);
    default: return Pretty(value) + "\n";
  }
}

std::string QualifiedName(const Resource& resource, const Json& item) {
  if (resource.kind == ResourceKind::Event) return "event/" + Text(item, {"object"}) + "/" + Text(item, {"reason"});
  return std::string(resource.name) + "/" + NameOf(item);
}

}  // namespace tinyforge::tfctl
