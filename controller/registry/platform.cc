#include "controller/registry/platform.h"

#include <sys/utsname.h>

#include <array>
#include <string_view>

namespace tinyforge::registry {
namespace {

struct Machine {
  std::string_view kernel;  // as uname names it
  std::string_view architecture;
  std::string_view variant;
};

constexpr std::array<Machine, 10> kMachines = {{{"x86_64", "amd64", ""},
                                                {"aarch64", "arm64", "v8"},
                                                {"armv7l", "arm", "v7"},
                                                {"armv6l", "arm", "v6"},
                                                {"i686", "386", ""},
                                                {"i386", "386", ""},
                                                {"ppc64le", "ppc64le", ""},
                                                {"s390x", "s390x", ""},
                                                {"riscv64", "riscv64", ""},
                                                {"loongarch64", "loong64", ""}}};

}  // namespace

std::string Platform::text() const {
  return os + "/" + architecture + (variant.empty() ? "" : "/" + variant);
}

Platform HostPlatform() {
  utsname names{};
  uname(&names);
  for (const Machine& machine : kMachines) {
    if (machine.kernel == names.machine)
      return {.architecture = std::string(machine.architecture), .variant = std::string(machine.variant)};
  }
  return {.architecture = names.machine};
}

}  // namespace tinyforge::registry
