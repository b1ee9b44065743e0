#include "controller/cmd/tfctl/offline.h"

#include "api-types/codec/schema.h"
#include "controller/cmd/tfctl/session.h"

namespace tinyforge::tfctl {

int Explain(const Terminal& terminal, const std::string& field) {
  const auto text = codec::Explain(field);
  if (!text) {
    Report(terminal, text.error());
    return kFailed;
  }
  terminal.out << *text;
  if (!text->ends_with('\n')) terminal.out << "\n";
  return kDone;
}

}  // namespace tinyforge::tfctl
