#include "controller/cmd/tfctl/source_check.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>

#include "controller/cmd/tfctl/field_position.h"
#include "reconcilers/source/compose/model_file.h"

namespace tinyforge::tfctl {
namespace {

// "7:" off the front.
std::optional<std::uint32_t> TakeNumber(std::string_view& text) {
  std::uint32_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto length = static_cast<std::size_t>(rest - text.data());
  if (error != std::errc{} || length == text.size() || *rest != ':') return std::nullopt;
  text.remove_prefix(length + 1);
  return number;
}

// "PATH:LINE:COLUMN: MESSAGE" in its parts.
std::optional<v1::Diagnostic> PlacedIn(const std::string& path, std::string_view line) {
  if (!line.starts_with(path + ":")) return std::nullopt;
  line.remove_prefix(path.size() + 1);
  const auto row = TakeNumber(line);
  const auto column = row ? TakeNumber(line) : std::nullopt;
  if (!column || !line.starts_with(' ')) return std::nullopt;
  return v1::Diagnostic{{path, *row, *column}, "", std::string(line.substr(1))};
}

// Of the manifest in the tree; as it is for one outside of it.
std::string TreePath(const v1::Object& workload, const LocalTree& tree) {
  return tree.PathOf(workload.position.path).value_or(workload.position.path);
}

class Placing {
 public:
  Placing(const WorkloadText& from, const LocalTree& tree)
      : from_(from), tree_(tree), source_(from.workload.workload().source) {}

  v1::Diagnostic Of(std::string_view line, const ReadSet& reads) const {
    if (source_.compose && source_.compose->inline_)
      if (auto found = PlacedIn(TreePath(from_.workload, tree_) + std::string(compose::kInline), line)) {
        found->position = PositionWithin(from_.manifest, Position("spec.source.compose.inline"), found->position);
        return *std::move(found);
      }
    for (const std::string& path : reads.paths)
      if (auto found = PlacedIn(path, line)) {
        found->position.path = tree_.Shown(path);
        return *std::move(found);
      }
    return Whole(std::string(line));
  }

  // Of the source as a whole.
  v1::Diagnostic Whole(std::string message) const {
    const std::string field = source_.compose ? "spec.source.compose" : "spec";
    return {Position(field), field, std::move(message)};
  }

 private:
  SourcePosition Position(std::string_view field) const {
    return PositionOf(from_.manifest, from_.workload.position, field);
  }

  const WorkloadText& from_;
  const LocalTree& tree_;
  const v1::Source& source_;
};

}  // namespace

Expected<std::vector<SecretHandle>> AnySecrets::Variables(const v1::SecretKeyRef& ref) {
  return Error{ErrorKind::Waiting, "the variables that Secret " + ref.name + " sets by its key " + ref.key +
                                       " are not known here, and the compose files are not checked without them"};
}

Expected<std::string> AnySecrets::Reveal(const SecretHandle& handle) {
  return Error{ErrorKind::NotFound, "the value of Secret " + handle.ref.name + " is not known here"};
}

v1::Object InTree(v1::Object workload, const LocalTree& tree) {
  workload.position.path = TreePath(workload, tree);
  return workload;
}

std::vector<Finding> FindingsOf(const std::optional<Error>& error, const WorkloadText& from, const LocalTree& tree,
                                const ReadSet& reads) {
  const Placing placing(from, tree);
  std::vector<Finding> all;
  std::string_view rest = error ? std::string_view(error->message) : std::string_view();
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (!line.empty()) all.push_back({placing.Of(line, reads), error->kind == ErrorKind::Waiting});
  }
  for (const std::string& path : reads.paths)
    if (tree.Ignores(path) && std::filesystem::is_regular_file(tree.Shown(path)))
      all.push_back(
          {placing.Whole("git ignores " + tree.Shown(path) + ", so that the controller does not see it"), true});
  return all;
}

std::string LineOf(const Finding& finding) {
  const v1::Diagnostic& what = finding.what;
  if (what.position.line == 0) return (finding.warning ? "warning: " : "") + what.message;
  if (!finding.warning) return ToString(what);
  return ToString(what.position) + ": warning: " + (what.field.empty() ? "" : what.field + ": ") + what.message;
}

std::vector<Finding> CheckSource(const WorkloadText& from, const LocalTree& tree, ReadSet& reads) {
  const auto kind = FindSourceKind(from.workload.workload().source);
  if (!kind) return {};
  const v1::Object workload = InTree(from.workload, tree);
  AnySecrets secrets;
  const HostPaths paths{"/volumes", "/files"};
  const RenderRequest request{
      .workload = workload, .tree = tree, .secrets = secrets, .paths = paths, .project = v1::IdentityOf(workload)};
  const auto rendered = (*kind)->Render(request, reads);
  return FindingsOf(rendered ? std::nullopt : std::optional(rendered.error()), from, tree, reads);
}

}  // namespace tinyforge::tfctl
