// What git forges have in common in what they say of a push.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reconcilers/core/inbound_event.h"
#include "reconcilers/inbound/payload.h"
#include "reconcilers/inbound/webhook.h"

namespace tinyforge::inbound {

struct GitRef {
  GitPushed::Ref kind = GitPushed::Ref::Branch;
  std::string name;
};

// "refs/heads/main", "refs/tags/v1". Empty for other refs (notes, changes), which are of no concern, and for what is no
// ref by git-check-ref-format(1), which is refused.
std::optional<GitRef> ReadRef(const Field& field);
// The name of a branch or tag that stands there without refs/…, or with it.
std::string ReadRefName(const Field& field, GitPushed::Ref kind);

// 40 or 64 hexadecimal digits, made lower case.
std::string ReadCommit(const Field& field);
// The same where it is of less concern: empty when it is absent or no commit.
std::string ReadOptionalCommit(const Field& field);
// Forges say so, with digits all zero, that the ref is or was not there.
bool IsNoCommit(std::string_view commit);

// The texts of these keys that are there.
std::vector<std::string> ReadUrls(const Field& repository, std::initializer_list<std::string_view> keys);

// The files that the listed commits add, change or remove, sorted. Empty when that is not all that changed, as far as
// the list itself tells: it is empty, has a commit without files, or not the one the push ends with.
std::optional<std::vector<std::string>> ReadChangedFiles(const Field& commits, std::string_view head);

// A push as GitHub has it, and those that imitate it: ref, before, after, commits, head_commit, repository. What needs
// no event is ignored in `delivery`, and the answer is empty.
std::optional<GitPushed> ReadForgePush(const Field& body, WebhookDelivery& delivery);

void Ignore(WebhookDelivery& delivery, std::string_view reason);

}  // namespace tinyforge::inbound
