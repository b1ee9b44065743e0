// Named places before and after side effects, where a test may kill the program, make the operation fail or delay it.
//
// Only in a build with the CMake option TINYFORGE_FAILPOINTS (preset "failpoints"); in every other they compile to
// nothing. The environment says what happens:
//
//   TF_FAILPOINT=NAME:kill|error|delay[=500ms][@N][,…]   at the N-th passing of NAME in this process, the first unless
//                                                        said: SIGKILL to itself; the operation answers a Transient
//                                                        error; a sleep, of 1 s unless said
//   TF_FAILPOINT_LIST=FILE                               appends "NAME@N" at each of the first 16 passings of a name
//
// Names read subject.operation.moment: docker.container-create.before, facts.rename.after.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/error.h"
#include "api-types/meta/time.h"

namespace tinyforge {

#ifdef TINYFORGE_FAILPOINTS

namespace failpoint {

enum class Action { Kill, Error, Delay };

struct Order {
  std::string name;
  Action action = Action::Kill;
  unsigned at = 1;  // which passing
  Duration delay = std::chrono::seconds(1);
  bool operator==(const Order&) const = default;
};

Expected<std::vector<Order>> Parse(std::string_view text);

// One passing. Orders that cannot be read end the program with a message.
Expected<void> Pass(std::string name);

}  // namespace failpoint

#endif

// Passes the point whose name the parts make up. Usable as: if (auto passed = Failpoint("facts.temp.before"); !passed)
// return passed;
template <class... Parts>
Expected<void> Failpoint([[maybe_unused]] const Parts&... parts) {
#ifdef TINYFORGE_FAILPOINTS
  std::string name;
  (name.append(parts), ...);
  return failpoint::Pass(std::move(name));
#else
  return {};
#endif
}

}  // namespace tinyforge
