// Decodes compose files given as text, in the forms that the loader gives them, with variables and env files in memory.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "api-types/doc/yaml.h"
#include "reconcilers/source/compose/canonical.h"
#include "reconcilers/source/compose/decode.h"
#include "tests/fakes/fake_tree.h"

namespace tinyforge::compose {

class Decoding : public ::testing::Test {
 protected:
  Expected<Project> Decode(std::string_view text) {
    auto parsed = doc::ParseYaml({text});
    if (const auto* error = std::get_if<doc::ParseError>(&parsed)) return Error{ErrorKind::Invalid, error->message};
    root = std::get<doc::Node>(std::move(parsed));
    FakeTree tree;
    ReadSet read_set;
    LoadSession session(tree, read_set, "");
    static_cast<void>(session.Register("compose.yaml"));
    if (auto done = MakeCanonical(session, root); !done) return std::move(done).error();
    return DecodeRoot();
  }

  Expected<Project> DecodeRoot() {
    Surroundings surroundings{
        .variables =
            [this](std::string_view name) {
              const auto found = variables.find(name);
              return found == variables.end() ? std::nullopt : std::optional(found->second);
            },
        .env_file = [this](const EnvFile& file, const Variables& lookup) { return ReadEnvFile(file, lookup); }};
    return compose::Decode(
        {.name = "shop", .root = root, .disabled = disabled, .files = {"compose.yaml"}, .surroundings = surroundings});
  }

  // A file whose only service "web" has an image and these keys, each on a line of its own.
  static std::string Web(std::string_view keys) {
    std::string text = "services:\n  web:\n    image: nginx\n    ";
    for (const char c : keys) text += c == '\n' ? std::string("\n    ") : std::string(1, c);
    return text + "\n";
  }

  Service WebService(std::string_view keys, std::string_view rest = "") {
    auto project = Decode(Web(keys) + std::string(rest));
    if (project) return project->services.at("web");
    ADD_FAILURE() << project.error().message;
    return {};
  }

  // The message for Web(keys), or for a whole file.
  std::string WebError(std::string_view keys, std::string_view rest = "") {
    return FileError(Web(keys) + std::string(rest));
  }
  std::string FileError(std::string_view text) {
    auto project = Decode(text);
    return project ? "(no error)" : project.error().message;
  }

  StringMap variables;
  std::map<std::string, Assignments> env_files;
  std::vector<std::string> looked_up;  // names that an env file asks for
  doc::Node root;
  doc::Node disabled = doc::Node::Map();

 private:
  Expected<Assignments> ReadEnvFile(const EnvFile& file, const Variables& lookup) {
    const auto found = env_files.find(file.path + (file.raw ? " raw" : ""));
    if (found == env_files.end()) return Error{ErrorKind::NotFound, "no file " + file.path + " in the repository"};
    Assignments result = found->second;
    for (auto& [name, text] : result)
      if (text && text->starts_with('$')) text = lookup(text->substr(1)).value_or("");
    return result;
  }
};

}  // namespace tinyforge::compose
