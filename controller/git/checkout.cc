#include "controller/git/checkout.h"

#include <utility>

#include "controller/git/git2.h"

namespace tinyforge {

struct Checkout::Handles {
  git::Library library;
  git::RepositoryPtr repository;
  git::IndexPtr index;
};

std::optional<Checkout> Checkout::Around(const std::string& folder) {
  auto handles = std::make_unique<Handles>();
  git_repository* repository = nullptr;
  if (git_repository_open_ext(&repository, folder.c_str(), 0, nullptr) != 0) return std::nullopt;
  handles->repository.reset(repository);
  const char* root = git_repository_workdir(repository);  // null for a bare one
  git_index* index = nullptr;
  if (root == nullptr || git_repository_index(&index, repository) != 0) return std::nullopt;
  handles->index.reset(index);
  std::string path(root);
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return Checkout(std::move(handles), std::move(path));
}

Checkout::Checkout(std::unique_ptr<Handles> handles, std::string root)
    : handles_(std::move(handles)), root_(std::move(root)) {}
Checkout::~Checkout() = default;
Checkout::Checkout(Checkout&&) noexcept = default;
Checkout& Checkout::operator=(Checkout&&) noexcept = default;

bool Checkout::Ignores(const std::string& path) const {
  int ignored = 0;
  if (git_ignore_path_is_ignored(&ignored, handles_->repository.get(), path.c_str()) != 0 || ignored == 0) return false;
  return git_index_get_bypath(handles_->index.get(), path.c_str(), 0) == nullptr;
}

}  // namespace tinyforge
