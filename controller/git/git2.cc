#include "controller/git/git2.h"

namespace tinyforge::git {

Library::Library(std::size_t max_object_bytes) {
  git_libgit2_init();
  for (int level :
       {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL, GIT_CONFIG_LEVEL_PROGRAMDATA}) {
    git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
  }
  git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 1);
  git_libgit2_opts(GIT_OPT_ENABLE_CACHING, 0);
  git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECT_SIZE, max_object_bytes);
  // A pack is mapped in windows that fit the address space of the fetching child.
  git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, std::size_t{16} << 20);
  git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, std::size_t{128} << 20);
  // A repository of another user is safe to read here: nothing that its configuration names is ever run.
  git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
}

Library::~Library() {
  git_libgit2_shutdown();
}

std::string LastMessage() {
  const git_error* error = git_error_last();
  std::string_view message = error == nullptr || error->message == nullptr ? "" : error->message;
  while (message.ends_with('\n') || message.ends_with(' ')) message.remove_suffix(1);
  return message.empty() ? "unknown error" : Printable(message);
}

std::string ToHex(const git_oid& oid) {
  std::string hex(GIT_OID_HEXSZ, '0');
  git_oid_fmt(hex.data(), &oid);
  return hex;
}

std::optional<git_oid> ParseOid(std::string_view hex) {
  git_oid oid{};
  // What is no hex libgit2 reports as an error, which takes a Library; a message of a child is read without one.
  if (hex.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) return std::nullopt;
  if (hex.size() != GIT_OID_HEXSZ || git_oid_fromstrn(&oid, hex.data(), hex.size()) != 0) return std::nullopt;
  return oid;
}

bool IsBranchName(std::string_view branch) {
  const bool bounded = !branch.empty() && branch.size() <= 200 && branch.front() != '-';
  if (!bounded || branch.find('\0') != std::string_view::npos) return false;
  int valid = 0;
  git_reference_name_is_valid(&valid, ("refs/heads/" + std::string(branch)).c_str());
  return valid == 1;
}

std::string Printable(std::string_view text, std::size_t max) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (char c : text) {
    if (out.size() + 4 > max) return out + "...";
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      out += c;
    } else {
      out += "\\x";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

}  // namespace tinyforge::git
