#include "controller/cmd/tfctl/printer.h"

#include <nlohmann/json.hpp>

#include "controller/cmd/tfctl/columns.h"
#include "controller/cmd/tfctl/json_path.h"
#include "controller/cmd/tfctl/yaml_writer.h"

namespace tinyforge::tfctl {

Expected<OutputOptions> ParseOutput(const std::string& text) {
  if (text.empty()) return OutputOptions{.format = Format::Table};
  if (text == "wide") return OutputOptions{.format = Format::Wide};
  if (text == "json") return OutputOptions{.format = Format::AsJson};
  if (text == "yaml") return OutputOptions{.format = Format::AsYaml};
  if (text == "name") return OutputOptions{.format = Format::Name};
  constexpr std::string_view kJsonPath = "jsonpath=";
  if (text.starts_with(kJsonPath)) return OutputOptions{.format = Format::Template, .template_text = text.substr(kJsonPath.size())};
  return Error{ErrorKind::Invalid, "-o " + text + ": expected wide, json, yaml, name or jsonpath=TEMPLATE"};
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
