// The bindings of the configurations in use, each resolved once.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controller/runtime/guarded.h"
#include "reconcilers/core/ports.h"
#include "reconcilers/core/source_images.h"
#include "reconcilers/trigger/route_table.h"

namespace tinyforge {

// Thread-safe. Keeps the last few configurations that were asked for.
class RouteBook : public BindingReader {
 public:
  // Of the controller of this --host name. `secrets` must outlive it.
  RouteBook(std::string host, SecretReader& secrets) : host_(std::move(host)), secrets_(secrets) {}

  std::shared_ptr<const RouteTable> Of(const ConfigSnapshot& snapshot);
  // The routes by which workloads are promoted from this one.
  std::vector<Route> PromotedFrom(const ConfigSnapshot& snapshot, const std::string& parent);
  std::optional<DecidingBinding> DecidingFor(const ConfigSnapshot& snapshot, const std::string& workload,
                                             const std::string& service) override;
  // All of them, by workload and service (see FactKeyOf).
  std::map<std::string, DecidingBinding> Deciding(const ConfigSnapshot& snapshot) { return PageOf(snapshot)->deciding; }
  Expected<SourceImages> ImagesOf(const ConfigSnapshot& snapshot, const v1::Object& workload) override;
  // Whether images could not be read for a reason that passes by itself.
  bool MayPass(const ConfigSnapshot& snapshot);
  // The images that could not be read are read again when they are asked for next. False: there are none.
  bool ReadAgain();
  // One of them. NotFound: there is no such service, or it has no image.
  Expected<v1::ImageSource> ImageOf(const ConfigSnapshot& snapshot, const v1::Object& workload,
                                    const std::string& service);

 private:
  struct Page {
    std::shared_ptr<const v1::ObjectSet> objects;  // kept, so that its address stands for it
    std::shared_ptr<const RouteTable> table;
    std::map<std::string, DecidingBinding> deciding;             // by workload and service, see FactKeyOf
    std::map<std::string, std::vector<Route>> promoted;          // by the stage before
    std::map<const v1::Object*, Expected<SourceImages>> images;  // of bound workloads with source.compose
  };
  std::shared_ptr<const Page> PageOf(const ConfigSnapshot& snapshot);
  Expected<SourceImages> ReadImages(const ConfigSnapshot& snapshot, const v1::Object& workload) const;
  void KeepBroken(const ConfigSnapshot& snapshot, Page& page) const;

  const std::string host_;
  SecretReader& secrets_;
  Guarded<std::vector<std::shared_ptr<const Page>>> pages_;  // the newest last
};

}  // namespace tinyforge
