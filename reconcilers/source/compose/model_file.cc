#include "reconcilers/source/compose/model_file.h"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "api-types/doc/yaml.h"
#include "reconcilers/source/compose/canonical.h"
#include "reconcilers/source/compose/keys.h"
#include "reconcilers/source/compose/relative_paths.h"
#include "reconcilers/source/compose/secret_mark.h"
#include "reconcilers/source/compose/tree_path.h"

namespace tinyforge::compose {
namespace {

using doc::Node;
using doc::Type;

Error At(const LoadSession& session, const doc::ParseError& error, std::uint32_t file) {
  return session.Fail({error.mark.line, error.mark.column, file}, error.message);
}

void Stamp(Node& node, std::uint32_t file) {
  node.mark.file = file;
  for (Node& item : node.items) Stamp(item, file);
  for (Node::Member& member : node.members) {
    member.mark.file = file;
    Stamp(member.value, file);
  }
}

// A value in clear would stand in git, and docker compose knows no such key.
Expected<void> RefuseSecretContent(const LoadSession& session, const Node& document) {
  const Node* secrets = document.Find("secrets");
  if (secrets == nullptr) return {};
  for (const Node::Member& secret : secrets->members)
    for (const Node::Member& member : secret.value.members)
      if (member.key == "content")
        return session.Fail(member.mark,
                            "secrets." + secret.key +
                                ".content: unknown key; expected environment: VARIABLE, a "
                                "variable whose value is a secret, or external: true with name: SECRET/KEY");
  return {};
}

class TreeInterpolator {
 public:
  TreeInterpolator(LoadSession& session, const StringMap& environment)
      : session_(session), with_{LookupIn(environment)} {}

  Expected<void> Run(Node& node) {
    if (node.type == Type::String && node.text.find('$') != std::string::npos) return Text(node);
    for (Node& item : node.items)
      if (auto done = Run(item); !done) return done;
    for (Node::Member& member : node.members)
      if (auto done = Run(member.value); !done) return done;
    return {};
  }

 private:
  Expected<void> Text(Node& node) {
    auto text = Interpolate(node.text, with_);
    if (!text) return session_.Fail(node.mark, text.error().message);
    for (const std::string& name : with_.unset) Warn(node.mark, name);
    with_.unset.clear();
    node.text = std::move(*text);
    return session_.Charge(node.mark, {0, node.text.size(), 0});
  }

  void Warn(doc::Mark mark, const std::string& name) {
    if (warned_.insert(name).second) session_.Warn(mark, "the variable " + name + " is not set and taken as empty");
  }

  LoadSession& session_;
  Interpolation with_;
  std::set<std::string> warned_;
};

}  // namespace

std::optional<doc::Mark> FindMark(const Node& node) {
  if (HasMark(node.text)) return node.mark;
  for (const Node& item : node.items)
    if (const auto found = FindMark(item)) return found;
  for (const Node::Member& member : node.members) {
    if (HasMark(member.key)) return member.mark;
    if (const auto found = FindMark(member.value)) return found;
  }
  return std::nullopt;
}

VariableLookup LookupIn(const StringMap& environment) {
  return [&environment](std::string_view name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    if (found == environment.end()) return std::nullopt;
    return found->second;
  };
}

Expected<ParsedFile> ParseFile(LoadSession& session, const ComposeFile& file, doc::Mark from) {
  auto index = session.Register(file.text ? file.path + std::string(kInline) : file.path);
  if (!index) return std::move(index).error();
  auto text = file.text ? Expected<std::optional<std::string>>(file.text) : session.Read(file.path);
  if (!text) return std::move(text).error();
  if (!*text) {
    const std::string missing = "there is no file " + file.path + " in the repository";
    return from.line == 0 ? Error{ErrorKind::Terminal, missing} : session.Fail(from, missing);
  }
  if (auto charged = session.Charge({0, 0, *index}, {0, (*text)->size(), 0}); !charged)
    return std::move(charged).error();
  const auto documents = doc::SplitYaml(**text, {.documents = kMaxDocuments});
  if (const auto* error = std::get_if<doc::ParseError>(&documents)) return At(session, *error, *index);
  ParsedFile parsed{file.path, {}};
  for (const doc::YamlText& document : std::get<0>(documents)) {
    auto node = doc::ParseYaml(document, {}, doc::Dialect::Compose);
    if (const auto* error = std::get_if<doc::ParseError>(&node)) return At(session, *error, *index);
    Stamp(std::get<Node>(node), *index);
    if (auto charged = session.Charge(std::get<Node>(node).mark, doc::Weigh(std::get<Node>(node))); !charged)
      return std::move(charged).error();
    parsed.documents.push_back(std::get<Node>(std::move(node)));
  }
  return parsed;
}

Expected<void> Prepare(LoadSession& session, Node& document, const Scope& scope) {
  if (document.type == Type::Null) document.type = Type::Map;
  if (document.type != Type::Map)
    return session.Fail(document.mark, "a compose file is a mapping with the key services, not " +
                                           std::string(Describe(document.type)));
  if (const auto marked = FindMark(document))
    return session.Fail(*marked, "the characters U+0001 and U+0002 may not stand in a compose file");
  if (auto done = TreeInterpolator(session, scope.environment).Run(document); !done) return done;
  if (auto done = RefuseSecretContent(session, document); !done) return done;
  if (auto done = MakeCanonical(session, document); !done) return done;
  RebasePaths(document, Relative(session.directory(), scope.folder));
  return {};
}

Expected<void> CheckTopLevel(const LoadSession& session, const Node& model) {
  const KeySection& known = SectionAt("");
  for (const Node::Member& member : model.members)
    if (known.Find(member.key) == nullptr && !member.key.starts_with("x-"))
      return session.Fail(member.mark, PrintMarks(member.key) + ": " + UnknownKey(member.key, known));
  return {};
}

}  // namespace tinyforge::compose
