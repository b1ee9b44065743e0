// What happens at the failpoints (controller/runtime/failpoint.h) of a program that links this; the environment says:
//
//   TF_FAILPOINT=NAME:kill|error|delay[=500ms][@N][,…]   at the N-th passing of NAME in this process, the first unless
//                                                        said: SIGKILL to itself; the operation answers a Transient
//                                                        error; a sleep, of 1 s unless said
//   TF_FAILPOINT_LIST=FILE                               appends "NAME@N" at each of the first 16 passings of a name
//
// Orders that cannot be read end the program with a message. An underscore in a name is read as a hyphen.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/error.h"
#include "api-types/meta/time.h"

namespace tinyforge::failpoint {

enum class Action { Kill, Error, Delay };

struct Order {
  std::string name;
  Action action = Action::Kill;
  unsigned at = 1;  // which passing
  Duration delay = std::chrono::seconds(1);
  bool operator==(const Order&) const = default;
};

Expected<std::vector<Order>> Parse(std::string_view text);

}  // namespace tinyforge::failpoint
