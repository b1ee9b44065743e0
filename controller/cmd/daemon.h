// tinyforged wired together: which part is given which.
#pragma once

#include <memory>
#include <stop_token>

#include "api-types/meta/error.h"
#include "controller/cmd/config.h"
#include "controller/runtime/log.h"
#include "controller/runtime/redactor.h"

namespace tinyforge::cmd {

class Daemon {
 public:
  // Invalid when the configuration cannot be (a repository URL, a subnet, an address in use); Transient when the state
  // directory cannot be used. Touches neither network nor Engine.
  static Expected<std::unique_ptr<Daemon>> Make(const Config& config, std::shared_ptr<Redactor> redactor, Logger& log);
  ~Daemon();

  // Works until `stop` is requested; then ends within seconds, whatever is under way.
  void Run(std::stop_token stop);

 private:
  struct Parts;
  explicit Daemon(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace tinyforge::cmd
