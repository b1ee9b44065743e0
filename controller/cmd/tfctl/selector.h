// Label selectors as kubectl takes them with -l.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/error.h"
#include "controller/cmd/tfctl/json.h"

namespace tinyforge::tfctl {

// "a=b,c!=d,e,!f": all must hold. `==` is `=`. `c!=d` also holds without a label c.
class Selector {
 public:
  static Expected<Selector> Parse(std::string_view text);  // empty text: everything
  bool Matches(const Json& object) const;

 private:
  enum class Test { Equal, NotEqual, Present, Absent };
  struct Term {
    std::string key;
    Test test;
    std::string value;
  };
  std::vector<Term> terms_;
};

}  // namespace tinyforge::tfctl
