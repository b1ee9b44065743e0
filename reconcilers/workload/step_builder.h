// Builds the steps of one plan: what a create carries, how a container is retired, how its networks are mended.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reconcilers/workload/compute_plan.h"
#include "reconcilers/workload/slots.h"

namespace tinyforge {

class StepBuilder {
 public:
  // All arguments are kept by reference and must outlive the builder.
  StepBuilder(const DesiredState& desired, const ObservedState& observed, const PlanContext& context)
      : desired_(desired), observed_(observed), context_(context) {}

  void Add(Action action, std::string_view cause) {
    plan_.steps.push_back({std::move(action), std::string(cause), group_});
  }
  // What follows does not depend on what was added before.
  void NextGroup() { ++group_; }
  void Warn(std::string_view reason, std::string message) { plan_.warnings.push_back({reason, std::move(message)}); }
  Plan Take() { return std::move(plan_); }

  // Networks and volumes, once a plan, before the first create.
  void EnsureEnvironment(std::string_view cause);
  // Files are written before every start, repairs included.
  void WriteFiles(std::string_view cause);

  struct NewContainer {
    const DesiredContainer& desired;
    std::string name;
    int seq;
    bool with_aliases;                            // false: a candidate, which must not be found by name yet
    const ObservedContainer* replaces = nullptr;  // whose anonymous volumes it takes over
  };
  void Create(const NewContainer& made, std::string_view cause);
  // With its files; a container created by an earlier step is named by `ref`.
  void Start(const ContainerRef& ref, std::string_view cause);
  // The start alone.
  void StartAsItIs(const ContainerRef& ref, std::string_view cause);

  // Whether a step so far starts, stops or removes it.
  bool Touches(const ObservedContainer& container) const;

  // Takes its names on all networks away, so that nobody finds it any more; it keeps its addresses. False: it has none.
  bool Silence(const ObservedContainer& container, std::string_view cause);
  // Restart policy off, and down if it is up: with its grace period, or at once.
  enum class Ending { Stop, Kill };
  void Halt(const ObservedContainer& container, std::string_view cause, Ending ending = Ending::Stop);
  void MendNetworks(const ObservedContainer& container, const std::vector<NetworkAttachment>& wanted,
                    std::string_view cause);
  // Files that are rewritten in place and differ from what was written; signals the container where asked.
  void RewriteFiles(const ObservedContainer& container);

  // What a container is attached to, with the address that its label keeps.
  static std::vector<NetworkAttachment> Attachments(const DesiredContainer& desired, std::string_view address,
                                                    bool with_aliases);

 private:
  RenderedPaths Rendered() const;
  StringMap Labels(const NewContainer& made, std::string_view address, std::string_view cause) const;
  std::string NextAddress(const DesiredContainer& desired);

  const DesiredState& desired_;
  const ObservedState& observed_;
  const PlanContext& context_;
  Plan plan_;
  int group_ = 0;
  bool environment_ensured_ = false;
  bool files_written_ = false;
  std::size_t addresses_used_ = 0;
};

inline ContainerRef RefTo(const ObservedContainer& container) {
  return {container.id, container.name};
}

// Anonymous volumes that `old` writes and its replacement takes over, so that the two may not run side by side.
std::vector<ObservedMount> InheritedVolumes(const ObservedContainer& old, const DesiredContainer& desired);

// A published port may be ephemeral and would change on reconnecting: such a container has its aliases from create.
bool PublishesPorts(const DesiredContainer& desired);

}  // namespace tinyforge
