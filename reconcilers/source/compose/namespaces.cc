#include "reconcilers/source/compose/namespaces.h"

namespace tinyforge::compose {
namespace {

constexpr std::string_view kService = "service:";
constexpr std::string_view kContainer = "container:";

std::string Listed(const std::vector<NamespaceWord>& words) {
  std::string list;
  for (const NamespaceWord& word : words) list += std::string(word.word) + ", ";
  return list + "or service:NAME";
}

}  // namespace

std::optional<Namespace> ReadNamespace(const Value& value, const std::vector<NamespaceWord>& words,
                                       const Names& names) {
  const auto text = value.Word();
  if (!text) return std::nullopt;
  for (const NamespaceWord& word : words)
    if (*text == word.word) return Namespace{word.kind, {}};
  if (text->starts_with(kService)) {
    std::string service = text->substr(kService.size());
    if (!CheckName(value, service, names.services, "service")) return std::nullopt;
    return Namespace{NamespaceKind::Service, std::move(service)};
  }
  if (text->starts_with(kContainer))
    value.Fail("not supported: a container that is not of the project may go at any time; say service:NAME");
  else
    value.Mismatch(Listed(words));
  return std::nullopt;
}

}  // namespace tinyforge::compose
