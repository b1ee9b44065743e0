#include "reconcilers/source/compose/model_loader.h"

#include <algorithm>
#include <utility>

#include "reconcilers/source/compose/extends.h"
#include "reconcilers/source/compose/include.h"
#include "reconcilers/source/compose/merge.h"
#include "reconcilers/source/compose/unique_items.h"

namespace tinyforge::compose {
namespace {

using doc::Node;
using doc::Type;

Node TextAt(std::string text, doc::Mark mark) {
  Node node = Node::Of(std::move(text));
  node.mark = mark;
  return node;
}

// Gives a variable that stands without a value the one that it has outside.
void FillEnvironment(Node& node, const StringMap& environment) {
  for (Node::Member& member : node.members) {
    if (member.value.type != Type::Null) continue;
    const auto found = environment.find(member.key);
    if (found != environment.end()) member.value = TextAt(found->second, member.value.mark);
  }
}

// A secret or config `environment: NAME` becomes `content: VALUE`.
void FillContent(Node& resource, const StringMap& environment) {
  const bool has_content = resource.Find("content") != nullptr;
  for (Node::Member& member : resource.members) {
    if (member.key != "environment" || member.value.type != Type::String || has_content) continue;
    const auto found = environment.find(member.value.text);
    if (found == environment.end()) continue;
    member.key = "content";
    member.value = TextAt(found->second, member.value.mark);
  }
}

void FillVariables(Node& model, const StringMap& environment) {
  Walk(model, [&](Node& node, const ModelPath& path) {
    if (Matches(path, "services.*.environment")) FillEnvironment(node, environment);
    if (Matches(path, "secrets.*") || Matches(path, "configs.*")) FillContent(node, environment);
    return path.size() < 3;
  });
}

class Loader {
 public:
  Loader(LoadSession& session, const ModelRequest& request) : session_(session), request_(request) {}

  Expected<void> Add(Node document, const std::string& path) {
    if (auto done = Prepare(session_, document, request_.scope); !done) return done;
    std::vector<std::string> including = request_.including;
    including.push_back(path);
    if (auto done = ApplyIncludes(session_, document, request_.scope, including); !done) return done;
    Retract(model_, document);
    if (auto done = ResolveExtends(session_, document, path, request_.scope); !done) return done;
    if (auto done = SettleTags(session_, document); !done) return done;
    return Merge(session_, model_, std::move(document));
  }

  Node Take() {
    KeepUnique(model_);
    FillVariables(model_, request_.scope.environment);
    return std::move(model_);
  }

 private:
  LoadSession& session_;
  const ModelRequest& request_;
  Node model_ = Node::Map();
};

}  // namespace

Expected<Node> LoadModel(LoadSession& session, ModelRequest request) {
  Loader loader(session, request);
  for (ParsedFile& file : request.files)
    for (Node& document : file.documents)
      if (auto done = loader.Add(std::move(document), file.path); !done) return std::move(done).error();
  return loader.Take();
}

}  // namespace tinyforge::compose
