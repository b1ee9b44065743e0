#include "controller/cmd/tfctl/get.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "controller/cmd/tfctl/columns.h"
#include "controller/cmd/tfctl/json_path.h"
#include "controller/cmd/tfctl/printer.h"
#include "controller/cmd/tfctl/repository_note.h"
#include "controller/cmd/tfctl/selector.h"
#include "controller/cmd/tfctl/table.h"
#include "controller/cmd/tfctl/watch.h"

namespace tinyforge::tfctl {
namespace {

struct Query {
  OutputOptions output;
  Selector selector;
  std::string sort_by;
};

struct Found {
  const Resource* resource = nullptr;
  std::vector<Json> items;
  bool single = false;  // one object was asked for by name
};

Expected<Found> FetchNamed(ApiClient& client, const Target& target) {
  Found found{.resource = target.resource, .single = target.names.size() == 1};
  for (const auto& name : target.names) {
    auto item = client.Get(std::string(target.resource->path) + "/" + PercentEncode(name));
    if (!item && item.error().kind == ErrorKind::NotFound) {
      return Error{ErrorKind::NotFound, std::string(target.resource->name) + " \"" + name + "\" not found"};
    }
    if (!item) return std::move(item).error();
    found.items.push_back(std::move(*item));
  }
  return found;
}

// Rollouts go by their workload's name too.
bool Goes(const Json& item, const std::string& name) {
  return NameOf(item) == name || (Text(item, {"kind"}) == "Rollout" && Text(item, {"status", "workload"}) == name);
}

// Names that no item has are an error.
std::optional<Error> KeepNamed(const Target& target, std::vector<Json>& items) {
  if (target.names.empty()) return std::nullopt;
  for (const auto& name : target.names) {
    if (std::ranges::none_of(items, [&name](const Json& item) { return Goes(item, name); })) {
      return Error{ErrorKind::NotFound, std::string(target.resource->name) + " \"" + name + "\" not found"};
    }
  }
  std::erase_if(items, [&target](const Json& item) {
    return std::ranges::none_of(target.names, [&item](const std::string& name) { return Goes(item, name); });
  });
  return std::nullopt;
}

Expected<Found> FetchList(ApiClient& client, const Target& target) {
  auto list = client.Get(std::string(target.resource->path));
  if (!list) return std::move(list).error();
  Found found{.resource = target.resource, .single = target.resource->kind == ResourceKind::Repository};
  if (found.single) {
    found.items.push_back(std::move(*list));
    return found;
  }
  for (const auto& item : At(*list, {"items"})) found.items.push_back(item);
  if (auto missing = KeepNamed(target, found.items)) return std::move(*missing);
  return found;
}

Expected<Found> Fetch(ApiClient& client, const Target& target) {
  return target.resource->by_name && !target.names.empty() ? FetchNamed(client, target) : FetchList(client, target);
}

// Numbers by value, everything else by its text.
bool Less(const std::string& a, const std::string& b) {
  const auto number = [](const std::string& text) -> std::optional<double> {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    return text.empty() || *end != '\0' ? std::nullopt : std::optional(value);
  };
  const auto x = number(a);
  const auto y = number(b);
  return x && y ? *x < *y : a < b;
}

Expected<void> Arrange(const Query& query, std::vector<Json>& items) {
  std::erase_if(items, [&query](const Json& item) { return !query.selector.Matches(item); });
  if (query.sort_by.empty()) return {};
  std::vector<std::pair<std::string, std::size_t>> keys;
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto key = EvaluatePath(items[i], query.sort_by);
    if (!key) return std::move(key).error();
    keys.emplace_back(std::move(*key), i);
  }
  std::ranges::stable_sort(keys, [](const auto& a, const auto& b) { return Less(a.first, b.first); });
  std::vector<Json> sorted;
  for (const auto& [key, index] : keys) sorted.push_back(std::move(items[index]));
  items = std::move(sorted);
  return {};
}

TableStyle StyleOf(const Terminal& terminal, const Query& query) {
  return {.headers = query.output.headers,
          .colour = terminal.colour,
          .width = query.output.format == Format::Wide ? 0 : terminal.width};
}

void PrintTable(const Terminal& terminal, const Query& query, const Found& found) {
  const bool wide = query.output.format == Format::Wide;
  Table table(HeadersOf(found.resource->kind, wide));
  for (const auto& item : found.items) table.Add(RowOf(found.resource->kind, wide, item, terminal.now()));
  table.Print(terminal.out, StyleOf(terminal, query));
  if (found.resource->kind != ResourceKind::Repository || found.items.empty()) return;
  const auto lines = ManifestErrors(found.items.front());
  if (!lines.empty()) terminal.out << "\n";
  for (const auto& line : lines) terminal.out << line << "\n";
}

void PrintTables(const Terminal& terminal, const Query& query, const std::vector<Found>& all) {
  bool first = true;
  std::size_t printed = 0;
  for (const auto& found : all) {
    if (found.items.empty()) continue;
    if (!std::exchange(first, false)) terminal.out << "\n";
    if (all.size() > 1) terminal.out << found.resource->plural << ":\n";
    PrintTable(terminal, query, found);
    printed += found.items.size();
  }
  if (printed > 0) return;
  const bool one = all.size() == 1;
  terminal.err << "No " << (one ? all.front().resource->plural : std::string_view("objects")) << " found.\n";
}

Json ListOf(const std::vector<Found>& all) {
  Json items = Json::array();
  for (const auto& found : all) {
    for (const auto& item : found.items) items.push_back(item);
  }
  return {{"apiVersion", "tinyforge.dev/v1"}, {"kind", "List"}, {"items", std::move(items)}};
}

int PrintAll(const Terminal& terminal, const Query& query, const std::vector<Found>& all) {
  switch (query.output.format) {
    case Format::Table:
    case Format::Wide: PrintTables(terminal, query, all); return kDone;
    case Format::Name:
      for (const auto& found : all) {
        for (const auto& item : found.items) terminal.out << QualifiedName(*found.resource, item) << "\n";
      }
      return kDone;
    default: break;
  }
  const bool alone = all.size() == 1 && all.front().single && all.front().items.size() == 1;
  const auto text = Render(alone ? all.front().items.front() : ListOf(all), query.output);
  if (!text) return Report(terminal, text.error());
  terminal.out << *text;
  return kDone;
}

// Prints each item whose row is another one than before.
class ChangePrinter {
 public:
  ChangePrinter(const Terminal& terminal, const Query& query, ResourceKind kind)
      : terminal_(terminal), query_(query), kind_(kind), table_(HeadersOf(kind, Wide())) {}

  void Show(const std::vector<Json>& items) {
    std::map<std::string, std::string> now;
    for (const auto& item : items) {
      std::string text = item.dump(-1, ' ', false, Json::error_handler_t::replace);
      const std::string key = kind_ == ResourceKind::Event ? text : NameOf(item);
      const auto before = seen_.find(key);
      if (before == seen_.end() || before->second != text) table_.Add(RowOf(kind_, Wide(), item, terminal_.now()));
      now.emplace(key, std::move(text));
    }
    seen_ = std::move(now);
    table_.Print(terminal_.out, StyleOf(terminal_, query_));
    terminal_.out.flush();
  }

 private:
  bool Wide() const { return query_.output.format == Format::Wide; }

  const Terminal& terminal_;
  const Query& query_;
  const ResourceKind kind_;
  Table table_;
  std::map<std::string, std::string> seen_;
};

int Watch(const Session& session, const Query& query, const Target& target) {
  if (query.output.format != Format::Table && query.output.format != Format::Wide) {
    return Report(session.terminal, {ErrorKind::Invalid, "-w shows tables only; leave out -o or say -o wide"});
  }
  ChangePrinter printer(session.terminal, query, target.resource->kind);
  auto result = WatchPath(session, std::string(target.resource->path), [&](const Json& answer) -> Expected<bool> {
    std::vector<Json> items;
    if (target.resource->kind == ResourceKind::Repository) items.push_back(answer);
    for (const auto& item : At(answer, {"items"})) {
      if (target.names.empty() || std::ranges::find(target.names, NameOf(item)) != target.names.end())
        items.push_back(item);
    }
    // What comes later is shown below.
    if (target.resource->kind == ResourceKind::Delivery) std::ranges::reverse(items);
    if (auto arranged = Arrange(query, items); !arranged) return std::move(arranged).error();
    printer.Show(items);
    return false;
  });
  return result ? kDone : Report(session.terminal, result.error());
}

Expected<Query> MakeQuery(const GetOptions& options) {
  auto output = ParseOutput(options.output);
  if (!output) return std::move(output).error();
  output->headers = !options.no_headers;
  auto selector = Selector::Parse(options.selector);
  if (!selector) return std::move(selector).error();
  return Query{std::move(*output), std::move(*selector), options.sort_by};
}

}  // namespace

int Get(const Session& session, const GetOptions& options) {
  const auto query = MakeQuery(options);
  if (!query) return Report(session.terminal, query.error());
  const auto targets = ParseTargets(options.what);
  if (!targets) return Report(session.terminal, targets.error());
  if (options.watch && targets->size() > 1)
    return Report(session.terminal, {ErrorKind::Invalid, "-w watches one kind only"});
  if (targets->size() != 1 || targets->front().resource->kind != ResourceKind::Repository) NoteRepository(session);
  if (options.watch) return Watch(session, *query, targets->front());
  std::vector<Found> all;
  for (const auto& target : *targets) {
    auto found = Fetch(session.client, target);
    if (!found) return Report(session.terminal, found.error());
    if (auto arranged = Arrange(*query, found->items); !arranged) return Report(session.terminal, arranged.error());
    all.push_back(std::move(*found));
  }
  return PrintAll(session.terminal, *query, all);
}

int Events(const Session& session, const EventOptions& options) {
  auto output = ParseOutput(options.output);
  if (!output) return Report(session.terminal, output.error());
  output->headers = !options.no_headers;
  const Query query{std::move(*output), {}, {}};
  std::string path = "/api/events";
  if (!options.object.empty()) {
    const bool whole = options.object == "repository" || options.object.find('/') != std::string::npos;
    path += "?object=" + PercentEncode(whole ? options.object : "workload/" + options.object);
  }
  const Resource& resource = Find(ResourceKind::Event);
  if (options.watch) {
    ChangePrinter printer(session.terminal, query, resource.kind);
    auto result = WatchPath(session, path, [&printer](const Json& answer) -> Expected<bool> {
      std::vector<Json> items(At(answer, {"items"}).begin(), At(answer, {"items"}).end());
      printer.Show(items);
      return false;
    });
    return result ? kDone : Report(session.terminal, result.error());
  }
  auto answer = session.client.Get(path);
  if (!answer) return Report(session.terminal, answer.error());
  Found found{.resource = &resource};
  for (const auto& item : At(*answer, {"items"})) found.items.push_back(item);
  std::vector<Found> all;
  all.push_back(std::move(found));
  return PrintAll(session.terminal, query, all);
}

}  // namespace tinyforge::tfctl
