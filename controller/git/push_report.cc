#include "controller/git/push_report.h"

#include <algorithm>
#include <array>

#include "controller/git/git2.h"

namespace tinyforge::git {
namespace {

constexpr std::size_t kMaxKept = 4096;
constexpr std::size_t kMaxSaid = 400;

// What git and its relatives answer for a reference that another push has moved or holds at the moment. "failed to
// update ref" is also what a full disk gives there: the next try tells.
bool IsRace(std::string_view refusal) {
  constexpr std::array<std::string_view, 9> kRaces{
      "fetch first",          "non-fast-forward",         "stale info",
      "cannot lock ref",      "unable to lock ref",       "failed to lock",
      "failed to update ref", "reference already exists", "incorrect old value"};
  return std::any_of(kRaces.begin(), kRaces.end(),
                     [&](std::string_view race) { return refusal.find(race) != std::string_view::npos; });
}

}  // namespace

int PushReport::Begin(const git_push_update** updates, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (reference_ != updates[i]->dst_refname) continue;
    const bool there = git_oid_is_zero(&updates[i]->src) == 0;
    moved_ = there != expected_.has_value() || (there && git_oid_equal(&updates[i]->src, &*expected_) == 0);
  }
  begun_ = !moved_;
  return moved_ ? GIT_EUSER : 0;
}

void PushReport::Answer(std::string_view reference, const char* refusal) {
  if (reference != reference_) return;
  if (refusal == nullptr)
    accepted_ = true;
  else
    refusal_ = Printable(refusal, kMaxSaid);
}

void PushReport::Say(std::string_view text) {
  said_.append(text.substr(0, kMaxKept - std::min(kMaxKept, said_.size())));
}

std::string PushReport::Said() const {
  std::string line;
  for (const char c : said_) {
    const bool blank = c == '\n' || c == '\r' || c == '\t' || c == ' ';
    if (!blank) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  while (line.ends_with(' ')) line.pop_back();
  return Printable(line, kMaxSaid);
}

std::optional<GitFailure> PushReport::Refusal() const {
  if (moved_) return GitFailure{GitReason::Raced, reference_ + " has moved since it was read"};
  if (!refusal_) return std::nullopt;
  const std::string said = Said();
  const std::string text = *refusal_ + (said.empty() ? "" : " (it said: " + said + ")");
  if (IsRace(*refusal_)) return GitFailure{GitReason::Raced, text};
  return GitFailure{GitReason::Declined,
                    "the server declined the push to " + Printable(reference_) + ": " + text +
                        "; allow this account to push there, or let writeBack go to a branch for review"};
}

}  // namespace tinyforge::git
