// What a remote says about a push while it goes on. Internal to controller/git; lives in the child.
#pragma once

#include <git2.h>

#include <optional>
#include <string>
#include <string_view>

#include "controller/git/git_failure.h"

namespace tinyforge::git {

// Of one push of one reference.
class PushReport {
 public:
  // The push goes on only if the remote has `reference` at `expected` when it begins (empty: does not have it).
  PushReport(std::string reference, std::optional<git_oid> expected)
      : reference_(std::move(reference)), expected_(expected) {}

  // What libgit2 tells. Begin answers 0 to go on.
  int Begin(const git_push_update** updates, std::size_t count);
  void Answer(std::string_view reference, const char* refusal);
  void Say(std::string_view text);

  bool begun() const { return begun_; }        // something may have been sent
  bool accepted() const { return accepted_; }  // the remote said that the reference is where it should be
  // Why the remote, or Begin, did not take it; empty as long as nothing was said.
  std::optional<GitFailure> Refusal() const;

 private:
  // What hooks and the server wrote, on one line, printable and cut.
  std::string Said() const;

  std::string reference_;
  std::optional<git_oid> expected_;
  std::string said_;
  std::optional<std::string> refusal_;
  bool moved_ = false;
  bool begun_ = false;
  bool accepted_ = false;
};

}  // namespace tinyforge::git
