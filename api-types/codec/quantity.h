// Numbers that manifests write as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tinyforge::codec {

// A quantity as of Kubernetes' resource.Quantity, times `scale`: decimal digits with an optional fraction, then one of
// n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or a decimal exponent (e3, E-2). Nothing unless the result is a whole number
// that 63 bits hold, and for what is no quantity; negative ones are none.
std::optional<std::int64_t> ParseQuantity(std::string_view text, std::int64_t scale);

// Bytes, "256Mi" = 268435456. The text with the largest binary suffix that keeps the value whole.
std::optional<std::int64_t> ParseBytes(std::string_view text);
std::string FormatBytes(std::int64_t bytes);

// CPUs in billionths, "500m" = 500000000. Whole CPUs, then thousandths, then billionths as text.
std::optional<std::int64_t> ParseCpus(std::string_view text);
std::string FormatCpus(std::int64_t nano_cpus);

// Permission bits in octal, "0644"; up to 07777.
std::optional<std::int64_t> ParseMode(std::string_view text);
std::string FormatMode(std::int64_t mode);

}  // namespace tinyforge::codec
