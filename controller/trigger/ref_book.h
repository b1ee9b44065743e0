// What polls of git repositories saw last, what moved since, and which of that a webhook has told already.
#pragma once

#include <compare>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "controller/runtime/clock.h"
#include "controller/runtime/guarded.h"
#include "reconcilers/core/facts.h"
#include "reconcilers/trigger/watched_refs.h"

namespace tinyforge {

// One repository of one trigger.
struct RefKey {
  std::string trigger;
  std::string url;
  auto operator<=>(const RefKey&) const = default;
};

// What a listing of it said.
struct RefLook {
  RefKey key;
  RefPatterns patterns;
  GitRefs refs;        // those that the patterns select; at most kMaxSeenRefs
  SteadyTime asked{};  // when the listing began
};

// Thread-safe. Of each repository of each trigger:
// - The first look ever is a baseline: nothing moved.
// - A ref that is there for the first time, or points elsewhere than before, moved. One that is gone did not.
// - When the patterns change, refs that were followed before go on being followed; of the others the next look is the
//   baseline.
// - What a webhook told moves here too, so that no look finds it again; and the other way round. For a minute it is
//   believed more than looks, since servers tell of a push before all of them show it.
class RefBook {
 public:
  // Reads the ledger.
  RefBook(RefLedger& ledger, const Clock& clock);

  struct Moves {
    std::vector<GitPushed> pushes;  // in the order in which they are to be acted on
    bool earlier = false;           // compared with what an earlier process saw, which may have acted on them already
  };
  // What moved since the look before. One look at one key at a time.
  Moves Compare(const RefLook& look);
  // The look is the one before the next. After Compare, and once what moved has been acted on.
  void Note(const RefLook& look);

  // A webhook told of a push to the trigger. False: a look found it within the last ten minutes, so that it is none.
  bool Hear(const std::string& trigger, const GitPushed& push);

  // What a look found failed: a webhook that tells of it again is heard.
  void Forget(const std::string& trigger, const GitPushed& push);

  // Forgets all others.
  void Keep(const std::set<RefKey>& keys);
  // Whether Save has something to write.
  bool IsUnsaved();
  // Makes durable what changed; nothing changed: nothing is written. What `first` fails with puts it off: it is called
  // once it is settled what is to be written, so that all which Hear was told of by then can be made durable before.
  Expected<void> Save(const std::function<Expected<void>()>& first = [] { return Expected<void>(); });

 private:
  struct Found {
    std::string commit;
    SteadyTime at{};
  };
  struct Page {
    RefPatterns patterns;
    GitRefs refs;
    bool earlier = false;                     // read from the ledger, and no look since
    std::map<std::string, SteadyTime> heard;  // by ref: a webhook told of it lately
    std::map<std::string, Found> found;       // by ref: what looks found lately
  };
  struct State {
    std::map<RefKey, Page> pages;
    bool dirty = false;
  };

  static bool IsNews(const Page& page, const RefLook& look, const std::string& ref, const std::string& commit);
  bool HearOn(Page& page, const GitPushed& push, SteadyTime now, bool& dirty);

  RefLedger& ledger_;
  const Clock& clock_;
  Guarded<State> state_;
  std::mutex saving_;
};

}  // namespace tinyforge
