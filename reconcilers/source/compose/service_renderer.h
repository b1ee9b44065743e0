// One service of a project as containers.
#pragma once

#include <string>

#include "reconcilers/source/compose/render.h"

namespace tinyforge::compose {

class ServiceRenderer {
 public:
  // All arguments are kept by reference and must outlive this.
  ServiceRenderer(const RenderInput& input, const std::string& name, const Service& service, ReadSet& read_set)
      : input_(input), name_(name), service_(service), read_set_(read_set) {}

  // Its dependencies' templates are in `before`: what has to be made anew with one of them follows its hash. What is
  // awaited (a Secret) is said in the result: it stops no other service.
  Expected<DesiredState> Render(const DesiredServices& before);

 private:
  Expected<void> Fill(const DesiredServices& before);
  void RenderImage();
  Expected<std::vector<EnvEntry>> EntriesOf(const Environment& environment);
  void RenderPullPolicy();
  Expected<void> RenderEnvironment();
  Expected<std::vector<Hook>> HooksOf(const std::vector<ServiceHook>& given);
  Expected<void> RenderHooks();
  bool IsAwaitedToComplete() const;
  Expected<void> RenderDependencies(const DesiredServices& before);
  void RenderTerms();
  void AddContainers();
  StringMap ComposeLabels(const DesiredContainer& container) const;

  const RenderInput& input_;
  const std::string& name_;
  const Service& service_;
  ReadSet& read_set_;
  DesiredState desired_;
  DesiredContainer container_;
};

// The name of the containers: as the file says, else as docker compose has it, "PROJECT-SERVICE-REPLICA".
std::string ContainerName(const Project& project, const std::string& name, const Service& service, int replica);

// The image as the Engine is asked for it: with a tag or a digest. Of a service that has only a build, what docker
// compose calls its result: "PROJECT-SERVICE:latest".
std::string ImageOf(const Project& project, const std::string& name, const Service& service);

}  // namespace tinyforge::compose
