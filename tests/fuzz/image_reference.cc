// References to images: their parts make the text again, one image has one name, and comparing has no order.
//
// Input: two lines, each a reference.
#include "controller/docker/image_reference.h"

#include "api-types/codec/formats.h"
#include "reconcilers/core/image_name.h"
#include "reconcilers/trigger/image_match.h"
#include "tests/fuzz/property.h"

using namespace tinyforge;

namespace {

namespace format = codec::format;

std::string Assemble(const docker::ImageReference& reference) {
  std::string text = reference.name;
  if (!reference.tag.empty()) text += ":" + reference.tag;
  if (!reference.digest.empty()) text += "@" + reference.digest;
  return text;
}

// As a manifest may say it.
bool IsWellFormed(const docker::ImageReference& reference) {
  return format::kImageRepository.valid(reference.name) &&
         (reference.tag.empty() || format::kImageTag.valid(reference.tag)) &&
         (reference.digest.empty() || format::kImageDigest.valid(reference.digest));
}

void CheckName(const std::string& text) {
  const ImageName name = SplitImageName(text);
  const std::string whole = ToString(name);
  fuzz::Require(!name.host.empty() && name.host.find('/') == std::string::npos, "a host is one segment", whole);
  fuzz::Require(SplitImageName(whole) == name, "a whole name is split as it was put together", whole);
  fuzz::Require(MayBeSame(PushedName(name.host, name.path), name), "a webhook that names the parts means the same",
                whole);
  fuzz::Require(MayBeSame(name, name) && MayBeSame(name, {"", name.path}), "it is the same as itself", whole);
}

docker::ImageReference CheckReference(std::string_view text) {
  docker::ImageReference reference = docker::ParseImageReference(text);
  fuzz::Require(!reference.version().empty() && !reference.registry.empty(), "version and registry are never empty");
  if (!text.ends_with(':') && !text.ends_with('@') && text.find(":@") == std::string_view::npos)
    fuzz::RequireSame(Assemble(reference), text, "the parts make the text");
  if (!IsWellFormed(reference)) return reference;
  CheckName(reference.name);
  const std::string familiar = docker::FamiliarReference(text);
  const docker::ImageReference same = docker::ParseImageReference(familiar);
  fuzz::RequireSame(same.version(), reference.version(), "the familiar form has the same version");
  // Of what looks like a host on Docker Hub ("docker.io/a.b/c") Docker's own familiar form is another image.
  const ImageName name = SplitImageName(reference.name);
  if (name.host == "docker.io" && SplitImageName(name.path) != name) return reference;
  fuzz::RequireSame(docker::FamiliarReference(familiar), familiar, "the familiar form is familiar");
  fuzz::Require(SplitImageName(same.name) == name, "the familiar form is the same image", familiar);
  return reference;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const docker::ImageReference a = CheckReference(input.Line());
  const docker::ImageReference b = CheckReference(input.Line());
  const ImageName first = SplitImageName(a.name);
  const ImageName second = SplitImageName(b.name);
  fuzz::Require(MayBeSame(first, second) == MayBeSame(second, first), "the order of two decides nothing");
  return 0;
}
