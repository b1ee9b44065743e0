// tfctl fire, replay, rotate, deploy, promote, approve promotion.
#pragma once

#include <string>

#include "controller/cmd/tfctl/session.h"

namespace tinyforge::tfctl {

struct DeliverOptions {
  std::string name;  // of the trigger, or id of the delivery; also as KIND/NAME
  std::string wait;  // how long to wait for the outcomes; empty: not at all
};
// Print the delivery as it was accepted; after a wait its outcomes, and then fail when one of them is errored or not
// known yet.
int Fire(const Session& session, const DeliverOptions& options);
int Replay(const Session& session, const DeliverOptions& options);

struct RotateOptions {
  std::string trigger;
  std::string grace;  // how long the old one is honoured, "0s": no more; empty: a day
};
// Prints where the new webhook secret stands, never the secret itself, and until when which old one is honoured.
int Rotate(const Session& session, const RotateOptions& options);

struct DeployOptions {
  std::string workload;
  std::string version;  // empty: what its tag points to now
};
// These three print what comes of it.
int Deploy(const Session& session, const DeployOptions& options);
int Promote(const Session& session, const std::string& workload);
int ApprovePromotion(const Session& session, const std::string& workload);

}  // namespace tinyforge::tfctl
