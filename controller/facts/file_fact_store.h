// The durable facts, one small JSON file a workload.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "controller/runtime/guarded.h"
#include "controller/runtime/log.h"
#include "reconcilers/core/ports.h"

namespace tinyforge {

// <state-dir>/facts/<workload>.json, 0600, at most 16 KiB. A Save that returned success is on the disk. A file that
// cannot be understood is renamed to <workload>.json.damaged, logged, and counts as empty facts. Keys of other versions
// are kept. What was read or saved once is answered from memory, so another hand's edit shows after a restart.
// Thread-safe.
class FileFactStore : public FactStore {
 public:
  FileFactStore(std::string state_dir, Logger& log);
  ~FileFactStore() override;

  // Invalid for what is no workload name, Transient when the file cannot be read now.
  Expected<Facts> Load(std::string_view workload) override;
  // Bounds lists and messages so that the file fits. Facts that are as stored write nothing; empty ones remove the
  // file.
  Expected<void> Update(std::string_view workload, const Change& change) override;
  Expected<std::map<std::string, Facts>> All() override;
  // The path of a file that was set aside.
  Expected<std::string> Damaged() override;

 private:
  struct Document;  // facts and the JSON they stand in
  using Cache = std::map<std::string, std::unique_ptr<Document>, std::less<>>;

  static std::string Render(Document& document);
  Expected<std::vector<std::string>> Names(std::string_view ending) const;
  Expected<Document*> Find(Cache& cache, std::string_view workload);
  Expected<Document> Read(const std::string& name);
  Expected<void> Write(const std::string& name, const std::string& text);

  std::string directory_;
  Logger& log_;
  Guarded<Cache> cache_;
};

}  // namespace tinyforge
