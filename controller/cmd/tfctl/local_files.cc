#include "controller/cmd/tfctl/local_files.h"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace tinyforge::tfctl {
namespace {

namespace fs = std::filesystem;
constexpr std::uintmax_t kLargestFile = std::uintmax_t{16} << 20;

}  // namespace

Expected<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{ErrorKind::Invalid, "could not read " + path};
  return std::string(std::istreambuf_iterator<char>(file), {});
}

Expected<std::map<std::string, std::string>> ReadFolder(const std::string& folder) {
  std::error_code error;
  fs::recursive_directory_iterator walk(folder, error);
  std::map<std::string, std::string> files;
  for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
    const fs::file_status status = walk->symlink_status(error);
    if (walk->path().filename() == ".git") walk.disable_recursion_pending();
    if (error || !fs::is_regular_file(status) || walk->path().filename() == ".git" ||
        walk->file_size(error) > kLargestFile)
      continue;
    auto content = ReadFile(walk->path().string());
    if (!content) return std::move(content).error();
    files.emplace(walk->path().lexically_relative(folder).generic_string(), std::move(*content));
  }
  if (error) return Error{ErrorKind::Invalid, "could not read the folder " + folder + ": " + error.message()};
  return files;
}

}  // namespace tinyforge::tfctl
