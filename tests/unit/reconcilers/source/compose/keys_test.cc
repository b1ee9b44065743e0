#include "reconcilers/source/compose/keys.h"

#include <fstream>
#include <set>
#include <sstream>

#include "tests/unit/reconcilers/source/compose/decoding.h"

namespace tinyforge::compose {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kTable = TINYFORGE_SOURCE_DIR "/reconcilers/source/compose/KEYS.md";
constexpr std::string_view kNamed =
    TINYFORGE_SOURCE_DIR "/tests/unit/reconcilers/source/compose/specification_keys.txt";

std::string ReadText(std::string_view path) {
  std::ifstream file{std::string(path)};
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string PathOf(const KeySection& section, const Key& key) {
  return (section.path.empty() ? "" : std::string(section.path) + ".") + std::string(key.name);
}

std::string_view Word(Outcome outcome) {
  switch (outcome) {
    case Outcome::Done: return "done";
    case Outcome::Error: return "error";
    case Outcome::Policy: return "host policy";
  }
  return "";
}

std::string Table() {
  std::string text =
      "# Keys of the Compose Specification\n\n"
      "What `source.compose` makes of every key. *done*: as the specification says. *host policy*: done where the "
      "policy "
      "of the\nhost allows it. *error*: refused, with the reason given here. A key that stands nowhere in this table "
      "is "
      "an error too;\nthose that begin with `x-` are anybody's own.\n\nThe table is written from `keys.h`; a test "
      "compares "
      "it, and with `TINYFORGE_WRITE_KEYS=1` in the environment writes it anew.\n\n"
      "| key | | |\n|---|---|---|\n";
  for (const KeySection& section : KeySections())
    for (const Key& key : section.keys)
      text += "| `" + PathOf(section, key) + "` | " + std::string(Word(key.outcome)) + " | " + std::string(key.note) +
              " |\n";
  return text;
}

TEST(ComposeKeys, TheTableIsThatOfTheDecoder) {
  if (std::getenv("TINYFORGE_WRITE_KEYS") != nullptr) std::ofstream{std::string(kTable)} << Table();
  EXPECT_EQ(ReadText(kTable), Table());
}

TEST(ComposeKeys, EveryKeyOfTheSpecificationIsInTheTable) {
  std::set<std::string> table;
  for (const KeySection& section : KeySections())
    for (const Key& key : section.keys) table.insert(PathOf(section, key));
  std::istringstream lines(ReadText(kNamed));
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    ++count;
    EXPECT_TRUE(table.contains(line)) << line;
  }
  EXPECT_GT(count, 300u);
}

TEST(ComposeKeys, EveryErrorHasAReason) {
  for (const KeySection& section : KeySections())
    for (const Key& key : section.keys) {
      if (key.outcome == Outcome::Error) {
        EXPECT_THAT(key.note, Not(IsEmpty())) << PathOf(section, key);
      }
    }
}

doc::Node Item(doc::Node value) {
  doc::Node list = doc::Node::List();
  list.items.push_back(std::move(value));
  return list;
}

// What no key takes: a list of a list of a list.
doc::Node Nonsense() {
  return Item(Item(doc::Node::List()));
}

// The key at the end of a path, with the value, within what leads to it. "services.*.ports[].target" stands below a
// service "any" with an item in its ports.
doc::Node Within(std::string_view path, doc::Node value) {
  const std::size_t dot = path.find('.');
  std::string_view name = path.substr(0, dot);
  doc::Node inner = dot == std::string_view::npos ? std::move(value) : Within(path.substr(dot + 1), std::move(value));
  if (name.ends_with("[]")) {
    name.remove_suffix(2);
    inner = Item(std::move(inner));
  }
  const bool limit = name == "*" && path.starts_with("*.soft");
  const bool hard = name == "*" && path.starts_with("*.hard");
  doc::Node map = doc::Node::Map();
  map.Add(limit || hard ? "nofile" : name == "*" ? "any" : std::string(name), std::move(inner));
  return map;
}

// The same path as messages show it.
std::string Shown(std::string path) {
  for (std::size_t at = path.find("[]"); at != std::string::npos; at = path.find("[]", at)) path.replace(at, 2, "[0]");
  const bool limit = path.find("ulimits.*") != std::string::npos;
  for (std::size_t at = path.rfind('*'); at != std::string::npos; at = path.rfind('*')) {
    const bool own = limit && path.compare(at - 8, 8, "ulimits.") == 0;
    path.replace(at, 1, own ? "nofile" : "any");
  }
  return path;
}

// Messages show what is below the first section that is refused, never what is below that.
bool IsBelowRefused(std::string_view path) {
  for (const KeySection& section : KeySections())
    for (const Key& key : section.keys) {
      const std::string whole = PathOf(section, key);
      const bool below = path.size() > whole.size() && path.starts_with(whole) &&
                         (path[whole.size()] == '.' || path[whole.size()] == '[');
      if (below && key.outcome == Outcome::Error) return true;
    }
  return false;
}

class ComposeKeyTable : public Decoding {
 protected:
  // The messages for a file that has just this key, with a value that is wrong for any.
  std::string Messages(const std::string& path) {
    root = Within(path, Nonsense());
    auto project = DecodeRoot();
    return project ? "(no error)" : "\n" + project.error().message;
  }
};

TEST_F(ComposeKeyTable, WhatIsDoneIsRead) {
  for (const KeySection& section : KeySections())
    for (const Key& key : section.keys) {
      if (key.outcome == Outcome::Error || key.stage == Stage::Load) continue;
      const std::string path = PathOf(section, key);
      const std::string messages = Messages(path);
      EXPECT_THAT(messages, HasSubstr(": " + Shown(path))) << path;
      EXPECT_THAT(messages, Not(HasSubstr("unknown key"))) << path;
      EXPECT_THAT(messages, Not(HasSubstr("not supported"))) << path;
    }
}

TEST_F(ComposeKeyTable, WhatIsNotDoneIsAnErrorThatGivesTheReason) {
  for (const KeySection& section : KeySections())
    for (const Key& key : section.keys) {
      const std::string path = PathOf(section, key);
      if (key.outcome != Outcome::Error || IsBelowRefused(path)) continue;
      EXPECT_THAT(Messages(path), HasSubstr(": " + Shown(path) + ": not supported: " + std::string(key.note))) << path;
    }
}

TEST_F(ComposeKeyTable, AnUnknownKeyIsAnErrorWithPlaceAndSuggestion) {
  EXPECT_EQ(WebError("restrat: always"),
            "compose.yaml:4:5: services.web.restrat: unknown key; did you mean \"restart\"?");
  EXPECT_THAT(WebError("healthcheck: {test: a, intervall: 1s}"),
              HasSubstr("services.web.healthcheck.intervall: unknown key; did you mean \"interval\"?"));
  EXPECT_THAT(FileError("service: {}"), HasSubstr("service: unknown key; did you mean \"services\"?"));
  EXPECT_THAT(WebError("logging: {zzzzzzz: a}"), HasSubstr("unknown key; known keys: driver, options"));
}

TEST_F(ComposeKeyTable, KeysThatBeginWithXAreAnybodysOwn) {
  EXPECT_EQ(FileError("x-anchors: {a: 1}\n" + Web("x-mine: 1\nhealthcheck: {test: a, x-mine: 1}")), "(no error)");
}

TEST_F(ComposeKeyTable, AKeyWithoutValueIsAnErrorButWhereTheSpecificationAllowsIt) {
  EXPECT_THAT(WebError("ports:"), HasSubstr("services.web.ports: has no value; give it one or remove the key"));
  EXPECT_EQ(WebError("command:\nentrypoint:\ndeploy:", "volumes:\nnetworks:\n"), "(no error)");
}

}  // namespace
}  // namespace tinyforge::compose
