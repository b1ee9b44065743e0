#include "reconcilers/plan/plan.h"

namespace tinyforge {
namespace {

struct Printer {
  std::string operator()(const action::EnsureNetwork& a) const { return "ensure network " + a.network.name; }
  std::string operator()(const action::RemakeNetwork& a) const { return "make network " + a.network.name + " anew"; }
  std::string operator()(const action::EnsureVolume& a) const { return "ensure volume " + a.volume.name; }
  std::string operator()(const action::WriteFiles& a) const {
    return "write files and directories (" + std::to_string(a.files.size() + a.directories.size()) + ")";
  }
  std::string operator()(const action::Create& a) const { return "create " + a.request.name; }
  std::string operator()(const action::Adopt& a) const { return "adopt " + a.container.name; }
  std::string operator()(const action::Start& a) const { return "start " + a.target.name; }
  std::string operator()(const action::Unpause& a) const { return "unpause " + a.target.name; }
  std::string operator()(const action::Stop& a) const { return "stop " + a.target.name; }
  std::string operator()(const action::Remove& a) const { return "remove " + a.target.name; }
  std::string operator()(const action::Rename& a) const { return "rename " + a.target.name + " to " + a.to; }
  std::string operator()(const action::SetLimits& a) const { return "update limits of " + a.target.name; }
  std::string operator()(const action::DisableRestart& a) const { return "disable restart of " + a.target.name; }
  std::string operator()(const action::Signal& a) const { return "signal " + a.signal + " to " + a.target.name; }
  std::string operator()(const action::Connect& a) const {
    std::string text = "connect " + a.target.name + " to network " + a.attachment.network;
    for (const std::string& alias : a.attachment.aliases)
      text += (&alias == &a.attachment.aliases.front() ? " as " : ", ") + alias;
    return text;
  }
  std::string operator()(const action::Disconnect& a) const {
    return "disconnect " + a.target.name + " from network " + a.network;
  }
  std::string operator()(const action::RemoveNetwork& a) const { return "remove network " + a.name + " if unused"; }
  std::string operator()(const action::RecordFailure& a) const { return "record failed release: " + a.release.message; }
  std::string operator()(const action::BeginHooks& a) const { return "run post_start of " + a.target.name; }
  std::string operator()(const action::NoteHooks&) const { return "note that post_start has ended well"; }
  std::string operator()(const action::RemoveImage& a) const { return "remove image " + a.reference; }
};

}  // namespace

std::string ToString(const Action& action) {
  return std::visit(Printer{}, action);
}

std::string ToString(const Step& step) {
  return ToString(step.action) + " (" + step.cause + ")";
}

std::string ToString(const Plan& plan) {
  std::string text;
  for (std::size_t i = 0; i < plan.steps.size(); ++i)
    text += "[" + std::to_string(i + 1) + "] " + ToString(plan.steps[i]) + "\n";
  return text;
}

}  // namespace tinyforge
