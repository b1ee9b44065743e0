// Hooks as a label of their container: there they are known whatever became of the manifest.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api-types/meta/error.h"
#include "reconcilers/core/desired_state.h"

namespace tinyforge {

inline constexpr std::size_t kMaxHookLabel = 16 << 10;  // bytes

// Canonical JSON. Of a secret it says which one, without a fingerprint.
std::string EncodeHooks(const std::vector<Hook>& hooks);

// The entry of label::kFields, which is always ours, that stands for hooks under `label`. An image may bear labels of
// that name, and what they say is not run.
std::string HookSeal(std::string_view label, std::string_view encoded);
inline constexpr std::string_view kHookSeal = "seal.";  // what it begins with

// What a container with these labels was made with under `label`; empty: nothing that bears its seal.
std::string OwnHooks(const StringMap& labels, std::string_view label);

// Terminal for what EncodeHooks does not write.
Expected<std::vector<Hook>> DecodeHooks(std::string_view label);

}  // namespace tinyforge
