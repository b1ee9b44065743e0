// Writes what bindings have set into the config repository, where they say so, once it has run well. Level-based: what
// is to be written is read from facts and manifests, so a crash or a push that fails loses nothing.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "api-types/meta/condition.h"
#include "api-types/v1/status.h"
#include "controller/runtime/clock.h"
#include "controller/runtime/guarded.h"
#include "controller/runtime/log.h"
#include "controller/trigger/route_book.h"
#include "reconcilers/core/repo_writer.h"
#include "reconcilers/source/source_kind.h"

namespace tinyforge {

struct WriteBackPorts {
  ConfigReader& config;
  RouteBook& routes;
  FactStore& facts;
  RepoWriter& writer;
  SecretReader& secrets;
  const Clock& clock;
  Logger& log;
};

struct WriteBackOptions {
  Duration window = std::chrono::seconds(2);  // what is accepted with no longer pauses becomes one commit
  Duration pause = std::chrono::seconds(10);  // after a failure; after each further one twice as long, up to 10 min
  // Why nothing may be changed now; empty text: all may be.
  std::function<std::string()> read_only = [] { return std::string(); };
  std::function<void()> on_written;                       // the watched branch may have what is not in force yet
  std::function<void(const ObjectKey& binding)> on_news;  // what ConditionOf says of it changed
};

// Thread-safe.
class WriteBack {
 public:
  WriteBack(WriteBackPorts ports, WriteBackOptions options);
  ~WriteBack();  // Stop
  WriteBack(const WriteBack&) = delete;
  WriteBack& operator=(const WriteBack&) = delete;

  void Start();
  void Stop();
  // A revision came into force.
  void Wake();
  // A workload, or a service of one, that has come to run well what another than the manifest decided on is what there
  // is to write.
  void OnStatus(const std::string& workload, const v1::Status& status);

  static constexpr std::string_view kCondition = "WriteBack";
  // How the last write of a binding went, or that there will be none; empty: it has none behind it.
  std::optional<Condition> ConditionOf(const v1::Object& binding);

 private:
  struct Proposal {
    VersionEdit edit;
    std::string binding;
    std::string line;  // "shop/web: 1.4.2 -> 1.5.0 (trigger shop-image, delivery 0abc…)"
    bool operator==(const Proposal&) const = default;
  };
  using Proposals = std::vector<Proposal>;
  struct Change;
  struct Work;
  struct State {
    bool awake = false;
    std::map<std::string, std::string> ready;     // by workload: what it was last seen to run well, and by whom
    std::map<std::string, Condition> conditions;  // by binding
    std::map<std::string, Proposals> written;     // by branch for review: what was last put there
    int failures = 0;                             // in a row
  };

  void Run(std::stop_token stop);
  void AwaitCalm(std::stop_token stop);
  bool TryAll(std::stop_token stop);
  bool WriteAll(std::stop_token stop);
  void ForgetFailuresBut(const Work& work);
  Work Wanted();
  std::vector<Change> ChangesOf(const ConfigSnapshot& snapshot, const v1::Object& workload, const SourceImages& bound);
  std::optional<Change> ChangeOf(const ConfigSnapshot& snapshot, const v1::Object& workload,
                                 const SourceImages::value_type& image);
  void Refuse(const Work& work);
  bool Write(const std::string& branch, const Proposals& proposals, std::stop_token stop);
  void Note(const Proposals& proposals, const Condition& condition);
  static Proposals WithoutBasis(Proposals proposals);
  static std::string MessageOf(const Proposals& proposals);

  const WriteBackPorts ports_;
  const WriteBackOptions options_;
  Guarded<State> state_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace tinyforge
