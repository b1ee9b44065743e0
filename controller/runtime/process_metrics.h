// What the kernel says of this process, under the names that every Prometheus client uses.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

namespace tinyforge {

// Reads /proc/self; a figure that cannot be read is left out. Include from .cc files only.
std::vector<prometheus::MetricFamily> ProcessMetrics();

}  // namespace tinyforge
