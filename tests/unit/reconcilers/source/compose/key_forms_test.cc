// Every form of a key that public compose files have is done, or refused with its reason.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "reconcilers/source/compose/compose_source.h"
#include "reconcilers/source/compose/keys.h"
#include "tests/fakes/fake_tree.h"

namespace tinyforge {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kForms = TINYFORGE_SOURCE_DIR "/tests/unit/reconcilers/source/compose/key_forms.txt";
constexpr std::size_t kCount = 99;

struct Form {
  std::string name;     // "ports[short]"
  std::string outcome;  // "accepted", "policy" or "refused"
  std::string message;  // of what is refused
  std::string text;
};

// "== FORM: OCCURRENCES OUTCOME [MESSAGE]"
Form ReadTitle(const std::string& line) {
  Form form;
  const std::size_t colon = line.find(": ");
  form.name = line.substr(3, colon - 3);
  std::istringstream rest(line.substr(colon + 2));
  int occurrences = 0;
  rest >> occurrences >> form.outcome >> std::ws;
  std::getline(rest, form.message);
  return form;
}

std::vector<Form> ReadForms() {
  std::ifstream file{std::string(kForms)};
  std::vector<Form> forms;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("== "))
      forms.push_back(ReadTitle(line));
    else if (!forms.empty())
      forms.back().text += line + "\n";
  }
  return forms;
}

// "" when the file of this text is taken, else the message.
std::string Refusal(const std::string& text) {
  FakeTree tree;
  tree.files = {{"compose.yaml", text},
                {"web.env", "A=1\n"},
                {"more.env", "B=2\n"},
                {"key.txt", "key"},
                {"settings.conf", "a = 1"},
                {"conf/one.conf", "one = 1"},
                {"common.yaml", "services: {common: {image: c}}"}};
  FakeSecrets secrets;
  v1::WorkloadSpec spec;
  spec.source.compose.emplace().file = "compose.yaml";
  v1::Object object;
  object.key = {Kind::Workload, "shop"};
  object.position.path = "shop.yaml";
  object.spec = spec;
  ReadSet reads;
  const auto services = ComposeSourceKind().Render(
      {.workload = object, .tree = tree, .secrets = secrets, .paths = {"/volumes", "/files"}, .project = "shop"},
      reads);
  return services ? "" : services.error().message;
}

bool IsJudgedByTheHost(const std::string& name) {
  for (const compose::KeySection& section : compose::KeySections())
    for (const compose::Key& key : section.keys)
      if (section.path == "services.*" && key.name == name) return key.outcome == compose::Outcome::Policy;
  return false;
}

TEST(ComposeKeyForms, EachIsDoneOrRefusedWithItsReason) {
  const std::vector<Form> forms = ReadForms();
  ASSERT_EQ(forms.size(), kCount);
  for (const Form& form : forms) {
    const std::string refusal = Refusal(form.text);
    EXPECT_EQ(form.outcome == "policy", IsJudgedByTheHost(form.name)) << form.name;
    if (form.outcome == "refused") {
      EXPECT_FALSE(form.message.empty()) << form.name;
      EXPECT_THAT(refusal, HasSubstr(form.message)) << form.name;
    } else {
      EXPECT_EQ(refusal, "") << form.name << "\n" << form.text;
    }
  }
}

}  // namespace
}  // namespace tinyforge
