#include "controller/runtime/failpoint.h"

namespace tinyforge::failpoint {

bool Armed() {
  return false;
}

Expected<void> Pass(std::string) {
  return {};
}

}  // namespace tinyforge::failpoint
