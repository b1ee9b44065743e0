// Items in the form that -o asks for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/cmd/tfctl/json.h"
#include "controller/cmd/tfctl/resource.h"
#include "controller/cmd/tfctl/terminal.h"

namespace tinyforge::tfctl {

enum class Format { Table, Wide, AsJson, AsYaml, Name, Template };

struct OutputOptions {
  Format format = Format::Table;
  std::string template_text;  // of jsonpath
  bool headers = true;
};

// "", "wide", "json", "yaml", "name", "jsonpath=TEMPLATE".
Expected<OutputOptions> ParseOutput(const std::string& text);

// One object alone or a List of them, as json, yaml or jsonpath.
Expected<std::string> Render(const Json& value, const OutputOptions& output);

// Keys in their order.
Expected<std::string> ToYaml(const Json& json);

// "workload/shop"
std::string QualifiedName(const Resource& resource, const Json& item);

}  // namespace tinyforge::tfctl
