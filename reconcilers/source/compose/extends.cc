#include "reconcilers/source/compose/extends.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "reconcilers/source/compose/merge.h"
#include "reconcilers/source/compose/model_path.h"
#include "reconcilers/source/compose/scalar.h"
#include "reconcilers/source/compose/tree_path.h"

namespace tinyforge::compose {
namespace {

using doc::Node;
using doc::Type;

// A model that services are looked up in.
struct Library {
  std::string path;
  std::string folder;  // that `file` is relative to
  Node model;
  std::map<std::string, Node*, std::less<>> services{};  // of the model
  std::set<std::string> resolved{};                      // services without `extends`, or no longer with

  void Index() {
    Node* section = FindMember(model, "services");
    if (section == nullptr) return;
    for (Node::Member& member : section->members) services.emplace(member.key, &member.value);
  }
  Node* Find(std::string_view name) const {
    const auto found = services.find(name);
    return found == services.end() ? nullptr : found->second;
  }
};

struct Link {
  const Library* library;
  std::string service;
  doc::Mark mark;  // of its `extends`
};

// What stands behind the key.
struct Extension {
  doc::Mark mark;
  std::string service;
  std::optional<std::string> file;
};

bool IsTrue(const Node* node) {
  return node != nullptr && AsBoolean(*node) == true;
}

std::string Print(const std::vector<Link>& chain) {
  std::string out;
  for (const Link& link : chain)
    out += (out.empty() ? "" : " extends ") + link.service + " (" + link.library->path + ")";
  return out;
}

class Resolver {
 public:
  Resolver(LoadSession& session, const Scope& scope) : session_(session), scope_(scope) {}

  Expected<void> Run(Node& document, const std::string& path) {
    Library own{path, scope_.folder, std::move(document)};
    own.Index();
    Expected<void> done;
    for (const auto& [name, service] : own.services)
      if (done = Resolve(own, name); !done) break;
    document = std::move(own.model);
    return done;
  }

 private:
  // Makes sure that the service, which the library has, extends nothing any more.
  Expected<void> Resolve(Library& library, const std::string& name) {
    Node& service = *library.Find(name);
    if (library.resolved.contains(name)) return {};
    Node* extends = service.type == Type::Map ? FindMember(service, "extends") : nullptr;
    const bool reset = service.tag == doc::Tag::Reset;
    if (!reset && extends != nullptr && extends->type != Type::Null) {
      if (auto done = Enter(library, name, extends->mark); !done) return done;
      auto done = Extend(library, service, *extends);
      chain_.pop_back();
      if (!done) return done;
    }
    std::erase_if(service.members, [](const Node::Member& member) { return member.key == "extends"; });
    library.resolved.insert(name);
    return {};
  }

  Expected<void> Enter(const Library& library, const std::string& name, doc::Mark mark) {
    const bool circle =
        std::ranges::any_of(chain_, [&](const Link& link) { return link.library == &library && link.service == name; });
    chain_.push_back({&library, name, mark});
    if (circle)
      return session_.Fail(chain_[chain_.size() - 2].mark, "services extend one another in a circle: " + Print(chain_));
    if (chain_.size() > kMaxExtendsDepth)
      return session_.Fail(mark, "services extend one another over more than " + std::to_string(kMaxExtendsDepth) +
                                     " levels: " + Print(chain_));
    return {};
  }

  Expected<void> Extend(Library& library, Node& service, const Node& extends) {
    auto extension = Read(extends);
    if (!extension) return std::move(extension).error();
    auto source = extension->file ? Open(Join(library.folder, *extension->file), extension->mark) : &library;
    if (!source) return std::move(source).error();
    auto base = BaseOf(**source, *extension);
    if (!base) return std::move(base).error();
    if (auto done = CheckHealth(*base, service); !done) return done;
    Retract(*base, service);
    const doc::Tag tag = std::exchange(service.tag, doc::Tag::None);
    const ModelPath place = {"services", chain_.back().service};
    if (auto merged = Merge(session_, *base, std::move(service), place); !merged) return merged;
    service = std::move(*base);
    service.tag = tag;
    return {};
  }

  Expected<Extension> Read(const Node& extends) const {
    Extension extension{extends.mark, "", std::nullopt};
    if (const auto mark = FindMark(extends)) return session_.Fail(*mark, "a secret may not stand here");
    if (extends.type != Type::Map) return session_.Fail(extends.mark, "extends is a mapping with the key service");
    for (const Node::Member& member : extends.members) {
      const bool known = member.key == "service" || member.key == "file";
      if (!known || member.value.type != Type::String || member.value.text.empty())
        return session_.Fail(member.mark, "extends has the keys service and file, both of them text");
      if (member.key == "file")
        extension.file = member.value.text;
      else
        extension.service = member.value.text;
    }
    if (extension.service.empty()) return session_.Fail(extends.mark, "extends must name a service");
    return extension;
  }

  // The library of another file; the same one each time.
  Expected<Library*> Open(const std::string& path, doc::Mark from) {
    const auto known = libraries_.find(path);
    if (known != libraries_.end()) return &known->second;
    auto parsed = ParseFile(session_, {path}, from);
    if (!parsed) return std::move(parsed).error();
    Library library{path, FolderOf(path), Node::Map()};
    for (Node& document : parsed->documents) {
      if (auto done = Prepare(session_, document, {library.folder, scope_.environment}); !done)
        return std::move(done).error();
      if (auto done = CheckTopLevel(session_, document); !done) return std::move(done).error();
      Retract(library.model, document);
      if (auto done = Merge(session_, library.model, std::move(document)); !done) return std::move(done).error();
    }
    Library& kept = libraries_.emplace(path, std::move(library)).first->second;
    kept.Index();
    return &kept;
  }

  // A copy of the service to build on, itself resolved.
  Expected<Node> BaseOf(Library& library, const Extension& extension) {
    if (library.Find(extension.service) == nullptr)
      return session_.Fail(extension.mark, "there is no service " + extension.service + " in " + library.path);
    if (auto done = Resolve(library, extension.service); !done) return std::move(done).error();
    Node base = *library.Find(extension.service);
    base.tag = doc::Tag::None;
    if (auto done = session_.Charge(extension.mark, doc::Weigh(base)); !done) return std::move(done).error();
    if (auto done = SettleTags(session_, base); !done) return std::move(done).error();
    return base;
  }

  Expected<void> CheckHealth(const Node& base, const Node& service) const {
    const Node* own = service.Find("healthcheck");
    const Node* other = base.Find("healthcheck");
    if (own == nullptr || other == nullptr || own->tag != doc::Tag::None) return {};
    if (!IsTrue(own->Find("disable")) || IsTrue(other->Find("disable"))) return {};
    return session_.Fail(own->mark,
                         "healthcheck.disable may not be merged on the healthcheck of the service that is "
                         "extended; write healthcheck: !override {disable: true}");
  }

  LoadSession& session_;
  const Scope& scope_;
  std::map<std::string, Library> libraries_;
  std::vector<Link> chain_;
};

}  // namespace

Expected<void> ResolveExtends(LoadSession& session, Node& document, const std::string& path, const Scope& scope) {
  return Resolver(session, scope).Run(document, path);
}

}  // namespace tinyforge::compose
