// Named places before and after side effects, where a test may kill the program, make the operation fail or delay it.
//
// The linker decides what happens there: every program has failpoint.cc, where nothing does, but for those of tests
// that link tests/failpoints/ instead, which obeys the environment. All other objects of a program are the same, so
// what the tests kill is what is shipped.
//
// Names read subject.operation.moment: docker.container-create.before, facts.rename.after.
#pragma once

#include <string>

#include "api-types/meta/error.h"

namespace tinyforge {

namespace failpoint {

// Whether anything happens at a place, so that names are made up only where it does; constant. Thread-safe, as is Pass.
bool Armed();

// One passing.
Expected<void> Pass(std::string name);

}  // namespace failpoint

// Passes the point whose name the parts make up. Usable as: if (auto passed = Failpoint("facts.temp.before"); !passed)
// return passed;
template <class... Parts>
Expected<void> Failpoint(const Parts&... parts) {
  if (!failpoint::Armed()) return {};
  std::string name;
  (name.append(parts), ...);
  return failpoint::Pass(std::move(name));
}

}  // namespace tinyforge
