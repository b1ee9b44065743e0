// A config repository that takes what is written to it, or refuses.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reconcilers/core/repo_writer.h"
#include "tests/fakes/awaited.h"

namespace tinyforge {

class FakeRepoWriter final : public RepoWriter {
 public:
  struct Seen {
    std::vector<WriteBackRequest> requests;
    std::optional<Error> refusal;
    std::vector<std::string> dropped;  // what a write leaves out
  };
  Awaited<Seen> seen;

  static std::string CommitOf(std::size_t request) {
    std::string id = std::to_string(request);
    return std::string(40 - id.size(), '0') + id;
  }

  Expected<WriteBackResult> Write(const WriteBackRequest& request, std::stop_token) override {
    Expected<WriteBackResult> result(WriteBackResult{});
    seen.Do([&](Seen& s) {
      s.requests.push_back(request);
      if (s.refusal)
        result = *s.refusal;
      else
        result = WriteBackResult{CommitOf(s.requests.size()), s.dropped};
    });
    return result;
  }
};

}  // namespace tinyforge
