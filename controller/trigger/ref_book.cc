#include "controller/trigger/ref_book.h"

#include <algorithm>
#include <utility>

#include "reconcilers/trigger/kind/git_trigger.h"

namespace tinyforge {
namespace {

constexpr auto kFoundLately = std::chrono::minutes(10);
constexpr auto kSettles = std::chrono::minutes(1);
constexpr std::size_t kMaxName = 250;

// What a sender says is kept only if it can be compared with what a repository says.
bool IsWellFormed(const GitPushed& push) {
  const auto hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return push.name.size() <= kMaxName && (push.commit.size() == 40 || push.commit.size() == 64) &&
         std::ranges::all_of(push.commit, hex);
}

}  // namespace

RefBook::RefBook(RefLedger& ledger, const Clock& clock) : ledger_(ledger), clock_(clock) {
  auto state = state_.Lock();
  for (SeenRefs& seen : ledger_.Load()) {
    Page& page = state->pages[{seen.trigger, seen.url}];
    page.patterns = RefPatterns(seen.patterns.begin(), seen.patterns.end());
    page.refs = std::move(seen.refs);
    page.earlier = true;
  }
}

bool RefBook::IsNews(const Page& page, const RefLook& look, const std::string& ref, const std::string& commit) {
  const auto heard = page.heard.find(ref);
  if (heard != page.heard.end() && heard->second + kSettles >= look.asked) return false;
  const auto before = page.refs.find(ref);
  if (before != page.refs.end()) return before->second != commit;
  return page.patterns == look.patterns || IsWatched(page.patterns, ref);
}

RefBook::Moves RefBook::Compare(const RefLook& look) {
  auto state = state_.Lock();
  const auto known = state->pages.find(look.key);
  if (known == state->pages.end()) return {};
  Page& page = known->second;
  Moves moves{.earlier = page.earlier};
  for (const auto& [ref, commit] : look.refs) {
    if (!IsNews(page, look, ref, commit)) continue;
    page.found[ref] = {commit, clock_.Now()};
    moves.pushes.push_back(PushOf(look.key.url, ref, commit));
    if (const auto before = page.refs.find(ref); before != page.refs.end()) moves.pushes.back().before = before->second;
  }
  SortPushes(moves.pushes);
  return moves;
}

void RefBook::Note(const RefLook& look) {
  auto state = state_.Lock();
  const bool fresh = !state->pages.contains(look.key);
  Page& page = state->pages[look.key];
  GitRefs refs = look.refs;
  std::erase_if(page.heard, [&](const auto& entry) { return entry.second + kSettles < look.asked; });
  for (const auto& [ref, at] : page.heard)
    if (const auto heard = page.refs.find(ref); heard != page.refs.end()) refs[ref] = heard->second;
  std::erase_if(page.found, [&](const auto& entry) { return entry.second.at + kFoundLately < clock_.Now(); });
  state->dirty = state->dirty || fresh || page.refs != refs || page.patterns != look.patterns;
  page.refs = std::move(refs);
  page.patterns = look.patterns;
  page.earlier = false;
}

bool RefBook::HearOn(Page& page, const GitPushed& push, SteadyTime now, bool& dirty) {
  const std::string ref = RefOf(push);
  if (!IsWellFormed(push) || !IsWatched(page.patterns, ref)) return true;
  const auto found = page.found.find(ref);
  if (found != page.found.end() && found->second.commit == push.commit && found->second.at + kFoundLately >= now)
    return false;
  if (!page.refs.contains(ref) && page.refs.size() >= kMaxSeenRefs) return true;
  std::string& commit = page.refs[ref];
  dirty = dirty || commit != push.commit;
  commit = push.commit;
  page.heard[ref] = now;
  return true;
}

bool RefBook::Hear(const std::string& trigger, const GitPushed& push) {
  auto state = state_.Lock();
  bool is_news = true;
  for (auto page = state->pages.lower_bound({trigger, ""}); page != state->pages.end(); ++page) {
    if (page->first.trigger != trigger) break;
    if (IsPushTo(push, page->first.url)) is_news = HearOn(page->second, push, clock_.Now(), state->dirty) && is_news;
  }
  return is_news;
}

void RefBook::Forget(const std::string& trigger, const GitPushed& push) {
  auto state = state_.Lock();
  for (auto& [key, page] : state->pages)
    if (key.trigger == trigger && IsPushTo(push, key.url)) page.found.erase(RefOf(push));
}

void RefBook::Keep(const std::set<RefKey>& keys) {
  auto state = state_.Lock();
  const auto gone = std::erase_if(state->pages, [&](const auto& page) { return !keys.contains(page.first); });
  state->dirty = state->dirty || gone > 0;
}

bool RefBook::IsUnsaved() {
  return state_.Lock()->dirty;
}

Expected<void> RefBook::Save(const std::function<Expected<void>()>& first) {
  const std::lock_guard one_at_a_time(saving_);
  std::vector<SeenRefs> seen;
  {
    auto state = state_.Lock();
    if (!std::exchange(state->dirty, false)) return {};
    for (const auto& [key, page] : state->pages)
      seen.push_back({key.trigger, key.url, {page.patterns.begin(), page.patterns.end()}, page.refs});
  }
  auto saved = first();
  if (saved) saved = ledger_.Save(seen);
  if (!saved) state_.Lock()->dirty = true;
  return saved;
}

}  // namespace tinyforge
