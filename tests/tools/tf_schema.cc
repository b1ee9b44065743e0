// Prints or writes the JSON Schemas: tf-schema KIND, or tf-schema --write FOLDER.
#include <array>
#include <fstream>
#include <iostream>
#include <string>

#include "api-types/codec/schema.h"

namespace {

constexpr std::array kKinds = {tinyforge::Kind::Workload, tinyforge::Kind::Trigger, tinyforge::Kind::Binding,
                               tinyforge::Kind::Secret};

int WriteAll(const std::string& folder) {
  for (const tinyforge::Kind kind : kKinds) {
    std::string name(ToString(kind));
    name.front() = static_cast<char>(name.front() + 32);
    std::ofstream file(folder + "/" + name + ".json", std::ios::binary);
    file << tinyforge::codec::JsonSchema(kind);
    if (!file.flush()) {
      std::cerr << "tf-schema: cannot write " << folder << "/" << name << ".json\n";
      return 1;
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string first = argc > 1 ? argv[1] : "";
  if (first == "--write" && argc == 3) return WriteAll(argv[2]);
  const auto kind = tinyforge::ParseKind(first);
  if (!kind || argc != 2) {
    std::cerr << "usage: tf-schema KIND | tf-schema --write FOLDER\n";
    return 2;
  }
  std::cout << tinyforge::codec::JsonSchema(*kind);
  return 0;
}
