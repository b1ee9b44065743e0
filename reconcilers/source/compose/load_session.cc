#include "reconcilers/source/compose/load_session.h"

#include <algorithm>

#include "reconcilers/source/compose/tree_path.h"

namespace tinyforge::compose {
namespace {

constexpr std::size_t kMaxWarnings = 100;

}  // namespace

std::string Where(const std::vector<std::string>& files, doc::Mark mark) {
  std::string file = mark.file < files.size() ? files[mark.file] : "";
  if (mark.line == 0) return file;
  return file + ":" + std::to_string(mark.line) + ":" + std::to_string(mark.column);
}

Expected<std::optional<std::string>> ReadTreeFile(const TreeReader& tree, const std::string& path, ReadSet& read_set) {
  if (!IsInTree(path) || path.empty())
    return Error{ErrorKind::Terminal, "\"" + path + "\" is no file of the repository"};
  read_set.paths.insert(path);
  auto entries = tree.List(path);
  if (!entries && entries.error().kind == ErrorKind::NotFound) return std::optional<std::string>();
  if (!entries) return std::move(entries).error();
  if (entries->size() != 1 || entries->front().path != path)
    return Error{ErrorKind::Terminal, path + " is a folder; a file is wanted"};
  auto text = tree.Read(entries->front());
  if (!text) return std::move(text).error();
  return std::optional<std::string>(std::move(*text));
}

Expected<std::optional<std::string>> LoadSession::Read(const std::string& path) {
  return ReadTreeFile(tree_, path, read_set_);
}

Expected<std::uint32_t> LoadSession::Register(const std::string& path) {
  if (++reads_ > kMaxReads)
    return Error{ErrorKind::Terminal,
                 path + ": compose files are included and extended more than " + std::to_string(kMaxReads) + " times"};
  const auto found = std::find(files_.begin(), files_.end(), path);
  if (found != files_.end()) return static_cast<std::uint32_t>(found - files_.begin());
  if (files_.size() >= kMaxFiles)
    return Error{ErrorKind::Terminal, path + ": a project has at most " + std::to_string(kMaxFiles) + " compose files"};
  files_.push_back(path);
  return static_cast<std::uint32_t>(files_.size() - 1);
}

Expected<void> LoadSession::Charge(doc::Mark mark, const doc::Weight& weight) {
  total_ += weight;
  if (total_.nodes > kMaxNodes) return Fail(mark, "the project has more than " + std::to_string(kMaxNodes) + " values");
  if (total_.bytes > kMaxBytes)
    return Fail(mark, "the project has more than " + std::to_string(kMaxBytes) + " bytes of text");
  return {};
}

Error LoadSession::Fail(doc::Mark mark, std::string_view message) const {
  return {ErrorKind::Terminal, Where(files_, mark) + ": " + std::string(message)};
}

void LoadSession::Warn(doc::Mark mark, std::string_view message) {
  std::string text = Where(files_, mark) + ": " + std::string(message);
  const bool known = std::find(warnings_.begin(), warnings_.end(), text) != warnings_.end();
  if (!known && warnings_.size() < kMaxWarnings) warnings_.push_back(std::move(text));
}

}  // namespace tinyforge::compose
