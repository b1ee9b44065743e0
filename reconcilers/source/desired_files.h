// Files that a container is given from the repository or from a secret: what source kinds make of them alike.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reconcilers/source/source_kind.h"

namespace tinyforge {

inline constexpr std::size_t kContentHashLength = 32;  // hex digits

// The file, or all files below the folder, at a path of the tree; `mode` for all of them, else as the repository has
// them. The path joins the read set in any case. NotFound when nothing is there, Terminal when it is more than 1,000
// files or 16 MiB.
Expected<std::vector<DesiredFile::Entry>> FindTreeFiles(const TreeReader& tree, const std::string& path,
                                                        std::optional<std::uint32_t> mode, ReadSet& read_set);
// The same; nothing there is Terminal too: a commit brings it, and the read set tells of that.
Expected<std::vector<DesiredFile::Entry>> ReadTreeFiles(const TreeReader& tree, const std::string& path,
                                                        std::optional<std::uint32_t> mode, ReadSet& read_set);

// Of content, modes and owner; a secret counts by its fingerprint.
std::string ContentHash(const DesiredFile& file);

struct FileOwner {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};
// Of "1000" or "1000:1000". A user by name is known to the image alone, so its files belong to root.
FileOwner NumericUser(const std::optional<std::string>& user);

// `path` as the manifest at `manifest_path` says it, from the root of the tree and clean: "conf/../a" -> "apps/a".
// Terminal when it leaves the tree.
Expected<std::string> ResolveTreePath(std::string_view manifest_path, std::string_view path);

}  // namespace tinyforge
