// Objects of the tests, written as manifests.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "api-types/codec/manifest.h"
#include "api-types/v1/object_set.h"

namespace tinyforge {

// The set of all documents of a text; diagnostics are failures of the test.
inline v1::ObjectSet ParseManifests(const std::string& text) {
  const codec::DecodeResult result = codec::DecodeManifests("all.yaml", text);
  for (const v1::Diagnostic& error : result.errors) ADD_FAILURE() << ToString(error);
  v1::ObjectSet set;
  set.complete = true;
  for (const v1::ObjectPtr& object : result.objects) set.objects.emplace(object->key, object);
  return set;
}

inline std::string Manifest(const std::string& kind, const std::string& metadata, const std::string& spec) {
  return "---\napiVersion: tinyforge.dev/v1\nkind: " + kind + "\nmetadata: {" + metadata + "}\nspec: {" + spec + "}\n";
}

inline v1::ObjectPtr ParseWorkload(const std::string& spec) {
  return ParseManifests(Manifest("Workload", "name: shop", spec)).objects.begin()->second;
}

inline v1::TriggerSpec ParseTrigger(const std::string& spec) {
  const auto set = ParseManifests(Manifest("Trigger", "name: t", spec));
  return std::get<v1::TriggerSpec>(set.objects.begin()->second->spec);
}

inline v1::BindingSpec ParseBinding(const std::string& spec) {
  const auto set = ParseManifests(Manifest("Binding", "name: b", spec));
  return std::get<v1::BindingSpec>(set.objects.begin()->second->spec);
}

}  // namespace tinyforge
