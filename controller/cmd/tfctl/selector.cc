#include "controller/cmd/tfctl/selector.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tinyforge::tfctl {

Expected<Selector> Selector::Parse(std::string_view text) {
  Selector selector;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view term = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    const bool absent = term.starts_with('!');
    if (absent) term.remove_prefix(1);
    const std::size_t equals = term.find('=');
    const bool negated = equals != std::string_view::npos && equals > 0 && term[equals - 1] == '!';
    const std::string_view key = term.substr(0, negated ? equals - 1 : std::min(equals, term.size()));
    if (key.empty() || (absent && equals != std::string_view::npos)) {
      return Error{ErrorKind::Invalid,
                   "selector: expected terms like team=web, team!=web, team or !team, separated by commas"};
    }
    if (equals == std::string_view::npos) {
      selector.terms_.push_back({std::string(key), absent ? Test::Absent : Test::Present, {}});
      continue;
    }
    std::string_view value = term.substr(equals + 1);
    if (!negated && value.starts_with('=')) value.remove_prefix(1);
    selector.terms_.push_back({std::string(key), negated ? Test::NotEqual : Test::Equal, std::string(value)});
  }
  return selector;
}

bool Selector::Matches(const Json& object) const {
  return std::ranges::all_of(terms_, [&object](const Term& term) {
    const Json& label = At(object, {"metadata", "labels", term.key});
    const std::string value = label.is_string() ? label.get<std::string>() : std::string();
    switch (term.test) {
      case Test::Equal: return label.is_string() && value == term.value;
      case Test::NotEqual: return !label.is_string() || value != term.value;
      case Test::Present: return !label.is_null();
      case Test::Absent: return label.is_null();
    }
    return false;
  });
}

}  // namespace tinyforge::tfctl
