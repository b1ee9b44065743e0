// What nobody else knows: small, durable, and written before the act or the answer that relies on it (design 4.6).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/error.h"
#include "api-types/meta/object.h"
#include "api-types/meta/time.h"
#include "reconcilers/core/image_version.h"

namespace tinyforge {

// A verdict on a release that must not be tried again.
struct FailedRelease {
  std::string release;  // hash of all that was asked for: spec, template, files
  std::string image_id;
  std::string message;     // exit code and the like
  std::string last_lines;  // of its log, redacted; at most 1 KiB; kept of the newest alone
  SysTime at{};
  bool operator==(const FailedRelease&) const = default;
};

// A version that ran well.
struct GoodRelease {
  Revision revision;      // that first brought it up
  std::string reference;  // of its image, as asked for
  std::string image_id;
  std::string version;  // for people: "1.4.2"
  SysTime at{};
  std::string digest{};  // by which its registry knows it; empty: it came from none
  bool operator==(const GoodRelease&) const = default;
};

// A version that a person put in the place of the manifest's. It holds while the manifest asks for `base`.
struct Pin {
  std::string reference;  // of the image to run: by tag, by digest or an image id
  std::string version;    // for people
  std::string base;       // the reference in the manifest that it stands in for
  SysTime at{};
  bool operator==(const Pin&) const = default;
};

// The image of a release that has begun and has not run well yet.
struct CandidateImage {
  std::string reference;  // as asked for
  std::string image_id;   // empty: its pull has begun, and nothing is known of its end
  bool operator==(const CandidateImage&) const = default;
};

// An image that a workload needs no more, until it is gone from the host.
struct SupersededImage {
  std::string reference;  // as asked for
  std::string image_id;   // empty: see CandidateImage
  std::string cause;      // "not among the last 3 good releases"
  std::string kept;       // why it is still there, as last seen; empty: nobody has looked yet
  SysTime at{};
  bool operator==(const SupersededImage&) const = default;
};

// A version that a binding, or a person by `tfctl deploy`, put in the place of the manifest's.
struct TriggeredVersion {
  std::string binding;  // its name; empty: tfctl deploy
  ImageVersion version;
  std::string base;      // the reference that the manifest had when it was set
  bool policy = false;   // it holds whatever the manifest says; else while that asks for `base`
  bool written = false;  // the manifest has said this version since
  std::string why;       // one line
  std::string delivery;  // id of the delivery that brought it; empty: none did
  SysTime at{};
  ImageVersion replaced{};  // what the same binding had set before, of an event; empty: nothing
  bool operator==(const TriggeredVersion&) const = default;
};

// That a person or a schedule asked for containers made anew, of what is there already.
struct Remake {
  SysTime at{};
  std::string why;         // one line
  std::string delivery{};  // id of the delivery that asked; empty: none did
  bool operator==(const Remake&) const = default;
};

// A container that another tool made and that was taken over where it stands. No label can be given to it any more:
// those that it counts as bearing stand here.
struct AdoptedContainer {
  std::string id;
  std::string name;  // at that time
  StringMap labels;  // ours, as a create would have set them
  bool operator==(const AdoptedContainer&) const = default;
};

inline constexpr std::size_t kMaxAdopted = 8;  // of one service

// What nobody else knows about one workload (design 4.6). Durable before the act that relies on it.
struct Facts {
  std::vector<FailedRelease> failed;  // newest last, at most 8
  std::vector<GoodRelease> good;      // newest last, at most spec.rollout.retain; no image twice
  std::optional<CandidateImage> candidate;
  std::vector<SupersededImage> superseded;  // newest last, at most 16; none twice
  std::optional<Pin> pin;
  std::vector<TriggeredVersion> versions;  // newest last, at most 8; one a binding
  std::vector<ExcludedVersion> excluded;   // that no policy may choose: newest last, at most 8
  std::string approved;                    // digest of the promotion that a person approved
  std::optional<Remake> remake;            // the last one
  std::vector<AdoptedContainer> adopted;   // at most kMaxAdopted; those that are gone are left out once it runs well
  std::string adopted_project;             // of docker compose: the last one that containers were taken over of
  std::string done;                        // the release that has completed, until one runs; see ReleaseJudge
  bool suspended = false;                  // by a person, beside spec.suspend
  bool stopped = false;                    // on purpose
  std::vector<std::string> hooked{};  // short ids of containers whose hooks ended well after our last start of them
  SysTime stop_began{};               // of the last stop on purpose
  SysTime retried{};                  // when a person last asked for another try: what failed before may be tried again
  // deletionPolicy of the manifest when it was last seen: its containers outlive it. Empty: it is not known.
  std::optional<bool> orphan{};
  bool operator==(const Facts&) const = default;
};

// By workload, and by service of one that has many: see FactKeyOf.
class FactStore {
 public:
  virtual ~FactStore() = default;
  virtual Expected<Facts> Load(std::string_view workload) = 0;  // none stored: empty facts
  // Loads, changes and saves as one step, so that of two callers none undoes what the other wrote. What does not differ
  // is not written.
  using Change = std::function<void(Facts&)>;
  virtual Expected<void> Update(std::string_view workload, const Change& change) = 0;
  // Of everything that something is stored of, by key, of removed workloads too.
  virtual Expected<std::map<std::string, Facts>> All() = 0;
  // What could not be understood and was set aside: what it said is not known. Empty: nothing.
  virtual Expected<std::string> Damaged() = 0;
};

// A webhook secret that was replaced and is honoured for a while.
struct RetiredHook {
  std::string trigger;  // its name
  std::string digest;   // keyed digest of the secret, hex
  SysTime until{};
  bool operator==(const RetiredHook&) const = default;
};

// The fact of the installation that what still calls by an old secret is not cut off by a restart.
class HookLedger {
 public:
  virtual ~HookLedger() = default;
  virtual std::vector<RetiredHook> Load() = 0;  // none stored, or unreadable: empty
  virtual Expected<void> Save(const std::vector<RetiredHook>& retired) = 0;
};

// What polling saw last of one repository for one trigger.
struct SeenRefs {
  std::string trigger;                      // its name
  std::string url;                          // of the repository
  std::vector<std::string> patterns;        // of the refs that were followed, sorted
  std::map<std::string, std::string> refs;  // commit by "refs/heads/…" and "refs/tags/…"; at most kMaxSeenRefs
  bool operator==(const SeenRefs&) const = default;
};

inline constexpr std::size_t kMaxSeenRefs = 1000;

// The fact of the installation that a push which no webhook told of, and that came while the controller was down, is
// seen as one.
class RefLedger {
 public:
  virtual ~RefLedger() = default;
  virtual std::vector<SeenRefs> Load() = 0;  // none stored, or unreadable: empty
  virtual Expected<void> Save(const std::vector<SeenRefs>& seen) = 0;
};

}  // namespace tinyforge
