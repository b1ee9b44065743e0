#include "controller/facts/file_fact_store.h"

#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "api-types/doc/json.h"
#include "controller/facts/facts_json.h"
#include "controller/runtime/failpoint.h"
#include "controller/runtime/file.h"

namespace tinyforge {
namespace {

constexpr doc::Limits kLimits = {.bytes = kMaxFactsBytes, .depth = 16, .nodes = 10'000};

constexpr std::string_view kEnding = ".json";
constexpr std::string_view kDamaged = ".json.damaged";

std::string FileName(std::string_view workload) {
  return std::string(workload).append(kEnding);
}

// "shop", and "shop.web" of a service, see FactKeyOf.
bool IsFactKey(std::string_view key) {
  constexpr std::size_t kLongest = 128;
  constexpr std::string_view kOfService = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  const std::size_t dot = std::min(key.find('.'), key.size());
  const bool sound = key.size() <= kLongest && key.find_first_not_of(kOfService) == std::string_view::npos;
  return sound && IsDnsLabel(key.substr(0, dot)) && dot + 1 != key.size();
}

}  // namespace

struct FileFactStore::Document {
  Facts facts;
  doc::Node json = doc::Node::Map();
};

std::string FileFactStore::Render(Document& document) {
  PutFacts(document.facts, document.json);
  return document.json.members.empty() ? "" : doc::PrettyJson(document.json);
}

FileFactStore::FileFactStore(std::string state_dir, Logger& log)
    : directory_(std::move(state_dir) + "/facts"), log_(log) {}

FileFactStore::~FileFactStore() = default;

Expected<Facts> FileFactStore::Load(std::string_view workload) {
  auto cache = cache_.Lock();
  Expected<Document*> document = Find(*cache, workload);
  if (!document) return std::move(document).error();
  return (*document)->facts;
}

Expected<void> FileFactStore::Update(std::string_view workload, const Change& change) {
  auto cache = cache_.Lock();
  Expected<Document*> found = Find(*cache, workload);
  if (!found) return std::move(found).error();
  Document& stored = **found;
  Document next{.facts = stored.facts, .json = stored.json};
  change(next.facts);
  next.facts = Bounded(std::move(next.facts));
  if (next.facts == stored.facts) return {};
  std::string text = Render(next);
  while (text.size() > kMaxFactsBytes && Shorten(next.facts)) text = Render(next);
  if (auto written = Write(FileName(workload), text); !written) {
    return std::move(written).error().Within("facts of workload/" + std::string(workload));
  }
  stored = std::move(next);
  return {};
}

Expected<std::map<std::string, Facts>> FileFactStore::All() {
  auto names = Names(kEnding);
  if (!names) return std::move(names).error();
  std::map<std::string, Facts> all;
  auto cache = cache_.Lock();
  for (const std::string& name : *names) {
    const std::string workload = name.substr(0, name.size() - kEnding.size());
    if (!IsFactKey(workload)) continue;
    Expected<Document*> document = Find(*cache, workload);
    if (!document) return std::move(document).error();
    all.emplace(workload, (*document)->facts);
  }
  return all;
}

Expected<std::string> FileFactStore::Damaged() {
  auto names = Names(kDamaged);
  if (!names) return std::move(names).error();
  return names->empty() ? "" : directory_ + "/" + names->front();
}

// Of the files that end so, sorted.
Expected<std::vector<std::string>> FileFactStore::Names(std::string_view ending) const {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator at(directory_, error), end; !error && at != end; at.increment(error))
    if (std::string name = at->path().filename(); name.ends_with(ending)) names.push_back(std::move(name));
  if (error && error != std::errc::no_such_file_or_directory)
    return Error{ErrorKind::Transient, "list " + directory_ + ": " + error.message()};
  std::ranges::sort(names);
  return names;
}

Expected<FileFactStore::Document*> FileFactStore::Find(Cache& cache, std::string_view workload) {
  if (auto found = cache.find(workload); found != cache.end()) return found->second.get();
  if (!IsFactKey(workload))
    return Error{ErrorKind::Invalid, "facts: \"" + std::string(workload) + "\" is no workload name"};
  Expected<Document> read = Read(FileName(workload));
  if (!read) return std::move(read).error().Within("facts of workload/" + std::string(workload));
  return cache.emplace(workload, std::make_unique<Document>(std::move(*read))).first->second.get();
}

Expected<FileFactStore::Document> FileFactStore::Read(const std::string& name) {
  Expected<Fd> dir = OpenDirectory(directory_);
  if (!dir && dir.error().kind == ErrorKind::NotFound) return Document();
  if (!dir) return std::move(dir).error();
  Expected<std::string> text = ReadFileAt(dir->get(), name, kMaxFactsBytes);
  if (!text && text.error().kind == ErrorKind::NotFound) return Document();
  if (!text && text.error().kind == ErrorKind::Transient) return std::move(text).error();
  Expected<doc::Node> json = text ? doc::ParseJson(*text, kLimits) : Expected<doc::Node>(std::move(text).error());
  Expected<Facts> facts = json ? GetFacts(*json) : Expected<Facts>(std::move(json).error());
  if (facts) return Document{.facts = std::move(*facts), .json = std::move(*json)};
  const std::string aside = name + ".damaged";
  if (::renameat(dir->get(), name.c_str(), dir->get(), aside.c_str()) != 0)
    return SystemError("set " + name + " aside", errno);
  log_.Warn("facts cannot be read and count as empty",
            {{"file", directory_ + "/" + name}, {"kept", aside}, {"error", facts.error().message}});
  return Document();
}

Expected<void> FileFactStore::Write(const std::string& name, const std::string& text) {
  if (text.size() > kMaxFactsBytes) {
    return Error{ErrorKind::Invalid,
                 "they take " + std::to_string(text.size()) + " bytes, more than " + std::to_string(kMaxFactsBytes)};
  }
  if (auto made = MakeDirectories(directory_, 0700); !made) return made;
  Expected<Fd> dir = OpenDirectory(directory_);
  if (!dir) return std::move(dir).error();
  if (!text.empty()) return ReplaceFileAt(dir->get(), name, text, {.mode = 0600}, "facts");
  if (auto passed = Failpoint("facts.remove.before"); !passed) return passed;
  if (::unlinkat(dir->get(), name.c_str(), 0) != 0 && errno != ENOENT) return SystemError("remove " + name, errno);
  if (auto passed = Failpoint("facts.remove.after"); !passed) return passed;
  return Sync(dir->get(), directory_);
}

}  // namespace tinyforge
